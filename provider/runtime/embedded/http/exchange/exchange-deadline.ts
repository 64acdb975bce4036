// How long an exchange may still take: until the next part of it comes, and until its end if its target is unbound.
import type { UnbindRule } from '../../serving/target.ts';
import type { ListenerSettings } from '../../shared/messages.ts';
import { type Refusal, refusal } from '../message/refusal.ts';
import type { RequestRelay } from './request-relay.ts';

const UNFINISHED = refusal(504, 'the target was unbound and has not finished its answer');
const UNANSWERED = refusal(504, 'the target was unbound and has not answered');
const IDLE = refusal(504, 'nothing came or went in the idle time');
const TARGET_LATE = refusal(504, 'the target has not answered in time');
const BODY_LATE = refusal(408, 'the request body has not come in time');

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
  faultAt(now: number, isResponding: boolean, { isDone, isBlocked }: RequestRelay): Refusal | undefined {
    const isDrainOver = now >= this.#drain;
    if (!isDrainOver && now < this.#part) return undefined;
    if (isResponding) return isDrainOver ? UNFINISHED : IDLE;
    if (isDrainOver) return UNANSWERED;
    return isDone || isBlocked ? TARGET_LATE : BODY_LATE;
  }
}
