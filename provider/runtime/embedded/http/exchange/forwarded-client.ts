// Decides for a client connection whether its sender is a trusted proxy, whose clients it tells apart, and makes its
// X-Forwarded lines if it is not.
import type { WorkerListener } from '../../serving/worker-listener.ts';
import { forwardedLines } from '../message/rewrite.ts';
import type { Scheme } from '../message/scheme.ts';
import type { TrustedConnection } from '../message/trusted-proxies.ts';

export class ForwardedClient {
  readonly #connection: Omit<TrustedConnection, 'proxies'>;
  #networks: readonly string[] | undefined;
  #told: string | TrustedConnection = '';
  /** The chain for which `#client` was found. */
  #chain = '';
  #client: string | undefined;

  constructor(remoteAddress: string, scheme: Scheme, localPort: number) {
    this.#connection = { remoteAddress, protocol: scheme.name, localPort };
  }

  /**
   * Returns the X-Forwarded lines of the client, or its connection if it is a trusted proxy. The trusted networks are
   * those of the listener at this moment: an open connection does not stay trusted after a change.
   */
  of(listener: WorkerListener): string | TrustedConnection {
    const { trustedProxies } = listener.settings;
    if (trustedProxies !== this.#networks) {
      const { remoteAddress, protocol, localPort } = this.#connection;
      const { proxies } = listener;
      const isTrusted = proxies.has(remoteAddress);
      this.#told = isTrusted ? { ...this.#connection, proxies } : forwardedLines(remoteAddress, protocol, localPort);
      this.#networks = trustedProxies;
      this.#chain = '';
      this.#client = undefined;
    }
    return this.#told;
  }

  /**
   * The client's address in the X-Forwarded-For chain of the last request. Returns `undefined` if no trusted proxy sent
   * one that names a client.
   */
  clientIn(chain: string): string | undefined {
    if (chain !== this.#chain) {
      this.#client = typeof this.#told === 'string' ? undefined : this.#told.proxies.clientIn(chain);
      this.#chain = chain;
    }
    return this.#client;
  }
}
