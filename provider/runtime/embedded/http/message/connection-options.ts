// The options in the Connection fields of a head: close, keep-alive, upgrade, and names of hop-by-hop fields.
import { CONNECTION, foldedName, hasName } from './field-names.ts';
import type { HeaderFields } from './fields.ts';

export class ConnectionOptions {
  isClose = false;
  isKeepAlive = false;
  isUpgrade = false;
  /** Folded names of the fields that end at this hop. `undefined` for none, the usual case. */
  nominated: string[] | undefined;

  read(fields: HeaderFields): void {
    this.isClose = false;
    this.isKeepAlive = false;
    this.isUpgrade = false;
    this.nominated = undefined;
    if (!hasName(fields.seen, CONNECTION)) return;
    for (let index = 0; index < fields.count; index++) {
      if (fields.known[index] === CONNECTION) this.#readValue(fields.value(index));
    }
  }

  #readValue(value: string): void {
    // The Connection field of nearly every message is one of these single words, for which no list is made.
    if (value === 'keep-alive' || value === 'Keep-Alive') this.isKeepAlive = true;
    else if (value === 'close') this.isClose = true;
    else for (const option of value.split(',')) this.#readOption(option.trim().toLowerCase());
  }

  #readOption(option: string): void {
    if (option === 'close') this.isClose = true;
    else if (option === 'keep-alive') this.isKeepAlive = true;
    else if (option === 'upgrade') this.isUpgrade = true;
    else if (option !== '') {
      this.nominated ??= [];
      this.nominated.push(foldedName(option));
    }
  }
}
