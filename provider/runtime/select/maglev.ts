// A weighted Maglev table (Eisenbud et al., NSDI 2016, 3.4), which maps hashes to targets and moves few clients on a change.
import { hashOf } from './hash.ts';

/**
 * Number of slots in a Maglev table. It is a prime, and equal for any number of targets: another size would move every
 * client. A table takes 256 KiB. Building one takes 3 ms for 20 targets, 5 ms for 500 and 10 ms for 10,000, and twice
 * that until V8 has compiled the code. When a target goes, under 1 % of the other targets' clients move too (up to 500
 * targets of equal weight). A target with less than 1/65,537 of all weight, which is possible among thousands, may get
 * no client.
 */
export const MAGLEV_SIZE = 65_537;

const OFFSET_SEED = 2;
const SKIP_SEED = 3;
const PHASE_SEED = 4;
const NONE = -1;

/**
 * Upper bound of the rounds in which slots are taken: one for each slot, and two more because the heaviest target may
 * have no turn in the first and the last round.
 */
const MAX_ROUNDS = MAGLEV_SIZE + 2;

interface MaglevTarget {
  readonly key: string;
  readonly pickingWeight: number;
}

/**
 * Builds the Maglev table: for each slot the index of its target. There must be at least one target; all have a picking
 * weight above 0, and they are sorted by key. Each target has its own order of the slots and takes the next free slot
 * at its turn. The heaviest target has a turn in every round, the others in proportion to their weights.
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
 * The order in which targets take slots, as a linked list of targets for each round. Asking every target in every round
 * whether it is due takes five times as long for one heavy target and 500 light ones.
 */
class Turns {
  /**
   * The time at which each target takes its next slot, measured in rounds; the whole part is the number of the round.
   */
  readonly #due: Float64Array;
  /** How many rounds pass from one turn of each target to its next. */
  readonly #rounds: Float64Array;
  /** For each round, the index of the first target in the linked list of the round, or NONE. */
  readonly #first = new Int32Array(MAX_ROUNDS).fill(NONE);
  /** For each target, the index of the target after it in the linked list of its round, or NONE. */
  readonly #behind: Int32Array;
  #round = -1;
  #current = NONE;

  constructor(targets: readonly MaglevTarget[]) {
    const heaviest = targets.reduce((most, { pickingWeight }) => Math.max(most, pickingWeight), 0);
    this.#rounds = Float64Array.from(targets, ({ pickingWeight }) => heaviest / pickingWeight);
    // Each target begins at a different part of its interval. Otherwise equal light targets would all have their turns
    // in the same rounds.
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
