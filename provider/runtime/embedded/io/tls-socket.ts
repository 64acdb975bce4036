// A TLS socket of Node around an accepted socket of Node.
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { giveUpAfter } from './deadlines.ts';
import { contextByName, type TlsServer } from './tls-server.ts';

/**
 * Wraps an accepted socket in TLS. Nothing can be read before the handshake is done. The socket closes if the handshake
 * fails or takes too long.
 */
export function secureSocket(carrier: Socket, server: TlsServer): TLSSocket {
  const socket = new TLSSocket(carrier, {
    isServer: true,
    secureContext: server.find(undefined),
    ALPNProtocols: server.protocols,
  });
  chooseByName(socket, server);
  const onFailed = () => server.failed();
  const giveUp = () => socket.destroy();
  const cancel = giveUpAfter(server.handshakeMs, giveUp);
  socket.once('end', giveUp);
  socket.once('close', onFailed);
  socket.once('secure', () => {
    cancel();
    socket.off('end', giveUp);
    socket.off('close', onFailed);
  });
  socket.once('close', cancel);
  // Without a tls.Server, a TLS socket reports a broken TLS record only by `_tlsError`, and would otherwise stay open.
  socket.on('_tlsError', (error: NodeJS.ErrnoException) => {
    const response = server.clearResponse(error);
    if (response !== undefined && carrier.bytesWritten === 0) carrier.end(response);
    socket.destroy(error);
  });
  return socket;
}

function chooseByName(socket: TLSSocket, server: TlsServer): void {
  const { _handle: handle } = socket as TLSSocket & { _handle?: { getServername(): string | false } };
  if (handle === undefined) return;
  const get = () => contextByName(server, handle);
  Object.defineProperty(handle, 'sni_context', { get, set: () => {}, configurable: true });
}
