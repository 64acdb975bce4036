// Source-IP hash, the picker that maps a client address to one target, equal in every worker and process.
import { hashOf } from './hash.ts';
import { MAGLEV_SIZE, maglevTable } from './maglev.ts';
import type { PickableTarget, Picker } from './picker.ts';

const CLIENT_SEED = 1;

/**
 * The mapping of client addresses to targets depends only on target keys and weights; workers share no state for it.
 */
export class SourceIpHash<T extends PickableTarget> implements Picker<T> {
  readonly isByClient = true;
  readonly #targets: readonly T[];
  /** The Maglev table. The first pick builds it, so that only the last of several changes in a row costs a build. */
  #table: Int32Array | undefined;

  /** All targets must have a picking weight above 0; their order does not matter. */
  constructor(targets: readonly T[]) {
    this.#targets = targets.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }

  pick(client: string, tried?: ReadonlySet<T>): T | undefined {
    const targets = this.#targets;
    if (targets.length === 0) return undefined;
    this.#table ??= maglevTable(targets);
    const slot = hashOf(client, CLIENT_SEED) % MAGLEV_SIZE;
    const target = targets[this.#table[slot] as number] as T;
    return tried?.has(target) ? this.#nextAfter(slot, this.#table, tried) : target;
  }

  /**
   * Returns the target of the next table slot whose target is not in `tried`. Clients start at different slots, so that
   * the clients of a failed target spread over the other targets.
   */
  #nextAfter(slot: number, table: Int32Array, tried: ReadonlySet<T>): T | undefined {
    const any = this.#targets.find((target) => !tried.has(target));
    if (any === undefined) return undefined;
    for (let step = 1; step < MAGLEV_SIZE; step++) {
      const target = this.#targets[table[(slot + step) % MAGLEV_SIZE] as number] as T;
      if (!tried.has(target)) return target;
    }
    return any;
  }
}
