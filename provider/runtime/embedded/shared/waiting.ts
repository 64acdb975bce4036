// The requests of a target group that wait for a connection: which worker has the one that has waited longest.

/** Cell of the number of the last ticket. One cell for each worker follows. */
const LAST_TICKET = 0;
/** Value of a worker's cell while none of its requests waits. */
const NONE = 0;

export function createWaiting(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer((1 + workers) * Int32Array.BYTES_PER_ELEMENT);
}

/** Returns true if ticket `a` was drawn before `b`, also after the numbers have wrapped around. */
function isOlder(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** Clears the cell of a worker that ended, for the main thread. */
export function clearWaiting(waiting: SharedArrayBuffer, workerId: number): void {
  Atomics.store(new Int32Array(waiting), 1 + workerId, NONE);
}

/** The waiting requests of a target group as one worker sees them. */
export class WaitingColumn {
  readonly workerId: number;
  readonly #cells: Int32Array;

  constructor(waiting: SharedArrayBuffer, workerId: number) {
    this.#cells = new Int32Array(waiting);
    this.workerId = workerId;
  }

  /** Returns the next ticket, by which requests of all workers are served in order. */
  draw(): number {
    const ticket = (Atomics.add(this.#cells, LAST_TICKET, 1) + 1) | 0;
    return ticket === NONE ? this.draw() : ticket;
  }

  /** Tells the other workers the ticket of the request that has waited longest; `undefined` for none. */
  publish(ticket: number | undefined): void {
    Atomics.store(this.#cells, 1 + this.workerId, ticket ?? NONE);
  }

  /** True if a request of another worker waits. */
  get hasOther(): boolean {
    return this.oldestOther(undefined, []) !== undefined;
  }

  /**
   * Returns the other worker, not one of `declined`, whose request has waited longest. Returns `undefined` if none has
   * waited for longer than the request with the ticket `own`.
   */
  oldestOther(own: number | undefined, declined: readonly number[]): number | undefined {
    let ofOldest: number | undefined;
    let oldest = own;
    for (let workerId = 0; workerId < this.#cells.length - 1; workerId++) {
      const ticket = Atomics.load(this.#cells, 1 + workerId);
      if (ticket === NONE || workerId === this.workerId || declined.includes(workerId)) continue;
      if (oldest !== undefined && !isOlder(ticket, oldest)) continue;
      oldest = ticket;
      ofOldest = workerId;
    }
    return ofOldest;
  }
}
