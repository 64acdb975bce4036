// Decides for a client connection whether its sender is a trusted proxy, and makes its X-Forwarded lines if it is not.
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

  /**
   * Returns the lines to send, or the connection of a trusted proxy. It follows the listener's present trusted
   * networks: an open connection keeps no earlier trust.
   */
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
