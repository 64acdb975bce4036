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
   * Returns the X-Forwarded lines of the client, or its connection if it is a trusted proxy. The trusted networks are
   * those of the listener at this moment: an open connection does not stay trusted after a change.
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
