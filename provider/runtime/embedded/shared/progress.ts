// The progress of a worker's event loop in shared memory, by which the main thread tells a busy worker from a stuck one.

/** Interval at which a worker records its progress. */
const RECORD_MS = 100;

export function createProgress(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

/** Records from now on, in a worker, that its event loop makes progress. */
export function recordProgress(memory: SharedArrayBuffer): void {
  const cells = new Int32Array(memory);
  setInterval(() => Atomics.add(cells, 0, 1), RECORD_MS).unref();
}

/** Finds, in the main thread, that the event loop of a worker stands still. */
export class StandstillWatch {
  readonly #cells: Int32Array;
  #seen: number;
  #stillMs = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory);
    this.#seen = Atomics.load(this.#cells, 0);
  }

  /**
   * To be called at an interval of `everyMs`. Returns for how long the event loop has stood still. A call that comes
   * late counts as one interval, because the whole process may have been stopped meanwhile.
   */
  look(everyMs: number): number {
    const count = Atomics.load(this.#cells, 0);
    this.#stillMs = count === this.#seen ? this.#stillMs + everyMs : 0;
    this.#seen = count;
    return this.#stillMs;
  }
}
