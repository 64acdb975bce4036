// What a server of TLS decides about one connection, whatever kind of socket carries it.
import type { Buffer } from 'node:buffer';
import type { SecureContext } from 'node:tls';

export interface TlsServer {
  /**
   * The protocols of ALPN, each after a byte with its length. RFC 7301 3.2: a client that supports none of them is
   * refused with an alert.
   */
  readonly protocols: Buffer;
  /** Time for the handshake. A connection that takes longer is closed. */
  readonly handshakeMs: number;
  /** Returns the context for the client's server name, which is `undefined` if it sends none. */
  find(serverName: string | undefined): SecureContext;
  /** Returns the bytes, sent without TLS, for a client whose first bytes caused `error`; `undefined` for none. */
  clearResponse(error: NodeJS.ErrnoException): string | undefined;
  /** Called if the connection ends before the handshake is done. */
  failed(): void;
}

/**
 * The OpenSSL context for the server name of a handshake, for the callback of native code that reads the property
 * `sni_context`. Node's SNICallback would take only one certificate of a context, whatever kind of key the client can
 * take; that property takes all of them. Returns `undefined` instead of throwing.
 */
export function contextByName(server: TlsServer, handle: { getServername(): string | false }): object | undefined {
  try {
    return nativeContext(server.find(handle.getServername() || undefined));
  } catch {
    return undefined;
  }
}

/** The native object of a context. */
export function nativeContext(context: SecureContext): object {
  return (context as { context: object }).context;
}
