// How long a client connection may stay as it is while no exchange has it: idle, in the middle of a head, or closed.

/** How long a closed connection's input is read and dropped: closed with unread input, it would be reset under the response. */
const LINGER_MS = 5_000;
/** What idle connections of a socket that closes for good still have. */
const CLOSING_IDLE_MS = 5_000;
/** What a client still has in a drain whose first request has not come, or is not whole. */
const DRAINING_HEAD_MS = 1_000;

export class ConnectionDeadline {
  #at = 0;
  #isHeadBegun = false;
  #isClosingSeen = false;

  /** The next head may be so long in coming. */
  awaitHead(idleTimeoutMs: number): void {
    this.#isHeadBegun = false;
    this.#at = performance.now() + idleTimeoutMs;
  }

  /** A head's time runs from its first byte, however slowly the rest comes. */
  headBegun(idleTimeoutMs: number): void {
    if (this.#isHeadBegun) return;
    this.#isHeadBegun = true;
    this.#at = performance.now() + idleTimeoutMs;
  }

  draining(): void {
    this.#at = Math.min(this.#at, performance.now() + DRAINING_HEAD_MS);
  }

  /** Counts from the first time. */
  closing(now: number): void {
    if (this.#isClosingSeen) return;
    this.#isClosingSeen = true;
    this.#at = Math.min(this.#at, now + CLOSING_IDLE_MS);
  }

  linger(): void {
    this.#at = performance.now() + LINGER_MS;
  }

  isOver(now: number): boolean {
    return now >= this.#at;
  }
}
