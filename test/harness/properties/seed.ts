// The seed that every test draws from: a committed one, so that two runs say the same; `npm run fuzz` gives others.

const COMMITTED = 20_261_130;

/** `TEST_SEED` replays what another seed has found: a property that fails prints its seed. */
export const SEED = Number(process.env.TEST_SEED ?? COMMITTED);

/** Numbers by mulberry32: the same ones for the same seed. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) % count;
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  some<T>(items: readonly T[]): T[] {
    return items.filter(() => this.below(2) === 0);
  }
}
