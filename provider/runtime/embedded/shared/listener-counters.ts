// What the workers count of one listener in shared memory: connections, requests, responses and their durations.
import { DURATION_BOUNDS_MS, type ListenerTraffic } from '../../contract/engine-statistics.ts';
import { classOf } from './counters.ts';

/** Whole cache lines, so that workers do not slow each other. */
const COLUMN_FLOATS = 40;
const CONNECTIONS = 0;
/** Of these two a limit may be set: whole numbers, so that Atomics can have them. */
const OPEN = 1;
const PENDING = 14;
const REQUESTS = 2;
const DURATION_SUM = 3;
/** Five cells each, 1xx to 5xx. */
const TARGET_RESPONSES = 4;
const LOCAL_RESPONSES = 9;
const CLASSES = 5;
const REJECTED_CONNECTIONS = 15;
/** One cell for each bound, and one for what is above the last. */
const DURATIONS = 16;
const REJECTED_REQUESTS = 31;
const HANDSHAKE_FAILURES = 32;
/** Of a whole number in a cell. */
const INTS_PER_FLOAT = Float64Array.BYTES_PER_ELEMENT / Int32Array.BYTES_PER_ELEMENT;
/** Workers that reserve the last place at the same time, again and again: they never do it often. */
const MAX_RESERVE_TRIES = 100;

export function createListenerCounters(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(workers * COLUMN_FLOATS * Float64Array.BYTES_PER_ELEMENT);
}

/** What one worker counts of one listener. Only that worker writes the column, so that plain additions are exact. */
export class ListenerColumn {
  readonly #cells: Float64Array;
  readonly #ints: Int32Array;
  readonly #at: number;

  constructor(counters: SharedArrayBuffer, workerId: number) {
    this.#cells = new Float64Array(counters);
    this.#ints = new Int32Array(counters);
    this.#at = workerId * COLUMN_FLOATS;
  }

  /** A client connected. */
  accepted(): void {
    (this.#cells[this.#at + CONNECTIONS] as number)++;
  }

  /** Open client connections came to the listener, or went from it. */
  addOpen(change: number): void {
    Atomics.add(this.#ints, (this.#at + OPEN) * INTS_PER_FLOAT, change);
  }

  /** One more open connection, unless all workers together have `limit`. */
  reserveOpen(limit: number): boolean {
    const isReserved = this.#reserve(OPEN, limit);
    if (!isReserved) (this.#cells[this.#at + REJECTED_CONNECTIONS] as number)++;
    return isReserved;
  }

  /** One more request without a response, unless all workers together have `limit`; pendingEnded() follows. */
  reservePending(limit: number): boolean {
    const isReserved = this.#reserve(PENDING, limit);
    if (!isReserved) (this.#cells[this.#at + REJECTED_REQUESTS] as number)++;
    return isReserved;
  }

  pendingEnded(): void {
    Atomics.sub(this.#ints, (this.#at + PENDING) * INTS_PER_FLOAT, 1);
  }

  /** A client's connection ended before its TLS handshake was done. */
  handshakeFailed(): void {
    (this.#cells[this.#at + HANDSHAKE_FAILURES] as number)++;
  }

  /** A request's head was read. */
  request(): void {
    (this.#cells[this.#at + REQUESTS] as number)++;
  }

  /** The head of a target's response went to the client. */
  targetResponded(status: number): void {
    (this.#cells[this.#at + TARGET_RESPONSES + classOf(status)] as number)++;
  }

  /** The runtime responded by itself. */
  localResponded(status: number): void {
    (this.#cells[this.#at + LOCAL_RESPONSES + classOf(status)] as number)++;
  }

  /** A response is with the client, whole. */
  finished(durationMs: number): void {
    let bucket = 0;
    // Most are below the first bounds: a search from the middle costs them more.
    while (bucket < DURATION_BOUNDS_MS.length && durationMs > (DURATION_BOUNDS_MS[bucket] as number)) bucket++;
    (this.#cells[this.#at + DURATIONS + bucket] as number)++;
    (this.#cells[this.#at + DURATION_SUM] as number) += durationMs;
  }

  /**
   * Adds one to the worker's own cell, looks at all, and gives it back where that is too many: of several that reserve
   * at once each sees all that came before it. Where a look may have seen what another one gave back, it tries again.
   */
  #reserve(offset: number, limit: number): boolean {
    const cell = (this.#at + offset) * INTS_PER_FLOAT;
    for (let tries = 0; tries < MAX_RESERVE_TRIES; tries++) {
      Atomics.add(this.#ints, cell, 1);
      if (sumOf(this.#ints, offset) <= limit) return true;
      Atomics.sub(this.#ints, cell, 1);
      if (sumOf(this.#ints, offset) >= limit) return false;
    }
    return false;
  }
}

/** Main: the sums over all workers. */
export function readListenerCounters(counters: SharedArrayBuffer): ListenerTraffic {
  const cells = new Float64Array(counters);
  const sum = (offset: number) => {
    let total = 0;
    for (let at = offset; at < cells.length; at += COLUMN_FLOATS) total += cells[at] as number;
    return total;
  };
  const sums = (offset: number, length: number) => Array.from({ length }, (_, index) => sum(offset + index));
  return {
    connections: sum(CONNECTIONS),
    openConnections: sumOf(new Int32Array(counters), OPEN),
    rejectedConnections: sum(REJECTED_CONNECTIONS),
    rejectedRequests: sum(REJECTED_REQUESTS),
    handshakeFailures: sum(HANDSHAKE_FAILURES),
    requests: sum(REQUESTS),
    targetResponses: sums(TARGET_RESPONSES, CLASSES),
    localResponses: sums(LOCAL_RESPONSES, CLASSES),
    durations: sums(DURATIONS, DURATION_BOUNDS_MS.length + 1),
    durationSumMs: sum(DURATION_SUM),
  };
}

/** Main: forgets what a worker that ended had under way. */
export function clearUnderWay(counters: SharedArrayBuffer, workerId: number): void {
  const ints = new Int32Array(counters);
  for (const offset of [OPEN, PENDING]) Atomics.store(ints, (workerId * COLUMN_FLOATS + offset) * INTS_PER_FLOAT, 0);
}

/** Of a cell that holds whole numbers, over all workers. */
function sumOf(ints: Int32Array, offset: number): number {
  let total = 0;
  for (let at = offset * INTS_PER_FLOAT; at < ints.length; at += COLUMN_FLOATS * INTS_PER_FLOAT)
    total += Atomics.load(ints, at);
  return total;
}
