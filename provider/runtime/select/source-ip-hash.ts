// Source-IP hash as the picker of one group: a client's address leads to one target, in every worker and run.
import { hashOf } from './hash.ts';
import { MAGLEV_SIZE, maglevTable } from './maglev.ts';
import type { PickableTarget, Picker } from './picker.ts';

const CLIENT_SEED = 1;

/** It depends on keys and weights only: nothing is shared, and nothing is seeded by the process. */
export class SourceIpHash<T extends PickableTarget> implements Picker<T> {
  readonly isByClient = true;
  readonly #targets: readonly T[];
  /** Made by the first pick: of several changes in a row only the last one pays for it. */
  #table: Int32Array | undefined;

  /** All of weight > 0; in any order. */
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

  /** Each client of a target that fails has another next one: together they spread over those that are left. */
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
