// What an exchange needs of the connection that its request came on: the seam between exchange.ts and client-connection.ts.

import type { ConnectionRecord } from '../../access-log/connection-record.ts';
import type { Connection } from '../../io/connection.ts';
import type { TargetSet } from '../../serving/target-set.ts';
import type { ListenerColumn } from '../../shared/listener-counters.ts';
import type { ListenerSettings } from '../../shared/messages.ts';
import type { Request } from '../message/request.ts';
import type { Upstream } from '../upstream/upstream.ts';

export interface ExchangeClient {
  readonly socket: Connection;
  // Of the listener as it is now, as all that follows: a swap may have changed it.
  readonly counters: ListenerColumn;
  /** It came over TLS. */
  readonly isSecure: boolean;
  /** Undefined: there is no access log. */
  readonly record: ConnectionRecord | undefined;
  readonly settings: ListenerSettings;
  /** What connections to targets begin with where each is of one client, under the PROXY protocol. */
  readonly proxyHeader: Buffer | undefined;
  /** By the listener's rules. */
  targetsFor(request: Request): TargetSet;
  /** False: the connection closes after this exchange, whatever the request says. */
  mayKeepAlive(): boolean;
  /** The answer was written, whole. Not called where the client is gone. */
  exchangeEnded(isKept: boolean): void;
  /** The request's body may go on after the exchange was `isRequestBlocked`. */
  resumeRequest(): void;
  /** The connection speaks another protocol from now on; `bytes` is what the target has sent of it. */
  switchProtocol(upstream: Upstream, bytes: Buffer): void;
}
