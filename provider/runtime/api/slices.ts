// The thread of the control plane, shared among responses in pieces: one slice in each event-loop iteration.

/** Gives the thread to one caller after the other, whatever the number of responses of each. */
export class Slices {
  /** The waiting responses of each caller. The caller that was served last is at the end. */
  readonly #waiting = new Map<string | undefined, (() => void)[]>();
  #isScheduled = false;

  /** Resolves when the caller's response may hold the thread for a slice. `caller`: id of a token. */
  next(caller: string | undefined): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(caller);
      if (waiting === undefined) this.#waiting.set(caller, [resolve]);
      else waiting.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.size === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#give();
      this.#schedule();
    });
  }

  #give(): void {
    for (const [caller, waiting] of this.#waiting) {
      const resolve = waiting.shift();
      this.#waiting.delete(caller);
      if (waiting.length > 0) this.#waiting.set(caller, waiting);
      resolve?.();
      return;
    }
  }
}
