// How an HTTP client beyond its listener's limit of connections is turned away, for as little as that can cost.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { localResponseText } from '../message/local-response.ts';

const RESPONSE = localResponseText(503, 'too many connections', false, false);
/** Closed with unread input, a connection would be reset under the response: what comes is read and dropped so long. */
const LINGER_MS = 1_000;
/** A flood must not become as many open sockets as the limit keeps away: beyond this a client is reset. */
const MAX_LINGERING = 1_024;

let lingering = 0;

/** Responds at once, whatever the request will be. */
export function rejectHttp(socket: Socket): void {
  if (lingering >= MAX_LINGERING) {
    socket.resetAndDestroy();
    return;
  }
  hold(socket);
  respond(socket);
}

/** Responds as soon as the client has shaken hands; `secure` makes the socket that does it, and bounds its time. */
export function rejectHttps(carrier: Socket, secure: () => TLSSocket): void {
  if (lingering >= MAX_LINGERING) {
    carrier.resetAndDestroy();
    return;
  }
  const socket = secure();
  hold(socket);
  socket.once('secure', () => respond(socket));
}

/** Reads and drops what comes. */
function hold(socket: Socket): void {
  lingering++;
  socket.on('error', () => {});
  socket.once('close', () => lingering--);
  socket.resume();
}

function respond(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end(RESPONSE);
}
