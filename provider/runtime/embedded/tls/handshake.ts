// The TLS handshake of an accepted socket, from the server's side.
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { localResponseText } from '../http/message/local-response.ts';
import { giveUpAfter } from '../io/deadlines.ts';
import type { Contexts } from './contexts.ts';

/**
 * ALPN protocols that the server offers. RFC 7301 3.2: a client that supports none of them is refused with an alert.
 */
const PROTOCOLS = ['http/1.1'];

/** The response, before any TLS, to a client whose first bytes are no TLS. */
const PLAIN_HTTP = localResponseText(400, 'this is an HTTPS port, and the request came without TLS', false, false);

/**
 * Errors of OpenSSL for first bytes that are no TLS record, after which it sends no alert: for methods that it knows,
 * for CONNECT, and for any other bytes. A later record may have the third one too.
 */
const NO_TLS = new Set(['ERR_SSL_HTTP_REQUEST', 'ERR_SSL_HTTPS_PROXY_REQUEST', 'ERR_SSL_WRONG_VERSION_NUMBER']);

/**
 * Wraps an accepted socket in TLS. Nothing can be read before the handshake is done. The socket closes if the handshake
 * fails or takes longer than `timeoutMs`; a client that sends plain HTTP gets a 400 before. `onFailed` is called if the
 * connection ends before the handshake is done.
 */
export function secure(carrier: Socket, contexts: Contexts, timeoutMs: number, onFailed: () => void): TLSSocket {
  const socket = new TLSSocket(carrier, {
    isServer: true,
    secureContext: contexts.find(undefined),
    ALPNProtocols: PROTOCOLS,
  });
  chooseByName(socket, contexts);
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
  socket.on('_tlsError', (error: NodeJS.ErrnoException) => {
    if (NO_TLS.has(error.code ?? '') && carrier.bytesWritten === 0) carrier.end(PLAIN_HTTP);
    socket.destroy(error);
  });
  return socket;
}

/**
 * Lets OpenSSL take the context for the client's server name. Node's SNICallback would take only one certificate of a
 * context, whatever kind of key the client can take; the property that OpenSSL's own callback reads takes all of them.
 */
function chooseByName(socket: TLSSocket, contexts: Contexts): void {
  const { _handle: handle } = socket as TLSSocket & { _handle?: { getServername(): string | false } };
  if (handle === undefined) return;
  // The getter is called by native code, so that it must not throw.
  const get = () => {
    try {
      return (contexts.find(handle.getServername() || undefined) as { context?: unknown }).context;
    } catch {
      return undefined;
    }
  };
  Object.defineProperty(handle, 'sni_context', { get, set: () => {}, configurable: true });
}
