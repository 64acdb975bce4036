// Counters of targets in shared memory: workers write, the main thread sums, and a request costs no message.

/** Cells of one worker's column. A column fills a cache line, so that workers do not slow each other. */
const COLUMN_FLOATS = 8;
const REQUESTS = 0;
const ACTIVE = 1;
const CONNECTING = 2;
/** First of five cells that count responses, one for each status class, 1xx to 5xx. */
const RESPONSES = 3;
const CLASSES = 5;
/** Cell of the flag for failed connects, in the first cache line, which belongs to no worker. */
const IS_FAILING = 0;

/** Makes the counters of one target. */
export function createCounters(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer((1 + workers) * COLUMN_FLOATS * Float64Array.BYTES_PER_ELEMENT);
}

/** The counters of one target in one worker. Only that worker writes them. */
export class TargetColumn {
  readonly #cells: Float64Array;
  readonly #at: number;

  constructor(counters: SharedArrayBuffer, workerId: number) {
    this.#cells = new Float64Array(counters);
    this.#at = (1 + workerId) * COLUMN_FLOATS;
  }

  /** Counts a request, a TCP connection or a UDP session that was given to the target. */
  request(): void {
    (this.#cells[this.#at + REQUESTS] as number)++;
  }

  /** Counts a flow or an exchange with the target that begins. */
  opened(): void {
    (this.#cells[this.#at + ACTIVE] as number)++;
  }

  closed(): void {
    (this.#cells[this.#at + ACTIVE] as number)--;
  }

  /**
   * Counts a connect to the target, beginning with the pick of the target. `connectEnded` must be called whatever the
   * result.
   */
  connecting(): void {
    (this.#cells[this.#at + CONNECTING] as number)++;
  }

  connectEnded(): void {
    (this.#cells[this.#at + CONNECTING] as number)--;
  }

  /**
   * Open flows and exchanges with the target in all workers, and connects in progress. Without the connects, a burst of
   * clients would all go to one target.
   */
  get connections(): number {
    const cells = this.#cells;
    let sum = 0;
    for (let at = COLUMN_FLOATS; at < cells.length; at += COLUMN_FLOATS)
      sum += (cells[at + ACTIVE] as number) + (cells[at + CONNECTING] as number);
    return sum;
  }

  /** Counts a response of the target that went to a client. */
  responded(status: number): void {
    (this.#cells[this.#at + RESPONSES + classOf(status)] as number)++;
  }

  /** Records a failed connect. The flag is shared, so that another worker's success ends a series of failures. */
  markFailing(): void {
    this.#cells[IS_FAILING] = 1;
  }

  /** Records a successful connect. Returns true for the first one after a failure. */
  clearFailing(): boolean {
    if (this.#cells[IS_FAILING] !== 1) return false;
    this.#cells[IS_FAILING] = 0;
    return true;
  }
}

export interface TargetSums {
  readonly requests: number;
  readonly active: number;
  /** Responses of the target by status class, 1xx to 5xx. */
  readonly responses: readonly number[];
}

/** Index of the cell that counts a status of 100-599; the parser accepts no other status. */
export function classOf(status: number): number {
  return ((status / 100) | 0) - 1;
}

/** The counters of a target summed over all workers, for the main thread. */
export function readCounters(counters: SharedArrayBuffer): TargetSums {
  const cells = new Float64Array(counters);
  const sums = { requests: 0, active: 0, responses: [0, 0, 0, 0, 0] };
  for (let at = COLUMN_FLOATS; at < cells.length; at += COLUMN_FLOATS) {
    sums.requests += cells[at + REQUESTS] as number;
    sums.active += cells[at + ACTIVE] as number;
    for (let index = 0; index < CLASSES; index++)
      (sums.responses[index] as number) += cells[at + RESPONSES + index] as number;
  }
  return sums;
}

/** Clears the open flows of a worker that ended, for the main thread. */
export function clearActive(counters: SharedArrayBuffer, workerId: number): void {
  const at = (1 + workerId) * COLUMN_FLOATS;
  const cells = new Float64Array(counters);
  cells[at + ACTIVE] = 0;
  cells[at + CONNECTING] = 0;
}

/** The number of open client connections of one worker, in a cell of an array that all workers share. */
export class ConnectionGauge {
  readonly #cells: Int32Array;
  readonly #workerId: number;

  constructor(gauges: SharedArrayBuffer, workerId: number) {
    this.#cells = new Int32Array(gauges);
    this.#workerId = workerId;
  }

  get value(): number {
    return this.#cells[this.#workerId] as number;
  }

  add(change: 1 | -1): void {
    (this.#cells[this.#workerId] as number) += change;
  }

  clear(): void {
    this.#cells[this.#workerId] = 0;
  }
}

export function createGauges(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(workers * Int32Array.BYTES_PER_ELEMENT);
}
