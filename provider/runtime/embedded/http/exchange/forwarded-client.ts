// The origin of a client connection's requests: the client that a trusted proxy names, or the connection's own peer with
// X-Forwarded lines for it.
import type { WorkerListener } from '../../serving/worker-listener.ts';
import { forwardedLines } from '../message/rewrite.ts';
import type { Scheme } from '../message/scheme.ts';
import type { TrustedConnection, TrustedProxies } from '../message/trusted-proxies.ts';

export class ForwardedClient implements TrustedConnection {
  readonly remoteAddress: string;
  readonly protocol: 'http' | 'https';
  readonly localPort: number;
  /** The trusted proxies of the listener for which `#lines` was found. */
  #proxies: TrustedProxies | undefined;
  /** The X-Forwarded lines of the client. `undefined` for a trusted proxy. */
  #lines: string | undefined = '';
  /** The chain for which `#client` was found. */
  #chain = '';
  #client: string | undefined;

  constructor(remoteAddress: string, scheme: Scheme, localPort: number) {
    this.remoteAddress = remoteAddress;
    this.protocol = scheme.name;
    this.localPort = localPort;
  }

  /**
   * Returns the X-Forwarded lines of the client, or its connection if it is a trusted proxy. The trusted networks are
   * those of the listener at this moment: an open connection does not stay trusted after a change.
   */
  of({ proxies }: WorkerListener): string | TrustedConnection {
    if (proxies !== this.#proxies) {
      const { remoteAddress, protocol, localPort } = this;
      this.#proxies = proxies;
      this.#lines = proxies.has(remoteAddress) ? undefined : forwardedLines(remoteAddress, protocol, localPort);
      this.#chain = '';
      this.#client = undefined;
    }
    return this.#lines ?? this;
  }

  /**
   * The client's address in an X-Forwarded-For chain of the last request. Returns `undefined` if no trusted proxy sent
   * it, or if it names no client. Requests of one client have the same chain, which is searched once.
   */
  clientIn(chain: string): string | undefined {
    if (chain !== this.#chain) {
      this.#client = this.#lines === undefined ? this.#proxies?.clientIn(chain) : undefined;
      this.#chain = chain;
    }
    return this.#client;
  }
}
