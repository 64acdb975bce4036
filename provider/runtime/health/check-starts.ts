// The starts of health checks that are due: a few in each event-loop iteration, so that other work goes on meanwhile.

/** Checks started in one event-loop iteration. Starting one takes some 0.1 ms. */
const STARTS = 50;

export class CheckStarts {
  #due: (() => void)[] = [];
  #next: NodeJS.Immediate | undefined;

  /** Calls `run` in its turn. */
  add(run: () => void): void {
    this.#due.push(run);
    this.#next ??= setImmediate(() => this.#start());
  }

  close(): void {
    clearImmediate(this.#next);
    this.#due = [];
  }

  #start(): void {
    const due = this.#due.splice(0, STARTS);
    this.#next = this.#due.length > 0 ? setImmediate(() => this.#start()) : undefined;
    for (const run of due) run();
  }
}
