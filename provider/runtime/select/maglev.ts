// A Maglev table (Eisenbud et al., NSDI 2016, 3.4) with weights: from a hash to a target, moving few where targets change.
import { hashOf } from './hash.ts';

/**
 * A prime, and the same for any number of targets: with another size every client would move. A table is 256 KiB, and
 * measured it is made in 3 ms for 20 targets, 5 for 500 and 10 for 10,000, twice that before V8 has compiled it. Beside
 * the clients of a target that goes, under 1 % of the others move among up to 500 of equal weight. A target with less
 * than 1/65,537 of all weight, as there may be among thousands, can be left without a client.
 */
export const MAGLEV_SIZE = 65_537;

const OFFSET_SEED = 2;
const SKIP_SEED = 3;
const PHASE_SEED = 4;
const NONE = -1;

/** A first and a last one in which the heaviest may have no turn. */
const MAX_ROUNDS = MAGLEV_SIZE + 2;

interface MaglevTarget {
  readonly key: string;
  readonly pickingWeight: number;
}

/**
 * Indexes of targets; at least one target, all of weight > 0, sorted by key. Each target goes through the slots in an
 * order of its own and takes the next free one when it is its turn: the heaviest in every round, the others in
 * proportion to it.
 */
export function maglevTable(targets: readonly MaglevTarget[]): Int32Array {
  const table = new Int32Array(MAGLEV_SIZE).fill(NONE);
  const next = Int32Array.from(targets, ({ key }) => hashOf(key, OFFSET_SEED) % MAGLEV_SIZE);
  const skip = Int32Array.from(targets, ({ key }) => 1 + (hashOf(key, SKIP_SEED) % (MAGLEV_SIZE - 1)));
  const turns = new Turns(targets);
  for (let filled = 0; filled < MAGLEV_SIZE; filled++) {
    const index = turns.next();
    const step = skip[index] as number;
    let slot = next[index] as number;
    while (table[slot] !== NONE) slot = slot + step < MAGLEV_SIZE ? slot + step : slot + step - MAGLEV_SIZE;
    table[slot] = index;
    next[index] = slot;
  }
  return table;
}

/**
 * Whose turn it is, as a list for each round: asking all targets in every round whether they are due takes five times
 * as long where one is heavy and 500 are light.
 */
class Turns {
  /** The next turn of each target in rounds; the whole part is the round. */
  readonly #due: Float64Array;
  readonly #rounds: Float64Array;
  /** The first target of each round; the heaviest has a turn in each, so that no table needs more of them. */
  readonly #first = new Int32Array(MAX_ROUNDS).fill(NONE);
  /** The target behind each in the list of its round. */
  readonly #behind: Int32Array;
  #round = -1;
  #current = NONE;

  constructor(targets: readonly MaglevTarget[]) {
    const heaviest = targets.reduce((most, { pickingWeight }) => Math.max(most, pickingWeight), 0);
    this.#rounds = Float64Array.from(targets, ({ pickingWeight }) => heaviest / pickingWeight);
    // Each begins at another part of its interval: equal light targets would all have their turns in the same rounds.
    this.#due = Float64Array.from(targets, ({ key, pickingWeight }) => {
      return (hashOf(key, PHASE_SEED) / 2 ** 32 - 1) * (heaviest / pickingWeight);
    });
    this.#behind = new Int32Array(targets.length);
    for (let index = 0; index < targets.length; index++) this.#plan(index);
  }

  next(): number {
    while (this.#current === NONE) this.#current = this.#first[++this.#round] as number;
    const index = this.#current;
    this.#current = this.#behind[index] as number;
    this.#plan(index);
    return index;
  }

  #plan(index: number): void {
    const due = (this.#due[index] as number) + (this.#rounds[index] as number);
    this.#due[index] = due;
    const round = Math.floor(due);
    if (round >= MAX_ROUNDS) return;
    this.#behind[index] = this.#first[round] as number;
    this.#first[round] = index;
  }
}
