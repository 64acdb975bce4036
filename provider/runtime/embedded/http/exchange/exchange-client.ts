// What an exchange needs of its client, whatever the client's connection speaks.
import type { ConnectionRecord } from '../../access-log/connection-record.ts';
import type { TargetSet } from '../../serving/target-set.ts';
import type { ListenerColumn } from '../../shared/listener-counters.ts';
import type { ListenerSettings } from '../../shared/messages.ts';
import type { BodyPart } from '../message/body.ts';
import type { Request } from '../message/request.ts';
import type { Response } from '../message/response.ts';
import type { Upstream } from '../upstream/upstream.ts';

/**
 * What writes something returns true if it was handed to the kernel, and false if it is queued: `clientWritable` of the
 * exchange follows, and until then the memory of what was written belongs to the client.
 */
export interface ExchangeClient {
  /** Filled by the client before an exchange begins. */
  readonly request: Request;
  readonly remoteAddress: string;
  /** It came over TLS. */
  readonly isSecure: boolean;
  /** Undefined: there is no access log. */
  readonly record: ConnectionRecord | undefined;
  // Of the listener as it is now, as all that follows: a swap may have changed it.
  readonly counters: ListenerColumn;
  readonly settings: ListenerSettings;
  /** What connections to targets begin with where each is of one client, under the PROXY protocol. */
  readonly proxyHeader: Buffer | undefined;
  /** By the listener's rules. */
  targetsFor(request: Request): TargetSet;
  /** An interim response. */
  inform(response: Response): boolean;
  /**
   * The head of the target's final response with what came of its body. `cookieLine`: a field line of our own, or ''.
   * `isRequestDone`: the request came, whole; what follows of it could not be told from the next one.
   */
  respond(response: Response, cookieLine: string, part: BodyPart, isRequestDone: boolean): boolean;
  /** More of the body; its last part ends the response. */
  write(part: BodyPart): boolean;
  /** A whole response in the target's place. `isKept`: the next request could be told from this one. */
  respondLocally(status: number, reason: string, isKept: boolean): boolean;
  /** The client has part of the response, and must see that the rest does not come. */
  reset(): void;
  /** The response was written, whole. Not called if the client is gone. */
  exchangeEnded(): void;
  /** The request's body may go on after the exchange was `isRequestBlocked`. */
  resumeRequest(): void;
  /** The head of a 101; from then on the connection speaks another protocol. `bytes` is what the target has sent of it. */
  switchProtocol(response: Response, cookieLine: string, upstream: Upstream, bytes: Buffer): void;
}
