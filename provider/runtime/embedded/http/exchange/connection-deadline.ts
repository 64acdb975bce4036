// The deadline of a client connection outside exchanges: while it is idle, sends a head, or was closed.
import { performance } from 'node:perf_hooks';
import type { Connection } from '../../io/connection.ts';
import { OutputWatch } from '../../io/output-watch.ts';

/**
 * How long the input of a closed connection is read and dropped. If unread input were left, closing would send a reset,
 * which destroys the response.
 */
const LINGER_MS = 5_000;
/** How long idle connections may stay when their listening socket closes. */
const CLOSING_IDLE_MS = 5_000;
/** How long a client in a drain may take to complete its first request's head. */
const DRAINING_HEAD_MS = 1_000;

export class ConnectionDeadline {
  #at = 0;
  #isHeadBegun = false;
  #isClosingSeen = false;
  #output: OutputWatch | undefined;

  /** Starts the wait for the next request's head. */
  awaitHead(idleTimeoutMs: number): void {
    this.#isHeadBegun = false;
    this.#at = performance.now() + idleTimeoutMs;
  }

  /** Starts the time limit for a whole head at its first byte, however slowly the rest arrives. */
  headBegun(idleTimeoutMs: number): void {
    if (this.#isHeadBegun) return;
    this.#isHeadBegun = true;
    this.#at = performance.now() + idleTimeoutMs;
  }

  /** Shortens the wait for a head during a drain. */
  draining(): void {
    this.#at = Math.min(this.#at, performance.now() + DRAINING_HEAD_MS);
  }

  /** Shortens the idle time when the listening socket closes; only the first call counts. */
  closing(now: number): void {
    if (this.#isClosingSeen) return;
    this.#isClosingSeen = true;
    this.#at = Math.min(this.#at, now + CLOSING_IDLE_MS);
  }

  /** Starts the time in which the input of a closed connection is read and dropped. */
  linger(): void {
    this.#at = performance.now() + LINGER_MS;
  }

  /** Destroys a closed connection that has lingered, unless its client still takes what was written to it. */
  lingered(connection: Connection): void {
    this.#output ??= new OutputWatch();
    this.#output.look([connection], (moving) => {
      if (moving === undefined) connection.destroy();
      else this.linger();
    });
  }

  isOver(now: number): boolean {
    return now >= this.#at;
  }
}
