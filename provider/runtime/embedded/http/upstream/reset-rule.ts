// The rule by which a connection to a target is reset in place of a FIN: only if a reset loses nothing.

/**
 * Longest body that the kernel sends at once, without acknowledgements: the initial window of RFC 6928. The rest of a
 * longer one may still wait in the kernel when the target responds early.
 */
const SENT_AT_ONCE_BYTES = 10 * 1460;
/** A longer request counts as received when its response has begun for so long. */
const RECEIVED_AFTER_MS = 250;

/**
 * The kernel keeps the port of a connection whose end was begun here for a minute (TIME_WAIT), unless it is reset.
 * HAProxy resets its connections to servers too.
 */
export class ResetRule {
  /** The time from which a reset loses nothing, by `performance.now()`. Infinity before the response begins. */
  #safeFromMs = 0;
  /** True once the target has sent its FIN: a TIME_WAIT would be the target's. */
  #hasEnded = false;

  requestBegun(): void {
    this.#safeFromMs = Number.POSITIVE_INFINITY;
  }

  /** Records that more of the request was written, which the target may not have received when it responds. */
  requestContinued(): void {
    this.#safeFromMs = Number.POSITIVE_INFINITY;
  }

  /**
   * Records that a response begins. `isWritten` is true if all that was sent of the request, with `bodyBytes` of its
   * body, has left user space. It may be a part: a target that refuses a body is not sent the rest.
   */
  responseBegun(isWritten: boolean, bodyBytes: number): void {
    if (!isWritten) return;
    this.#safeFromMs = bodyBytes <= SENT_AT_ONCE_BYTES ? 0 : performance.now() + RECEIVED_AFTER_MS;
  }

  targetEnded(): void {
    this.#hasEnded = true;
  }

  /** Time until a reset loses nothing. Infinity if the connection must not be reset. */
  get waitMs(): number {
    if (this.#hasEnded) return Number.POSITIVE_INFINITY;
    return this.#safeFromMs === 0 ? 0 : Math.max(0, this.#safeFromMs - performance.now());
  }
}
