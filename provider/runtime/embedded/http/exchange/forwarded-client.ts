// What backends are told of one client connection, by the networks that its listener trusts at each request.
import type { WorkerListener } from '../../serving/worker-listener.ts';
import { forwardedLines } from '../message/rewrite.ts';
import type { Scheme } from '../message/scheme.ts';
import type { TrustedConnection } from '../message/trusted-proxies.ts';

export class ForwardedClient {
  readonly #connection: TrustedConnection;
  #networks: readonly string[] | undefined;
  #told: string | TrustedConnection = '';

  constructor(remoteAddress: string, scheme: Scheme, localPort: number) {
    this.#connection = { remoteAddress, protocol: scheme.name, localPort };
  }

  /** An open connection keeps no trust that its listener, or the one that took it over, does not have. */
  of(listener: WorkerListener): string | TrustedConnection {
    const { trustedProxies } = listener.settings;
    if (trustedProxies !== this.#networks) {
      const { remoteAddress, protocol, localPort } = this.#connection;
      const isTrusted = listener.isTrusted(remoteAddress);
      this.#told = isTrusted ? this.#connection : forwardedLines(remoteAddress, protocol, localPort);
      this.#networks = trustedProxies;
    }
    return this.#told;
  }
}
