// The starts of health checks that are due: a few in each event-loop iteration, so that other work goes on meanwhile.

/** Checks started in one event-loop iteration. Starting one takes some 0.1 ms. */
const STARTS = 50;

export class CheckStarts {
  #due: { readonly run: () => void; readonly signal: AbortSignal }[] = [];
  #next: NodeJS.Immediate | undefined;

  /** Calls `run` in its turn, unless the signal is aborted before. */
  add(run: () => void, signal: AbortSignal): void {
    this.#due.push({ run, signal });
    this.#next ??= setImmediate(() => this.#start());
  }

  close(): void {
    clearImmediate(this.#next);
    this.#due = [];
  }

  #start(): void {
    const due = this.#due.splice(0, STARTS);
    this.#next = this.#due.length > 0 ? setImmediate(() => this.#start()) : undefined;
    for (const { run, signal } of due) if (!signal.aborted) run();
  }
}
