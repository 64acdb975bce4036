// A monotonic clock that stands still while the process does.

/** Longest step of the clock from one reading to the next. */
const MAX_STEP_MS = 2_000;

/**
 * Counts at most 2 s between two readings. A process that was stopped, or had no processor for a time, has received
 * nothing meanwhile, therefore this time counts for nobody. It must be read every second.
 */
export class RunningClock {
  readonly #monotonicMs: () => number;
  #lastMs: number;
  #nowMs = 0;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    this.#lastMs = monotonicMs();
  }

  read(): number {
    const atMs = this.#monotonicMs();
    this.#nowMs += Math.min(atMs - this.#lastMs, MAX_STEP_MS);
    this.#lastMs = atMs;
    return this.#nowMs;
  }
}
