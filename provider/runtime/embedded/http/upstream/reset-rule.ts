// The rule by which a connection to a target is reset in place of a FIN: only if a reset loses nothing.

/**
 * Longest body that the kernel sends at once, without acknowledgements: the initial window of RFC 6928. The rest of a
 * longer one may still wait in the kernel when the target responds early.
 */
const SENT_AT_ONCE_BYTES = 10 * 1460;
/** How long a connection must be idle until a longer request counts as received. */
const RECEIVED_AFTER_MS = 250;

/**
 * The kernel keeps the port of a connection whose end was begun here for a minute (TIME_WAIT), unless it is reset.
 * HAProxy resets its connections to servers too.
 */
export class ResetRule {
  /** How long the connection must have been idle. Infinity if the response began before the whole request was written. */
  #afterMs = 0;
  /** True once the target has sent its FIN: a TIME_WAIT would be the target's. */
  #hasEnded = false;

  requestBegun(): void {
    this.#afterMs = Number.POSITIVE_INFINITY;
  }

  /** Records that a response begins. `isOut` is true if the whole request, with a body of `bodyBytes`, was written. */
  responseBegun(isOut: boolean, bodyBytes: number): void {
    if (isOut) this.#afterMs = bodyBytes <= SENT_AT_ONCE_BYTES ? 0 : RECEIVED_AFTER_MS;
  }

  targetEnded(): void {
    this.#hasEnded = true;
  }

  /** Returns true if a connection that is idle since `idleSince`, by `performance.now()`, may be reset. */
  allows(idleSince: number): boolean {
    if (this.#hasEnded) return false;
    return this.#afterMs === 0 || performance.now() - idleSince >= this.#afterMs;
  }
}
