// The deadline of a request's body: the time that it may take as a whole, and the rate at which it has to come.
import type { ListenerSettings } from '../../shared/messages.ts';
import type { Request } from '../message/request.ts';

/** The rate is measured over this time, or over the idle timeout if that is shorter. */
const RATE_WINDOW_MS = 5_000;
/** Longest time between two looks that counts: a worker that was busy for longer has read nothing meanwhile. */
const MAX_STEP_MS = 200;

/** The deadline of one request's body; reused for the next request of the client connection. */
export class BodyDeadline {
  #timeoutMs = 0;
  #minRate = 0;
  #windowMs = 0;
  #isRunning = false;
  #endsAt = 0;
  /** Bytes of the body in the present window. */
  #bytes = 0;
  /** How long the present window has been open to the client, without the time in which nothing was read. */
  #openMs = 0;
  #seenAt = 0;

  /**
   * Starts with the head of a request. A client that waits for a 100 (RFC 9110 10.1.1) owes no body before it sends
   * the first byte of it.
   */
  begin(settings: ListenerSettings, { isExpectant }: Request, now: number): void {
    const { requestBodyTimeoutMs, requestBodyMinRate, idleTimeoutMs } = settings;
    this.#timeoutMs = requestBodyTimeoutMs;
    this.#minRate = requestBodyMinRate;
    this.#isRunning = false;
    if (requestBodyTimeoutMs === 0 && requestBodyMinRate === 0) return;
    this.#windowMs = Math.min(RATE_WINDOW_MS, idleTimeoutMs);
    this.#bytes = 0;
    if (!isExpectant) this.#run(now);
  }

  received(bytes: number, now: number): void {
    this.#bytes += bytes;
    // The body may begin with bytes that are not data, such as the size of a chunk and its extension.
    if (!this.#isRunning) this.#run(now);
  }

  /** Returns true if the body is late at `now`. `isBlocked` is true while its receiver is busy and nothing is read. */
  isOver(now: number, isBlocked: boolean): boolean {
    if (!this.#isRunning) return false;
    if (!isBlocked) this.#openMs += Math.min(now - this.#seenAt, MAX_STEP_MS);
    this.#seenAt = now;
    const isTooSlow = this.#openMs >= this.#windowMs && this.#bytes * 1000 < this.#minRate * this.#openMs;
    if (this.#openMs >= this.#windowMs) {
      this.#openMs = 0;
      this.#bytes = 0;
    }
    return isTooSlow || now >= this.#endsAt;
  }

  #run(now: number): void {
    this.#isRunning = this.#timeoutMs > 0 || this.#minRate > 0;
    this.#endsAt = this.#timeoutMs > 0 ? now + this.#timeoutMs : Number.POSITIVE_INFINITY;
    this.#openMs = 0;
    this.#seenAt = now;
  }
}
