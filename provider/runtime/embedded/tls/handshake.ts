// The TLS handshake of an accepted socket, from the server's side.
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { giveUpAfter } from '../io/deadlines.ts';
import type { Contexts } from './contexts.ts';

/**
 * ALPN protocols that the server offers. RFC 7301 3.2: a client that supports none of them is refused with an alert.
 */
const PROTOCOLS = ['http/1.1'];

/**
 * Wraps an accepted socket in TLS. Nothing can be read before the handshake is done. The socket closes if the handshake
 * fails or takes longer than `timeoutMs`. `onFailed` is called if the connection ends before the handshake is done.
 */
export function secure(carrier: Socket, contexts: Contexts, timeoutMs: number, onFailed: () => void): TLSSocket {
  const socket = new TLSSocket(carrier, {
    isServer: true,
    secureContext: contexts.find(undefined),
    ALPNProtocols: PROTOCOLS,
    SNICallback: (serverName, done) => done(null, contexts.find(serverName)),
  });
  const giveUp = () => socket.destroy();
  const cancel = giveUpAfter(timeoutMs, giveUp);
  socket.once('end', giveUp);
  socket.once('close', onFailed);
  socket.once('secure', () => {
    cancel();
    socket.off('end', giveUp);
    socket.off('close', onFailed);
  });
  socket.once('close', cancel);
  // Without a tls.Server, a TLS socket reports a broken TLS record only by `_tlsError`, and would otherwise stay open.
  socket.on('_tlsError', (error: Error) => socket.destroy(error));
  return socket;
}
