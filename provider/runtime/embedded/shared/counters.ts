// Counters of targets in shared memory: workers write, the main thread sums, and a request costs no message.
import { CountOverWorkers, intsOf } from './count-over-workers.ts';

/** Cells of one worker's column. A column fills two cache lines, so that workers do not slow each other. */
const COLUMN_FLOATS = 16;
const REQUESTS = 0;
const ACTIVE = 1;
const CONNECTING = 2;
/** First of five cells that count responses, one for each status class, 1xx to 5xx. */
const RESPONSES = 3;
const CLASSES = 5;
/** Cells of whole numbers, which Atomics can change: open and idle connections to an HTTP target. */
const OPEN = 8;
const IDLE = 9;
const FAILED_CONNECTS = 10;
/** Cell of the flag for failed connects, in the first column, which belongs to no worker. */
const IS_FAILING = 0;

/**
 * How many targets share one memory for their counters: Node compares each memory in a message with all others in it. A
 * memory lasts as long as any of its targets, so there may not be too many.
 */
const TARGETS_PER_MEMORY = 32;

/** The counters of one target, in memory that they share with those of others. */
export type TargetCounters = Float64Array<SharedArrayBuffer>;

/** Returns a function that makes the counters of one more target. */
export function countersMaker(workers: number): () => TargetCounters {
  const length = (1 + workers) * COLUMN_FLOATS;
  const bytes = length * Float64Array.BYTES_PER_ELEMENT;
  let memory = new SharedArrayBuffer(0);
  let used = 0;
  return () => {
    if (used === memory.byteLength) {
      memory = new SharedArrayBuffer(TARGETS_PER_MEMORY * bytes);
      used = 0;
    }
    used += bytes;
    return new Float64Array(memory, used - bytes, length);
  };
}

/** The counters of one target in one worker. Only that worker writes them. */
export class TargetColumn {
  readonly #cells: Float64Array;
  readonly #at: number;
  readonly #open: CountOverWorkers;
  readonly #idle: CountOverWorkers;

  constructor(counters: TargetCounters, workerId: number) {
    const ints = intsOf(counters);
    this.#cells = counters;
    this.#at = (1 + workerId) * COLUMN_FLOATS;
    this.#open = countAt(ints, OPEN, workerId);
    this.#idle = countAt(ints, IDLE, workerId);
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

  /**
   * Counts one more connection to an HTTP target, until `connectionEnded`. Returns `false` if all workers together
   * already have `limit`, which may be `undefined` for none.
   */
  reserveConnection(limit: number | undefined): boolean {
    return this.#open.reserve(limit);
  }

  connectionEnded(): void {
    this.#open.add(-1);
  }

  /** Open connections to an HTTP target in all workers: connecting, in use and idle ones. */
  get openConnections(): number {
    return this.#open.sum;
  }

  /** Counts one more idle connection like `reserveConnection`, until `idleEnded`. */
  reserveIdle(limit: number | undefined): boolean {
    return this.#idle.reserve(limit);
  }

  idleEnded(): void {
    this.#idle.add(-1);
  }

  /** Idle connections to an HTTP target in all workers. */
  get idleConnections(): number {
    return this.#idle.sum;
  }

  /** True if this worker has an idle connection to the target. */
  get hasIdle(): boolean {
    return this.#idle.own > 0;
  }

  /** Returns another worker that has an idle connection to the target. */
  otherWithIdle(): number | undefined {
    return this.#idle.otherWithAny();
  }

  /** Counts a response of the target that went to a client. */
  responded(status: number): void {
    (this.#cells[this.#at + RESPONSES + classOf(status)] as number)++;
  }

  /** Counts a failed connect. The flag is shared, so that another worker's success ends a series of failures. */
  connectFailed(): void {
    (this.#cells[this.#at + FAILED_CONNECTS] as number)++;
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
  readonly failedConnects: number;
  /** Responses of the target by status class, 1xx to 5xx. */
  readonly responses: readonly number[];
}

/** Index of the cell that counts a status of 100-599; the parser accepts no other status. */
export function classOf(status: number): number {
  return ((status / 100) | 0) - 1;
}

/** The counters of a target summed over all workers, for the main thread. */
export function readCounters(cells: TargetCounters): TargetSums {
  const sums = { requests: 0, active: 0, failedConnects: 0, responses: [0, 0, 0, 0, 0] };
  for (let at = COLUMN_FLOATS; at < cells.length; at += COLUMN_FLOATS) {
    sums.requests += cells[at + REQUESTS] as number;
    sums.active += cells[at + ACTIVE] as number;
    sums.failedConnects += cells[at + FAILED_CONNECTS] as number;
    for (let index = 0; index < CLASSES; index++)
      (sums.responses[index] as number) += cells[at + RESPONSES + index] as number;
  }
  return sums;
}

/** The open flows and exchanges of a target in all workers, for the main thread. */
export function readActive(cells: TargetCounters): number {
  let active = 0;
  for (let at = COLUMN_FLOATS; at < cells.length; at += COLUMN_FLOATS) active += cells[at + ACTIVE] as number;
  return active;
}

/** Clears the open flows and connections of a worker that ended, for the main thread. */
export function clearActive(cells: TargetCounters, workerId: number): void {
  const at = (1 + workerId) * COLUMN_FLOATS;
  const ints = intsOf(cells);
  cells[at + ACTIVE] = 0;
  cells[at + CONNECTING] = 0;
  for (const offset of [OPEN, IDLE]) countAt(ints, offset, workerId).clear();
}

/** The count in the cells with this offset in the workers' columns, before which there is a column of no worker. */
function countAt(ints: Int32Array, offset: number, workerId: number): CountOverWorkers {
  return new CountOverWorkers(ints, COLUMN_FLOATS + offset, COLUMN_FLOATS, workerId);
}
