// How an HTTP client beyond its listener's limit of connections is turned away, for as little as that can cost.
import type { Socket } from 'node:net';
import { ownAnswer } from './own-answer.ts';

const ANSWER = ownAnswer(503, 'too many connections', false, false);
/** Closed with unread input, a connection would be reset under the answer: what comes is read and dropped so long. */
const LINGER_MS = 1_000;
/** A flood must not become as many open sockets as the limit keeps away: beyond this a client is reset. */
const MAX_LINGERING = 1_024;

let lingering = 0;

/** Answers at once, whatever the request will be. */
export function refuseHttp(socket: Socket): void {
  if (lingering >= MAX_LINGERING) {
    socket.resetAndDestroy();
    return;
  }
  lingering++;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on('error', () => {});
  socket.once('close', () => {
    lingering--;
    clearTimeout(timer);
  });
  socket.end(ANSWER);
  socket.resume();
}
