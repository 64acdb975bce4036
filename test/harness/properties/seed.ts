// The seed of all random tests: constant in the repository, so that test runs repeat; `npm run fuzz` sets others.

const COMMITTED = 20_261_130;

/** Seed of this run. The environment variable `TEST_SEED` replaces it, to repeat a failure that printed its seed. */
export const SEED = Number(process.env.TEST_SEED ?? COMMITTED);

/** A generator of random numbers (mulberry32) that is determined by its seed. */
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
