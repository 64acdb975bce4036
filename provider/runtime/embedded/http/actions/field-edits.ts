// Edits of field lines by a rule. Pure.
import type { HeaderEditsSnapshot } from '../../../contract/rule-actions.ts';
import { foldedName } from '../message/field-names.ts';

export class FieldEdits {
  /** Matches the lines that are dropped. `undefined` if none are. */
  readonly #dropped: RegExp | undefined;
  readonly #added: string;

  constructor({ set, add, remove }: HeaderEditsSnapshot) {
    const names = [...remove, ...Object.keys(set)];
    // A field counts in every spelling in which a target may read it, as for the fields that tell about the client.
    const spellings = names.map((name) => foldedName(name).replaceAll('-', '[^a-z0-9:\\r\\n]'));
    this.#dropped = names.length === 0 ? undefined : new RegExp(`^(?:${spellings.join('|')}):.*\\r\\n`, 'gim');
    this.#added = [...Object.entries(set), ...Object.entries(add)]
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
  }

  /** The field lines after the edits. A start line may stand before them, and the last line ends like the others. */
  apply(lines: string): string {
    const kept = this.#dropped === undefined ? lines : lines.replace(this.#dropped, '');
    return kept + this.#added;
  }
}
