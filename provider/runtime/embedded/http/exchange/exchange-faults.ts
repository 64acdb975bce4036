// Why an exchange fails: the status that the client gets if it has nothing of the response yet, and the reason.
import { type Refusal, refusal } from '../message/refusal.ts';

export const TOO_MANY_PENDING = refusal(503, 'too many requests wait for their answers');
export const NO_TARGET = refusal(503, 'no target takes traffic');
export const UNREACHABLE = refusal(502, 'no target could be reached');
export const UNBOUND_AT_SWITCH = refusal(502, 'the target was unbound before it switched protocols');
export const CUT_SHORT = refusal(502, 'the target closed the connection before the end of its answer');
export const LOST = refusal(502, 'the target closed the connection without an answer');
export const LOST_HALF_CLOSED = refusal(502, 'the target closed the connection after the client had ended its side');

export const UNBOUND = refusal(504, 'the target was unbound and has not answered');
export const UNBOUND_UNFINISHED = refusal(504, 'the target was unbound and has not finished its answer');
export const IDLE = refusal(504, 'nothing came or went in the idle time');
export const TARGET_LATE = refusal(504, 'the target has not answered in time');
export const BODY_LATE = refusal(408, 'the request body has not come in time');

/** Whatever is wrong with a target's response, it is a bad gateway. */
export function malformed({ reason }: Refusal): Refusal {
  return { status: 502, reason: `malformed answer: ${reason}` };
}
