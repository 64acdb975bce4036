// How long an exchange may still take: until the next part of it comes, and until its end if its target is unbound.
import type { UnbindRule } from '../../serving/target.ts';
import type { ListenerSettings } from '../../shared/messages.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { BODY_LATE, IDLE, TARGET_LATE, UNBOUND, UNBOUND_UNFINISHED } from './exchange-faults.ts';
import type { RequestRelay } from './request-relay.ts';

/** One a connection, reused. */
export class ExchangeDeadline {
  #part = 0;
  #drain = Number.POSITIVE_INFINITY;

  /** Another target: it is bound. */
  start(): void {
    this.#drain = Number.POSITIVE_INFINITY;
  }

  unbound({ drainMs, requestTimeoutMs }: UnbindRule): void {
    this.#drain = performance.now() + Math.max(drainMs, requestTimeoutMs);
  }

  /** Each part of the request's body and of the response may take the idle time; between them the response's head has its own. */
  expect(isHeadAwaited: boolean, { requestTimeoutMs, idleTimeoutMs }: ListenerSettings, now: number): void {
    this.#part = now + (isHeadAwaited ? requestTimeoutMs : idleTimeoutMs);
  }

  /** Returns what is overdue at `now`. */
  faultAt(now: number, isResponding: boolean, { isDone, isBlocked }: RequestRelay): LocalResponse | undefined {
    const isDrainOver = now >= this.#drain;
    if (!isDrainOver && now < this.#part) return undefined;
    if (isResponding) return isDrainOver ? UNBOUND_UNFINISHED : IDLE;
    if (isDrainOver) return UNBOUND;
    return isDone || isBlocked ? TARGET_LATE : BODY_LATE;
  }
}
