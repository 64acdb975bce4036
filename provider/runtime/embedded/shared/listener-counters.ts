// Counters of listeners in shared memory: connections, requests, responses and their durations.
import { DURATION_BOUNDS_MS, type ListenerTraffic } from '../../contract/engine-statistics.ts';
import { CountOverWorkers } from './count-over-workers.ts';
import { classOf } from './counters.ts';

/** Cells of one worker's column: whole cache lines, so that workers do not slow each other. */
const COLUMN_FLOATS = 48;
const CONNECTIONS = 0;
/** OPEN and PENDING hold whole numbers, which Atomics can change, because a listener may have a limit for them. */
const OPEN = 1;
const PENDING = 14;
const REQUESTS = 2;
const DURATION_SUM = 3;
/** First of the five cells that count a kind of responses, one cell for each status class, 1xx to 5xx. */
const TARGET_RESPONSES = 4;
const LOCAL_RESPONSES = 9;
const CLASSES = 5;
const REJECTED_CONNECTIONS = 15;
/** First cell of the durations: one cell for each bound, and one for longer durations. */
const DURATIONS = 16;
const REJECTED_REQUESTS = 31;
const HANDSHAKE_FAILURES = 32;
const REJECTED_HEADERS = 33;
const DENIED = 34;
const LIMITED_CONNECTIONS = 35;
const LIMITED_REQUESTS = 36;
/** First of the five cells that count the responses of rules themselves, like TARGET_RESPONSES. */
const RULE_RESPONSES = 37;

/** Each worker has a column, and the last one is for connections that another process has open. */
export function createListenerCounters(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer((workers + 1) * COLUMN_FLOATS * Float64Array.BYTES_PER_ELEMENT);
}

/** Sets how many connections of the listener another process has open. */
export function setOpenElsewhere(counters: SharedArrayBuffer, count: number): void {
  const ints = new Int32Array(counters);
  const columns = counters.byteLength / (COLUMN_FLOATS * Float64Array.BYTES_PER_ELEMENT);
  const elsewhere = countAt(ints, OPEN, columns - 1);
  elsewhere.add(count - elsewhere.own);
}

/** The counters of one listener in one worker. Only that worker writes its column: plain additions are exact. */
export class ListenerColumn {
  readonly #cells: Float64Array;
  readonly #at: number;
  readonly #open: CountOverWorkers;
  readonly #pending: CountOverWorkers;

  constructor(counters: SharedArrayBuffer, workerId: number) {
    this.#cells = new Float64Array(counters);
    this.#at = workerId * COLUMN_FLOATS;
    const ints = new Int32Array(counters);
    this.#open = countAt(ints, OPEN, workerId);
    this.#pending = countAt(ints, PENDING, workerId);
  }

  /** Counts a client connection that was accepted. */
  accepted(): void {
    (this.#cells[this.#at + CONNECTIONS] as number)++;
  }

  /** Adds to the listener's open client connections; `change` is negative for connections that left the listener. */
  addOpen(change: number): void {
    this.#open.add(change);
  }

  /** Open client connections of the listener in all workers. */
  get open(): number {
    return this.#open.sum;
  }

  /** Counts a client connection that was rejected. */
  connectionRejected(): void {
    (this.#cells[this.#at + REJECTED_CONNECTIONS] as number)++;
  }

  /**
   * Counts one more open connection. Returns `false` if all workers together already have `limit`, which may be
   * `undefined` for none.
   */
  reserveOpen(limit: number | undefined): boolean {
    const isReserved = this.#open.reserve(limit);
    if (!isReserved) this.connectionRejected();
    return isReserved;
  }

  /**
   * Counts one more request that waits for its response, until `pendingEnded`. Returns `false` if all workers together
   * already have `limit`.
   */
  reservePending(limit: number): boolean {
    const isReserved = this.#pending.reserve(limit);
    if (!isReserved) (this.#cells[this.#at + REJECTED_REQUESTS] as number)++;
    return isReserved;
  }

  pendingEnded(): void {
    this.#pending.add(-1);
  }

  /** Counts a client connection that was rejected because it did not begin with a valid PROXY header. */
  proxyHeaderRejected(): void {
    (this.#cells[this.#at + REJECTED_HEADERS] as number)++;
  }

  /** Counts a connection, request or datagram of a client that may not use the listener. */
  denied(): void {
    (this.#cells[this.#at + DENIED] as number)++;
  }

  /** Counts a connection or UDP session above the listener's rate. */
  connectionLimited(): void {
    (this.#cells[this.#at + LIMITED_CONNECTIONS] as number)++;
  }

  /** Counts a request above the rate of the listener or of its client. */
  requestLimited(): void {
    (this.#cells[this.#at + LIMITED_REQUESTS] as number)++;
  }

  /** Counts a client connection that ended before its TLS handshake was done. */
  handshakeFailed(): void {
    (this.#cells[this.#at + HANDSHAKE_FAILURES] as number)++;
  }

  /** Counts a request whose head was read. */
  request(): void {
    (this.#cells[this.#at + REQUESTS] as number)++;
  }

  /** Counts a target's response when its head goes to the client. */
  targetResponded(status: number): void {
    (this.#cells[this.#at + TARGET_RESPONSES + classOf(status)] as number)++;
  }

  /** Counts a local response, which the runtime sends in place of a target. */
  localResponded(status: number): void {
    (this.#cells[this.#at + LOCAL_RESPONSES + classOf(status)] as number)++;
  }

  /** Counts a response that a rule gives itself, such as a redirect. */
  ruleResponded(status: number): void {
    (this.#cells[this.#at + RULE_RESPONSES + classOf(status)] as number)++;
  }

  /** Counts an exchange whose whole response went to the client. */
  finished(durationMs: number): void {
    let bucket = 0;
    // Most durations are below the first bounds, where a binary search would cost more.
    while (bucket < DURATION_BOUNDS_MS.length && durationMs > (DURATION_BOUNDS_MS[bucket] as number)) bucket++;
    (this.#cells[this.#at + DURATIONS + bucket] as number)++;
    (this.#cells[this.#at + DURATION_SUM] as number) += durationMs;
  }
}

/** The counters of a listener summed over all workers, for the main thread. */
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
    openConnections: countAt(new Int32Array(counters), OPEN, 0).sum,
    rejectedConnections: sum(REJECTED_CONNECTIONS),
    rejectedRequests: sum(REJECTED_REQUESTS),
    rejectedHeaders: sum(REJECTED_HEADERS),
    denied: sum(DENIED),
    limitedConnections: sum(LIMITED_CONNECTIONS),
    limitedRequests: sum(LIMITED_REQUESTS),
    handshakeFailures: sum(HANDSHAKE_FAILURES),
    requests: sum(REQUESTS),
    targetResponses: sums(TARGET_RESPONSES, CLASSES),
    localResponses: sums(LOCAL_RESPONSES, CLASSES),
    ruleResponses: sums(RULE_RESPONSES, CLASSES),
    durations: sums(DURATIONS, DURATION_BOUNDS_MS.length + 1),
    durationSumMs: sum(DURATION_SUM),
  };
}

/** Clears the open connections and waiting requests of a worker that ended, for the main thread. */
export function clearUnderWay(counters: SharedArrayBuffer, workerId: number): void {
  const ints = new Int32Array(counters);
  for (const offset of [OPEN, PENDING]) countAt(ints, offset, workerId).clear();
}

/** The count in the cells with this offset in the workers' columns. */
function countAt(ints: Int32Array, offset: number, workerId: number): CountOverWorkers {
  return new CountOverWorkers(ints, offset, COLUMN_FLOATS, workerId);
}
