// Reasons why an exchange fails, and the status that the client gets if no part of the response was sent yet.
import { type LocalResponse, localResponse } from '../message/local-response.ts';

export const TOO_MANY_PENDING = localResponse(503, 'too many requests wait for their responses');
export const DENIED = localResponse(403, 'this client may not use the listener');
export const TOO_MANY_REQUESTS = localResponse(429, 'too many requests at this moment');
export const QUEUED_LONG = localResponse(503, 'no connection to a target became free in time');
const NO_TARGET = localResponse(503, 'no target takes traffic');
const SHORTAGE = localResponse(503, 'the runtime has no file descriptor or port left to reach a target');
const UNREACHABLE = localResponse(502, 'no target could be reached');
export const UNBOUND_AT_SWITCH = localResponse(502, 'the target was unbound before it switched protocols');
export const CUT_SHORT = localResponse(502, 'the target closed the connection before the end of its response');
export const LOST = localResponse(502, 'the target closed the connection without a response');
/**
 * The client gets no response, as HAProxy does it: its connection ends with the target's, as if it had no load balancer
 * in between. A client that reused its connection must expect that (RFC 9112 9.3.1), and it alone knows whether it may
 * send the request again; a 502 would tell it that the request has failed.
 */
export const LOST_LOGIN = 'the target closed the connection on which the client had logged in';
export const LOST_HALF_CLOSED = localResponse(
  502,
  'the target closed the connection after the client had ended its side',
);

/** Returns why no target got a request: none takes traffic, none could be reached, or this machine is short. */
export function unreached(attempts: { readonly hasTried: boolean; readonly hasLocalFault: boolean }): LocalResponse {
  if (attempts.hasLocalFault) return SHORTAGE;
  return attempts.hasTried ? UNREACHABLE : NO_TARGET;
}

export const UNBOUND = localResponse(504, 'the target was unbound before it responded');
export const UNBOUND_UNFINISHED = localResponse(504, 'the target was unbound before its response ended');
export const IDLE = localResponse(504, 'no data came from either side within the idle timeout');
export const TARGET_LATE = localResponse(504, 'the target did not respond in time');
export const BODY_LATE = localResponse(408, 'the request body did not arrive in time');

/** A malformed response of a target is a bad gateway, whatever is wrong with it. */
export function malformed({ reason }: LocalResponse): LocalResponse {
  return { status: 502, reason: `malformed response: ${reason}` };
}
