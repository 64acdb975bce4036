// Why an exchange fails: the status that the client gets if it has nothing of the response yet, and the reason.
import { type LocalResponse, localResponse } from '../message/local-response.ts';

export const TOO_MANY_PENDING = localResponse(503, 'too many requests wait for their responses');
export const NO_TARGET = localResponse(503, 'no target takes traffic');
export const UNREACHABLE = localResponse(502, 'no target could be reached');
export const UNBOUND_AT_SWITCH = localResponse(502, 'the target was unbound before it switched protocols');
export const CUT_SHORT = localResponse(502, 'the target closed the connection before the end of its response');
export const LOST = localResponse(502, 'the target closed the connection without a response');
export const LOST_HALF_CLOSED = localResponse(
  502,
  'the target closed the connection after the client had ended its side',
);

export const UNBOUND = localResponse(504, 'the target was unbound before it responded');
export const UNBOUND_UNFINISHED = localResponse(504, 'the target was unbound before its response ended');
export const IDLE = localResponse(504, 'nothing came or went in the idle time');
export const TARGET_LATE = localResponse(504, 'the target did not respond in time');
export const BODY_LATE = localResponse(408, 'the request body has not come in time');

/** Whatever is wrong with a target's response, it is a bad gateway. */
export function malformed({ reason }: LocalResponse): LocalResponse {
  return { status: 502, reason: `malformed response: ${reason}` };
}
