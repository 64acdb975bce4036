// What the workers count of one listener, in shared memory as counters.ts: connections, requests, answers and their durations.
import { DURATION_BOUNDS_MS, type ListenerTraffic } from '../engine.ts';
import { classOf } from './counters.ts';

/** Whole cache lines, so that workers do not slow each other. */
const COLUMN_FLOATS = 32;
const CONNECTIONS = 0;
const OPEN = 1;
const REQUESTS = 2;
const DURATION_SUM = 3;
/** Five cells each, 1xx to 5xx. */
const TARGET_ANSWERS = 4;
const OWN_ANSWERS = 9;
const CLASSES = 5;
/** One cell for each bound, and one for what is above the last. */
const DURATIONS = 16;

export function createListenerCounters(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(workers * COLUMN_FLOATS * Float64Array.BYTES_PER_ELEMENT);
}

/** What one worker counts of one listener. Only that worker writes the column, so that plain additions are exact. */
export class ListenerColumn {
  readonly #cells: Float64Array;
  readonly #at: number;

  constructor(counters: SharedArrayBuffer, workerId: number) {
    this.#cells = new Float64Array(counters);
    this.#at = workerId * COLUMN_FLOATS;
  }

  /** A client connected. */
  accepted(): void {
    (this.#cells[this.#at + CONNECTIONS] as number)++;
  }

  /** Open client connections came to the listener, or went from it. */
  addOpen(change: number): void {
    (this.#cells[this.#at + OPEN] as number) += change;
  }

  /** A request's head was read. */
  request(): void {
    (this.#cells[this.#at + REQUESTS] as number)++;
  }

  /** The head of a target's answer went to the client. */
  targetAnswered(status: number): void {
    (this.#cells[this.#at + TARGET_ANSWERS + classOf(status)] as number)++;
  }

  /** The runtime answered by itself. */
  ownAnswered(status: number): void {
    (this.#cells[this.#at + OWN_ANSWERS + classOf(status)] as number)++;
  }

  /** An answer is with the client, whole. */
  finished(durationMs: number): void {
    let bucket = 0;
    // Most are below the first bounds: a search from the middle costs them more.
    while (bucket < DURATION_BOUNDS_MS.length && durationMs > (DURATION_BOUNDS_MS[bucket] as number)) bucket++;
    (this.#cells[this.#at + DURATIONS + bucket] as number)++;
    (this.#cells[this.#at + DURATION_SUM] as number) += durationMs;
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
    openConnections: sum(OPEN),
    requests: sum(REQUESTS),
    targetAnswers: sums(TARGET_ANSWERS, CLASSES),
    ownAnswers: sums(OWN_ANSWERS, CLASSES),
    durations: sums(DURATIONS, DURATION_BOUNDS_MS.length + 1),
    durationSumMs: sum(DURATION_SUM),
  };
}

/** Main: forgets the open connections of a worker that ended. */
export function clearOpen(counters: SharedArrayBuffer, workerId: number): void {
  new Float64Array(counters)[workerId * COLUMN_FLOATS + OPEN] = 0;
}
