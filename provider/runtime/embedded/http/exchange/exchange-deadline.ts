// Deadlines of an exchange: for its next progress, and for its end after its target was unbound.
import type { UnbindRule } from '../../serving/target.ts';
import type { ListenerSettings } from '../../shared/messages.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { BODY_LATE, IDLE, QUEUED_LONG, TARGET_LATE, UNBOUND, UNBOUND_UNFINISHED } from './exchange-faults.ts';
import type { RequestRelay } from './request-relay.ts';

/** The deadlines of one exchange; reused for the next exchange of the client connection. */
export class ExchangeDeadline {
  #part = 0;
  #drain = Number.POSITIVE_INFINITY;
  /** The end of the wait for a connection. Infinity while the request does not wait. */
  #queue = Number.POSITIVE_INFINITY;

  /** Clears the deadlines of the last request. */
  begin(): void {
    this.start();
    this.#queue = Number.POSITIVE_INFINITY;
  }

  /** Clears the deadline that the unbind of the exchange's earlier target set, because the next target is bound. */
  start(): void {
    this.#drain = Number.POSITIVE_INFINITY;
  }

  /**
   * Records whether the request waits for a connection to a target. Returns `true` if it has waited and waits no more, so
   * that its target gets a deadline of its own.
   */
  waits(isWaiting: boolean, { requestTimeoutMs }: ListenerSettings): boolean {
    const hasWaited = this.#queue !== Number.POSITIVE_INFINITY;
    if (!isWaiting) this.#queue = Number.POSITIVE_INFINITY;
    else if (!hasWaited) this.#queue = performance.now() + requestTimeoutMs;
    return hasWaited && !isWaiting;
  }

  /** Sets the deadline by which an exchange must end after its target was unbound. */
  unbound({ drainMs, requestTimeoutMs }: UnbindRule): void {
    this.#drain = performance.now() + Math.max(drainMs, requestTimeoutMs);
  }

  /**
   * Sets the deadline for the next progress: the request timeout if the response's head is awaited, otherwise the idle
   * timeout for the next part of a body.
   */
  expect(isHeadAwaited: boolean, { requestTimeoutMs, idleTimeoutMs }: ListenerSettings, now: number): void {
    this.#part = now + (isHeadAwaited ? requestTimeoutMs : idleTimeoutMs);
  }

  /** Returns why the exchange fails if a deadline has passed at `now`, otherwise `undefined`. */
  faultAt(now: number, isResponding: boolean, { isDone, isBlocked }: RequestRelay): LocalResponse | undefined {
    if (now >= this.#queue) return QUEUED_LONG;
    // As long as a request waits, no target can be late.
    if (this.#queue !== Number.POSITIVE_INFINITY && (isDone || isBlocked)) return undefined;
    const isDrainOver = now >= this.#drain;
    if (!isDrainOver && now < this.#part) return undefined;
    if (isResponding) return isDrainOver ? UNBOUND_UNFINISHED : IDLE;
    if (isDrainOver) return UNBOUND;
    return isDone || isBlocked ? TARGET_LATE : BODY_LATE;
  }
}
