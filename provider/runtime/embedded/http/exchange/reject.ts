// The rejection of HTTP clients above the connection limit of their listener, at minimal cost.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { localResponseText } from '../message/local-response.ts';

const RESPONSE = localResponseText(503, 'too many connections', false, false);
/**
 * How long input is read and dropped after the response. If unread input were left, closing would send a reset, which
 * destroys the response.
 */
const LINGER_MS = 1_000;
/**
 * Limit for rejected connections that linger after their response. Above it, clients get a reset without a response.
 * Otherwise a flood would open as many sockets as the connection limit keeps away.
 */
const MAX_LINGERING = 1_024;

let lingering = 0;

/** Rejects an HTTP client: sends the local response at once, without waiting for a request. */
export function rejectHttp(socket: Socket): void {
  if (lingering >= MAX_LINGERING) {
    socket.resetAndDestroy();
    return;
  }
  hold(socket);
  respond(socket);
}

/**
 * Rejects an HTTPS client: sends the local response after the TLS handshake. `secure` makes the TLS socket and limits
 * its handshake time.
 */
export function rejectHttps(carrier: Socket, secure: () => TLSSocket): void {
  if (lingering >= MAX_LINGERING) {
    carrier.resetAndDestroy();
    return;
  }
  const socket = secure();
  hold(socket);
  socket.once('secure', () => respond(socket));
}

/** Reads and drops the client's input, and counts the socket as one that lingers. */
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
