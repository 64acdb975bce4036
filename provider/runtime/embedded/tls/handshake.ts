// The TLS handshake of HTTPS, from the server's side: its protocols, its contexts, and its response to plain HTTP.
import { Buffer } from 'node:buffer';
import { localResponseText } from '../http/message/local-response.ts';
import type { TlsServer } from '../io/tls-server.ts';
import type { Contexts } from './contexts.ts';

const PROTOCOLS = Buffer.from('\x08http/1.1', 'latin1');

/** The response, before any TLS, to a client whose first bytes are no TLS. */
const PLAIN_HTTP = localResponseText(400, 'this is an HTTPS port, and the request came without TLS', false, false);

/**
 * Errors of OpenSSL for first bytes that are no TLS record, after which it sends no alert: for methods that it knows,
 * for CONNECT, and for any other bytes. A later record may have the third one too.
 */
const NO_TLS = new Set(['ERR_SSL_HTTP_REQUEST', 'ERR_SSL_HTTPS_PROXY_REQUEST', 'ERR_SSL_WRONG_VERSION_NUMBER']);

/** The server's side for one connection, whose client gets a 400 if it sends plain HTTP. */
export class HttpsServer implements TlsServer {
  readonly protocols = PROTOCOLS;
  readonly handshakeMs: number;
  readonly #contexts: Contexts;
  readonly #onFailed: () => void;

  /** `onFailed` is called if the connection ends before the handshake is done. */
  constructor(contexts: Contexts, handshakeMs: number, onFailed: () => void) {
    this.#contexts = contexts;
    this.handshakeMs = handshakeMs;
    this.#onFailed = onFailed;
  }

  find(serverName: string | undefined): ReturnType<Contexts['find']> {
    return this.#contexts.find(serverName);
  }

  clearResponse({ code = '' }: NodeJS.ErrnoException): string | undefined {
    return NO_TLS.has(code) ? PLAIN_HTTP : undefined;
  }

  failed(): void {
    this.#onFailed();
  }
}
