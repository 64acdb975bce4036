// The rejection of HTTP clients above a limit of their listener for connections, at minimal cost.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { AcceptedSocket } from '../../io/accepted-socket.ts';
import { descriptors } from '../../io/descriptors.ts';
import type { Rejection } from '../../serving/tcp-listening-socket.ts';
import type { WorkerListener } from '../../serving/worker-listener.ts';
import { localResponseText } from '../message/local-response.ts';

const RESPONSES: Readonly<Record<Rejection, string>> = {
  maxConnections: localResponseText(503, 'too many connections', false, false),
  connectionsPerSecond: localResponseText(429, 'too many new connections at this moment', false, false),
};
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
export function rejectHttp(accepted: AcceptedSocket, _listener: WorkerListener, why: Rejection): void {
  if (!descriptors.takeLingering()) {
    accepted.reset();
    return;
  }
  const socket = accepted.toSocket();
  hold(socket);
  respond(socket, why);
}

/**
 * Rejects an HTTPS client: sends the local response after the TLS handshake. `secure` makes the TLS socket and limits
 * its handshake time.
 */
export function rejectHttps(accepted: AcceptedSocket, why: Rejection, secure: () => TLSSocket): void {
  if (!descriptors.takeLingering()) {
    accepted.reset();
    return;
  }
  const socket = secure();
  hold(socket);
  socket.once('secure', () => respond(socket, why));
}

/** Reads and drops the client's input until the socket, which has taken a descriptor to linger, closes. */
function hold(socket: Socket): void {
  socket.on('error', () => {});
  socket.once('close', () => descriptors.giveLingering());
  socket.resume();
}

function respond(socket: Socket, why: Rejection): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end(RESPONSES[why]);
}
