// Deadlines of an exchange: for its next progress, and for its end after its target was unbound.
import type { UnbindRule } from '../../serving/target.ts';
import type { ListenerSettings } from '../../shared/messages.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { Request } from '../message/request.ts';
import { BodyDeadline } from './body-deadline.ts';
import { BODY_LATE, IDLE, TARGET_LATE, UNBOUND, UNBOUND_UNFINISHED } from './exchange-faults.ts';
import type { RequestRelay } from './request-relay.ts';

/** The deadlines of one exchange; reused for the next exchange of the client connection. */
export class ExchangeDeadline {
  #part = 0;
  #drain = Number.POSITIVE_INFINITY;
  readonly #body = new BodyDeadline();

  /** Starts with a request. `bytes` of its body came together with the head. */
  begin(settings: ListenerSettings, { head }: Request, bytes: number, now: number): void {
    this.#body.begin(settings, head, now);
    this.#body.received(bytes, now);
  }

  /** Counts bytes of the request's body. */
  received(bytes: number, now: number): void {
    this.#body.received(bytes, now);
  }

  /** Clears the deadline that the unbind of the exchange's earlier target set, because the next target is bound. */
  start(): void {
    this.#drain = Number.POSITIVE_INFINITY;
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
    const isDrainOver = now >= this.#drain;
    const isBodyOver = !isResponding && !isDone && this.#body.isOver(now, isBlocked);
    if (!isDrainOver && !isBodyOver && now < this.#part) return undefined;
    if (isResponding) return isDrainOver ? UNBOUND_UNFINISHED : IDLE;
    if (isDrainOver) return UNBOUND;
    return isDone || isBlocked ? TARGET_LATE : BODY_LATE;
  }
}
