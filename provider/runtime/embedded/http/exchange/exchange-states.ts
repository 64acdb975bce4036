// The states of an exchange, in the order in which it passes through them.

/** State of an exchange that has no request. */
export const ENDED = 0;
/** State of an exchange that waits for a connection: nothing of the request was written, so that any target will do. */
export const CONNECTING = 1;
/** State of an exchange after the request's first byte, while waiting for the response's head. */
export const SENT = 2;
/** State of an exchange while the client gets the target's response. */
export const RESPONDING = 3;
/** State of an exchange whose whole response is queued to the client, which owns its memory. */
export const FLUSHING = 4;
/** State of an exchange whose two connections were passed to a tunnel. */
export const SWITCHED = 5;
