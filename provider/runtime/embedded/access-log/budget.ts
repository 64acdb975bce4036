// What bounds the access log's memory: the text that a worker has given away and that is not written yet, in shared memory.

/** Of each worker: seconds of lines at the highest rates, for a disk that is slow for a moment. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

export function createBudget(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

/** The worker takes from it, the main thread gives back. */
export class Budget {
  readonly #cells: Int32Array;

  constructor(budget: SharedArrayBuffer) {
    this.#cells = new Int32Array(budget);
  }

  /** False: too much waits to be written. */
  take(characters: number): boolean {
    if (Atomics.load(this.#cells, 0) + characters > MAX_CHARACTERS) return false;
    Atomics.add(this.#cells, 0, characters);
    return true;
  }

  give(characters: number): void {
    Atomics.sub(this.#cells, 0, characters);
  }
}

/** Counts over all threads, for as long as the runtime lives. */
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
