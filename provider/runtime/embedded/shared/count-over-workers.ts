// Counts over all workers: each worker counts in a cell of its own, and a limit holds for the sum of all cells.

/** How many 32-bit integers one 64-bit cell spans. */
const INTS_PER_FLOAT = Float64Array.BYTES_PER_ELEMENT / Int32Array.BYTES_PER_ELEMENT;
/** Attempts to reserve a place under a limit. Only workers that reserve at the same moment need more than one. */
const MAX_TRIES = 100;

/** A view of 64-bit cells as the integers that a `CountOverWorkers` needs. */
export function intsOf({ buffer, byteOffset, length }: Float64Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length * INTS_PER_FLOAT);
}

/** One count as a worker sees it. It is a whole number in a 64-bit cell of each worker, because Atomics has no others. */
export class CountOverWorkers {
  readonly #ints: Int32Array;
  readonly #first: number;
  readonly #stride: number;
  readonly #own: number;

  /** `first` is the cell of the first worker. From one worker's cell to the next worker's it is `columnFloats` cells. */
  constructor(ints: Int32Array, first: number, columnFloats: number, workerId: number) {
    this.#ints = ints;
    this.#first = first * INTS_PER_FLOAT;
    this.#stride = columnFloats * INTS_PER_FLOAT;
    this.#own = this.#first + workerId * this.#stride;
  }

  /** The count of this worker. */
  get own(): number {
    return Atomics.load(this.#ints, this.#own);
  }

  /** The sum over all workers. */
  get sum(): number {
    const ints = this.#ints;
    let total = 0;
    for (let at = this.#first; at < ints.length; at += this.#stride) total += Atomics.load(ints, at);
    return total;
  }

  add(change: number): void {
    Atomics.add(this.#ints, this.#own, change);
  }

  /**
   * Adds one. Returns `false`, and adds nothing, if all workers together already have `limit`, which may be `undefined`
   * for none. The worker adds one to its own cell, sums the cells of all workers, and subtracts the one again if the sum
   * is above the limit. If several workers reserve at once, each sees every earlier addition. If the sum is below the
   * limit after the subtraction, another worker has subtracted too, and the attempt is repeated.
   */
  reserve(limit: number | undefined): boolean {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      this.add(1);
      if (limit === undefined || this.sum <= limit) return true;
      this.add(-1);
      if (this.sum >= limit) return false;
    }
    return false;
  }

  /** Returns the id of another worker whose count is above zero, or `undefined` if there is none. */
  otherWithAny(): number | undefined {
    for (let at = this.#first; at < this.#ints.length; at += this.#stride)
      if (at !== this.#own && Atomics.load(this.#ints, at) > 0) return (at - this.#first) / this.#stride;
    return undefined;
  }

  /** Clears the count of this worker, for the main thread after the worker's end. */
  clear(): void {
    Atomics.store(this.#ints, this.#own, 0);
  }
}
