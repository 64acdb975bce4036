// The HTTP/1 client of an exchange: text becomes requests, and responses become text.
import { proxyHeader } from '../../../contract/proxy-protocol.ts';
import type { ConnectionRecord } from '../../access-log/connection-record.ts';
import { requestLineOf } from '../../access-log/request-line.ts';
import type { Connection } from '../../io/connection.ts';
import type { ClientLimits } from '../../serving/client-limits.ts';
import type { TargetSet } from '../../serving/target-set.ts';
import type { TcpListeningSocket } from '../../serving/tcp-listening-socket.ts';
import type { ListenerColumn } from '../../shared/listener-counters.ts';
import type { ListenerSettings } from '../../shared/messages.ts';
import { type RuleResponse, ruleResponseText } from '../actions/rule-response.ts';
import type { BodyPart } from '../message/body.ts';
import { framePart } from '../message/body-framing.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { localResponseText } from '../message/local-response.ts';
import { Request, readRequest } from '../message/request.ts';
import type { Response } from '../message/response.ts';
import { isChunkedFor, responseLines } from '../message/response-text.ts';
import type { Scheme } from '../message/scheme.ts';
import { keepOutput, writeJoined } from '../message/scratch.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ForwardedClient } from './forwarded-client.ts';

/** The client connection on whose behalf an HTTP/1 client speaks: what outlasts an exchange, and the calls to it. */
export interface Http1Connection {
  readonly connection: Connection;
  readonly listeningSocket: TcpListeningSocket;
  readonly scheme: Scheme;
  readonly forwarded: ForwardedClient;
  readonly record: ConnectionRecord | undefined;
  /** Returns `false` if the connection must close after this exchange, whatever the request says. */
  mayKeepAlive(): boolean;
  /**
   * The exchange has ended. `isKept` is true if the response's head promised the client to keep the connection open.
   */
  exchangeEnded(isKept: boolean): void;
  /** The client may send more of the request's body. */
  resumeRequest(): void;
  /** The connection changes to another protocol. `bytes` are the target's first bytes of it. */
  tunnel(upstream: Upstream, bytes: Buffer): void;
}

/** It serves one client connection after another, each for an exchange: see `ExchangeParts`. */
export class Http1Client implements ExchangeClient {
  readonly request = new Request();
  #owner: Http1Connection | undefined;
  /** True if the client gets the response's body as chunks. */
  #isChunked = false;
  /** True if only the end of the connection tells the client where the response's body ends. */
  #isClosedByEnd = false;
  #isKept = false;

  /** Speaks for the client connection from now on, or for none. */
  set owner(owner: Http1Connection | undefined) {
    this.#owner = owner;
  }

  get connection(): Connection {
    return this.#present.connection;
  }

  get record(): ConnectionRecord | undefined {
    return this.#present.record;
  }

  get remoteAddress(): string {
    return this.forwardedClient ?? this.connection.remoteAddress;
  }

  get forwardedClient(): string | undefined {
    const { forwardedFor } = this.request;
    return forwardedFor === '' ? undefined : this.#present.forwarded.clientIn(forwardedFor);
  }

  get isSecure(): boolean {
    return this.#present.scheme.protocol === 'HTTPS';
  }

  get counters(): ListenerColumn {
    return this.#present.listeningSocket.listener.counters;
  }

  get clientLimits(): ClientLimits {
    return this.#present.listeningSocket.listener.clientLimits;
  }

  get settings(): ListenerSettings {
    return this.#present.listeningSocket.listener.settings;
  }

  get proxyHeader(): Buffer | undefined {
    const { proxyProtocol } = this.settings;
    return proxyProtocol && proxyHeader(proxyProtocol, this.connection.remote, this.connection.local);
  }

  targetsFor({ host, target }: Request): TargetSet {
    return this.#present.listeningSocket.listener.targetsFor(host, target);
  }

  /** Reads the head at bytes[from..end) as the next request. Returns a local response if it is not accepted. */
  readHead(bytes: Buffer, from: number, end: number): LocalResponse | undefined {
    const { address, port } = this.settings;
    const defaultHost = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    const forwarded = this.#present.forwarded.of(this.#present.listeningSocket.listener);
    return readRequest(bytes, from, end, forwarded, defaultHost, this.request, this.#present.scheme);
  }

  /** Sends a local response to the head at bytes[from], which was not accepted or is incomplete. */
  respondToHead({ status, reason }: LocalResponse, bytes: Buffer, from: number): void {
    this.counters.localResponded(status);
    this.connection.write(localResponseText(status, reason, false, false));
    this.record?.end({
      ...requestLineOf(bytes, from),
      rule: undefined,
      status,
      target: undefined,
      durationMs: undefined,
      retries: 0,
      error: reason,
    });
  }

  /** Sends an interim response, but not to HTTP/1.0 clients (RFC 9110 15.2). */
  inform(response: Response): boolean {
    return this.request.minor === 0 || this.connection.write(`${responseLines(response, false)}\r\n`);
  }

  /** Sends head and first body part in one write: one system call, and one packet. */
  respond(response: Response, cookieLine: string, part: BodyPart, isRequestDone: boolean): boolean {
    const { isKeepAlive, minor } = this.request;
    const isChunked = isChunkedFor(minor, response);
    this.#isChunked = isChunked;
    this.#isClosedByEnd = response.hasUnknownLength && !isChunked;
    this.#isKept = isKeepAlive && !this.#isClosedByEnd && isRequestDone && this.#present.mayKeepAlive();
    let head = responseLines(response, isChunked) + cookieLine;
    if (!this.#isKept) head += 'Connection: close\r\n';
    else if (minor === 0) head += 'Connection: keep-alive\r\n';
    head += '\r\n';
    const { output, from, to } = framePart(part, isChunked);
    return writeJoined(head, output, from, to, this.connection);
  }

  write(part: BodyPart): boolean {
    const { output, from, to } = framePart(part, this.#isChunked);
    if (to === from) return true;
    const isWritten = this.connection.write(output.subarray(from, to));
    if (!isWritten) keepOutput(output);
    return isWritten;
  }

  respondLocally(status: number, reason: string, isKept: boolean): boolean {
    this.#keepIf(isKept);
    return this.connection.write(localResponseText(status, reason, this.#isKept, this.request.isHead));
  }

  respondByRule(response: RuleResponse, isKept: boolean): boolean {
    this.#keepIf(isKept);
    const connection = this.#isKept ? '' : 'Connection: close\r\n';
    return this.connection.write(ruleResponseText(response, connection, this.request.isHead));
  }

  /** Aborts the response. A reset is necessary if a normal end of the connection would mean the end of the body. */
  reset(): void {
    if (this.#isClosedByEnd) this.connection.reset();
    else this.connection.destroy();
  }

  exchangeEnded(): void {
    this.#present.exchangeEnded(this.#isKept);
  }

  resumeRequest(): void {
    this.#present.resumeRequest();
  }

  switchProtocol(response: Response, cookieLine: string, upstream: Upstream, bytes: Buffer): void {
    this.connection.write(`${responseLines(response, false)}${cookieLine}\r\n`);
    this.#present.tunnel(upstream, bytes);
  }

  /** Decides whether the connection is kept after a response of this runtime, whose length is known. */
  #keepIf(isKept: boolean): void {
    const { isKeepAlive, minor } = this.request;
    this.#isClosedByEnd = false;
    this.#isKept = isKept && isKeepAlive && minor === 1 && this.#present.mayKeepAlive();
  }

  get #present(): Http1Connection {
    return this.#owner as Http1Connection;
  }
}
