// The rejection of HTTP clients above the connection limit of their listener, at minimal cost.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { AcceptedSocket } from '../../io/accepted-socket.ts';
import { descriptors } from '../../io/descriptors.ts';
import { localResponseText } from '../message/local-response.ts';

const RESPONSE = localResponseText(503, 'too many connections', false, false);
/**
 * How long input is read and dropped after the response. If unread input were left, closing would send a reset, which
 * destroys the response.
 */
const LINGER_MS = 1_000;

/**
 * Rejects an HTTP client: sends the local response at once, without waiting for a request. Beyond the limit for rejected
 * connections that linger, clients get a reset without a response. Otherwise a flood would open as many sockets as the
 * connection limit keeps away.
 */
export function rejectHttp(accepted: AcceptedSocket): void {
  if (!descriptors.takeLingering()) {
    accepted.reset();
    return;
  }
  const socket = accepted.toSocket();
  hold(socket);
  respond(socket);
}

/**
 * Rejects an HTTPS client: sends the local response after the TLS handshake. `secure` makes the TLS socket and limits
 * its handshake time.
 */
export function rejectHttps(accepted: AcceptedSocket, secure: () => TLSSocket): void {
  if (!descriptors.takeLingering()) {
    accepted.reset();
    return;
  }
  const socket = secure();
  hold(socket);
  socket.once('secure', () => respond(socket));
}

/** Reads and drops the client's input until the socket, which has taken a descriptor to linger, closes. */
function hold(socket: Socket): void {
  socket.on('error', () => {});
  socket.once('close', () => descriptors.giveLingering());
  socket.resume();
}

function respond(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end(RESPONSE);
}
