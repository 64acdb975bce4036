// The interface of an exchange's client, whatever protocol the client's connection speaks.
import type { ConnectionRecord } from '../../access-log/connection-record.ts';
import type { Connection } from '../../io/connection.ts';
import type { ClientLimits } from '../../serving/client-limits.ts';
import type { TargetSet } from '../../serving/target-set.ts';
import type { ListenerColumn } from '../../shared/listener-counters.ts';
import type { ListenerSettings } from '../../shared/messages.ts';
import type { RuleResponse } from '../actions/rule-response.ts';
import type { BodyPart } from '../message/body.ts';
import type { Request } from '../message/request.ts';
import type { Response } from '../message/response.ts';
import type { Upstream } from '../upstream/upstream.ts';

/**
 * The client of an exchange. Methods that write return `true` if the data was handed to the kernel, and `false` if it
 * is queued. After `false`, the memory of the data belongs to the client until the client calls the exchange's
 * `clientWritable`.
 */
export interface ExchangeClient {
  /** The request, which the client fills before an exchange begins. */
  readonly request: Request;
  /** The client's address by which targets are picked: the one that a trusted proxy named, or the connection's. */
  readonly remoteAddress: string;
  /** The client's address if a trusted proxy named it, otherwise `undefined`. */
  readonly forwardedClient: string | undefined;
  /** True if the request came over TLS. */
  readonly isSecure: boolean;
  /** The connection of the client, if no other exchange uses it at the same time. */
  readonly connection?: Connection;
  /** The connection's access log entries. `undefined` if there is no access log. */
  readonly record: ConnectionRecord | undefined;
  // Counters and settings belong to the present listener, which a swap may change; the same holds for the members
  // below.
  readonly counters: ListenerColumn;
  readonly settings: ListenerSettings;
  readonly clientLimits: ClientLimits;
  /** The PROXY header with this client's address. `undefined` without the PROXY protocol. */
  readonly proxyHeader: Buffer | undefined;
  /** Returns the targets for a request, found by the listener's rules. */
  targetsFor(request: Request): TargetSet;
  /** Sends an interim response (1xx) to the client. */
  inform(response: Response): boolean;
  /**
   * Sends the head of the target's final response and the first part of its body. `cookieLine` is an additional field
   * line, or ''. `isRequestDone` is true if the whole request came: later bytes could not be told from the next
   * request.
   */
  respond(response: Response, cookieLine: string, part: BodyPart, isRequestDone: boolean): boolean;
  /** Sends another part of the response's body. The last part ends the response. */
  write(part: BodyPart): boolean;
  /** Sends a whole local response. `isKept` is true if the next request can be told from this one. */
  respondLocally(status: number, reason: string, isKept: boolean): boolean;
  /** Sends the whole response of a rule itself. `isKept` is that of `respondLocally`. */
  respondByRule(response: RuleResponse, isKept: boolean): boolean;
  /** Aborts a response of which the client has a part, so that the client notices. */
  reset(): void;
  /** The whole response was written. Not called if the client is gone. */
  exchangeEnded(): void;
  /** The request's body may continue after the exchange was `isRequestBlocked`. */
  resumeRequest(): void;
  /** Sends the head of a 101. `bytes` are the target's first bytes of the new protocol. */
  switchProtocol(response: Response, cookieLine: string, upstream: Upstream, bytes: Buffer): void;
}
