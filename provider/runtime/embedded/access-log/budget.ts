// The memory bound of the access log: how much text a worker has posted that is not written yet, in shared memory.

/**
 * Limit for the unwritten access log text of each worker: several seconds of lines at the highest rates, for a disk
 * that is slow for a moment.
 */
const MAX_CHARACTERS = 4 * 1024 * 1024;

export function createBudget(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

/**
 * How much access log text of one worker is not written yet. The worker adds text by `take`, and the main thread
 * subtracts written text by `give`.
 */
export class Budget {
  readonly #cells: Int32Array;

  constructor(budget: SharedArrayBuffer) {
    this.#cells = new Int32Array(budget);
  }

  /**
   * Adds text to the unwritten text. Returns `false`, without adding it, if too much text already waits to be written.
   */
  take(characters: number): boolean {
    if (Atomics.load(this.#cells, 0) + characters > MAX_CHARACTERS) return false;
    Atomics.add(this.#cells, 0, characters);
    return true;
  }

  give(characters: number): void {
    Atomics.sub(this.#cells, 0, characters);
  }
}

/** A counter that all threads share and that counts for as long as the runtime runs. */
export class SharedCount {
  readonly cells: SharedArrayBuffer;
  readonly #count: BigInt64Array;

  constructor(cells = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)) {
    this.cells = cells;
    this.#count = new BigInt64Array(cells);
  }

  get value(): number {
    return Number(Atomics.load(this.#count, 0));
  }

  add(count: number): void {
    Atomics.add(this.#count, 0, BigInt(count));
  }
}
