// The TLS server's side of an accepted socket: handshake, and from then on the bytes inside.
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Contexts } from './contexts.ts';

/** RFC 7301 3.2: a client that offers only others is refused with an alert. */
const PROTOCOLS = ['http/1.1'];

/**
 * Nothing can be read before the handshake is done; one that fails, or is not done within `timeoutMs`, closes the socket.
 * `onFailed` is called where that, or the client, ends it before.
 */
export function secure(carrier: Socket, contexts: Contexts, timeoutMs: number, onFailed: () => void): TLSSocket {
  const socket = new TLSSocket(carrier, {
    isServer: true,
    secureContext: contexts.find(undefined),
    ALPNProtocols: PROTOCOLS,
    SNICallback: (serverName, done) => done(null, contexts.find(serverName)),
  });
  const giveUp = () => socket.destroy();
  const timer = setTimeout(giveUp, timeoutMs);
  socket.once('end', giveUp);
  socket.once('close', onFailed);
  socket.once('secure', () => {
    clearTimeout(timer);
    socket.off('end', giveUp);
    socket.off('close', onFailed);
  });
  socket.once('close', () => clearTimeout(timer));
  // Without a tls.Server of its own a socket tells of a broken record in this way only, and would stay open.
  socket.on('_tlsError', (error: Error) => socket.destroy(error));
  return socket;
}
