// Counters in shared memory: workers write, the main thread sums; no message is sent for a request.

/** Each worker's column fills a cache line, so that workers do not slow each other. */
const COLUMN_FLOATS = 8;
const REQUESTS = 0;
const ACTIVE = 1;
const CONNECTING = 2;
/** Five cells, 1xx to 5xx. */
const RESPONSES = 3;
const CLASSES = 5;
/** In the first line, which belongs to no worker. */
const IS_FAILING = 0;

/** One target's counters. */
export function createCounters(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer((1 + workers) * COLUMN_FLOATS * Float64Array.BYTES_PER_ELEMENT);
}

/** What one worker counts of one target. Only that worker writes the column. */
export class TargetColumn {
  readonly #cells: Float64Array;
  readonly #at: number;

  constructor(counters: SharedArrayBuffer, workerId: number) {
    this.#cells = new Float64Array(counters);
    this.#at = (1 + workerId) * COLUMN_FLOATS;
  }

  /** A request, a TCP connection or a UDP session was given to the target. */
  request(): void {
    (this.#cells[this.#at + REQUESTS] as number)++;
  }

  /** A flow or an exchange with the target began. */
  opened(): void {
    (this.#cells[this.#at + ACTIVE] as number)++;
  }

  closed(): void {
    (this.#cells[this.#at + ACTIVE] as number)--;
  }

  /** It was picked, and a connection to it is being made; `connectEnded` follows, whatever comes of it. */
  connecting(): void {
    (this.#cells[this.#at + CONNECTING] as number)++;
  }

  connectEnded(): void {
    (this.#cells[this.#at + CONNECTING] as number)--;
  }

  /** What all workers have under way with the target, connects in progress too: a burst must not go to one target. */
  get connections(): number {
    const cells = this.#cells;
    let sum = 0;
    for (let at = COLUMN_FLOATS; at < cells.length; at += COLUMN_FLOATS)
      sum += (cells[at + ACTIVE] as number) + (cells[at + CONNECTING] as number);
    return sum;
  }

  /** A response of the target with this status went to a client. */
  responded(status: number): void {
    (this.#cells[this.#at + RESPONSES + classOf(status)] as number)++;
  }

  /** A connect failed. The flag is shared, so that another worker's success ends a series of failures. */
  markFailing(): void {
    this.#cells[IS_FAILING] = 1;
  }

  /** A connect succeeded; true for the first one after a failure. */
  clearFailing(): boolean {
    if (this.#cells[IS_FAILING] !== 1) return false;
    this.#cells[IS_FAILING] = 0;
    return true;
  }
}

export interface TargetSums {
  readonly requests: number;
  readonly active: number;
  /** 1xx to 5xx. */
  readonly responses: readonly number[];
}

/** Which of the five cells counts a status, of 100 to 599: the parser takes no other. */
export function classOf(status: number): number {
  return ((status / 100) | 0) - 1;
}

/** Main: the sums over all workers. */
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

/** Main: forgets the flows of a worker that ended. */
export function clearActive(counters: SharedArrayBuffer, workerId: number): void {
  const at = (1 + workerId) * COLUMN_FLOATS;
  const cells = new Float64Array(counters);
  cells[at + ACTIVE] = 0;
  cells[at + CONNECTING] = 0;
}

/** One worker's open client connections, in a cell of an array that all workers share. */
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
