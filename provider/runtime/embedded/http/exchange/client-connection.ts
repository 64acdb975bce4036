// An HTTP client connection: it reads one head after another and passes each request to the exchange in order.
import { type ConnectionRecord, recordOf } from '../../access-log/connection-record.ts';
import type { Connection, ConnectionHandler } from '../../io/connection.ts';
import { type Timed, unwatch, watch } from '../../io/deadlines.ts';
import type { ClientConnection, TcpListeningSocket } from '../../serving/tcp-listening-socket.ts';
import type { ListenerSettings } from '../../shared/messages.ts';
import { findHeadEnd, INCOMPLETE, skipEmptyLines } from '../message/head-parser.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { Scheme } from '../message/scheme.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { ConnectionDeadline } from './connection-deadline.ts';
import { ExchangeParts } from './exchange-parts.ts';
import { ForwardedClient } from './forwarded-client.ts';
import type { Http1Connection } from './http1-client.ts';
import { Tunnel } from './tunnel.ts';

/** Limit for pipelined bytes that are buffered behind the current request. Above it, reading stops. */
const MAX_HELD_BYTES = 32 * 1024;
/** State of a client connection between requests, and in the middle of a head. */
const HEAD = 0;
/** State of a client connection during an exchange. */
const EXCHANGE = 1;
/** State of a client connection after the worker's FIN. */
const LINGER = 2;
/** State of a client connection that was closed or passed to a tunnel. */
const GONE = 3;

export class HttpClientConnection implements ConnectionHandler, ClientConnection, Http1Connection, Timed {
  readonly connection: Connection;
  readonly listeningSocket: TcpListeningSocket;
  readonly scheme: Scheme;
  readonly forwarded: ForwardedClient;
  readonly record: ConnectionRecord | undefined;
  /** The parts that serve the present exchange. They stay only with idle connections that no other client may use. */
  #parts: ExchangeParts | undefined;
  #state = HEAD;
  /** The client's bytes that no head or body has taken yet, in memory of their own. */
  #held: Buffer | undefined;
  /** How many bytes of `#held` were searched for the end of a head. */
  #searchedTo = 0;
  #isReadingHeads = false;
  #hasAsked = false;
  /** True while reading from the client is paused, because onData() returned `false`. */
  #isPaused = false;
  /** True after the client has sent its FIN. */
  #isEnded = false;
  #isDraining = false;
  readonly #deadline = new ConnectionDeadline();

  /** `open` makes the client's connection, which reports its events to the given handler. */
  constructor(listeningSocket: TcpListeningSocket, scheme: Scheme, open: (handler: ConnectionHandler) => Connection) {
    this.listeningSocket = listeningSocket;
    this.scheme = scheme;
    this.connection = open(this);
    this.forwarded = new ForwardedClient(this.connection.remoteAddress, scheme, listeningSocket.endpoint.port);
    this.record = recordOf(listeningSocket, this.connection);
    this.#awaitHead();
    listeningSocket.track(this);
    watch(this);
  }

  mayKeepAlive(): boolean {
    return !this.#isDraining && !this.#isToClose();
  }

  /** Closes the connection. A client that has just connected is not idle: its request is about to come. */
  close(): void {
    this.#isDraining = true;
    if (this.#state !== HEAD) return;
    if (this.#hasAsked && this.#held === undefined) this.#finish();
    else this.#deadline.draining();
  }

  onData(chunk: Buffer): boolean {
    if (this.#state === HEAD) this.#readHeads(this.#withHeld(chunk), this.#held !== undefined);
    else if (this.#state === EXCHANGE) this.#exchangeData(chunk);
    this.#isPaused = !this.#canRead();
    return !this.#isPaused;
  }

  onEnd(): void {
    this.#isEnded = true;
    if (this.#state === HEAD) this.#finish();
    else if (this.#state === EXCHANGE) this.#exchangeInputEnded();
  }

  onWritable(): void {
    if (this.#state === EXCHANGE) this.#taken.exchange.clientWritable();
  }

  onClose(): void {
    this.#endExchange();
    this.#state = GONE;
    this.#held = undefined;
    unwatch(this);
    this.listeningSocket.untrack(this);
  }

  checkDeadline(now: number): void {
    if (this.#state === EXCHANGE) {
      this.#taken.exchange.checkDeadline(now);
      return;
    }
    if (this.#state === HEAD && this.#isToClose()) this.#deadline.closing(now);
    if (!this.#deadline.isOver(now)) return;
    if (this.#state === LINGER) this.#deadline.lingered(this.connection);
    else if (this.#held === undefined) this.#finish();
    // RFC 9110 15.5.9: 408 for a request that did not arrive in time.
    else this.#respondLocally({ status: 408, reason: 'the request head did not arrive in time' }, this.#held, 0);
  }

  exchangeEnded(isKept: boolean): void {
    if (!isKept || this.#isDraining || !this.#isHttp()) {
      this.#finish();
      return;
    }
    this.#awaitHead();
    if (this.#parts?.exchange.hasOwnUpstreams === false) this.#giveParts();
    // If the exchange ended in the tick in which it began, the loop of readHeads() still runs and reads the next head.
    if (this.#isReadingHeads) return;
    const held = this.#held;
    if (held !== undefined) this.#readHeads(held, true);
    if (this.#isEnded && this.#state === HEAD) this.#finish();
    else this.resumeRequest();
  }

  resumeRequest(): void {
    if (!this.#isPaused || !this.#canRead()) return;
    this.#isPaused = false;
    this.connection.resume();
  }

  tunnel(upstream: Upstream, bytes: Buffer): void {
    this.#state = GONE;
    unwatch(this);
    new Tunnel(this.connection, upstream, bytes, this.#held, this.#settings, () => this.onClose());
    // The last part of the request's body may still be queued in the memory into which the next bytes would be read.
    if (!this.#taken.exchange.isRequestBlocked) this.connection.resume();
    if (this.#isEnded) upstream.socket.end();
  }

  /**
   * Begins the requests whose heads are in `bytes`, one after another as long as each exchange ends at once. The bytes
   * that are left are held.
   */
  #readHeads(bytes: Buffer, isOwn: boolean): void {
    this.#held = undefined;
    this.#isReadingHeads = true;
    let at = 0;
    while (this.#state === HEAD && at < bytes.length) {
      at = skipEmptyLines(bytes, at, bytes.length);
      const end = findHeadEnd(bytes, at, this.#searchedTo);
      if (end === INCOMPLETE) {
        this.#searchedTo = bytes.length - at;
        if (this.#searchedTo > 0) this.#deadline.headBegun(this.#settings.idleTimeoutMs);
        break;
      }
      this.#searchedTo = 0;
      if (typeof end !== 'number') this.#respondLocally(end, bytes, at);
      else at = this.#beginExchange(bytes, at, end);
    }
    this.#isReadingHeads = false;
    if (this.#state === HEAD || this.#state === EXCHANGE) this.#hold(bytes, at, isOwn);
    if (this.#isEnded && this.#state === EXCHANGE) this.#exchangeInputEnded();
  }

  #beginExchange(bytes: Buffer, from: number, end: number): number {
    const fault = this.#taken.client.readHead(bytes, from, end);
    if (fault !== undefined) {
      this.#respondLocally(fault, bytes, from);
      return bytes.length;
    }
    if (!this.#isHttp()) {
      this.#finish();
      return bytes.length;
    }
    this.#state = EXCHANGE;
    this.#hasAsked = true;
    const body = this.#taken.body;
    const { framing, nominated } = this.#taken.client.request;
    body.start(framing, nominated);
    const at = body.push(bytes, end, bytes.length);
    this.#taken.exchange.begin(body);
    return at;
  }

  #exchangeData(chunk: Buffer): void {
    const body = this.#taken.body;
    let at = 0;
    if (!body.isLast) {
      at = body.push(chunk, 0, chunk.length);
      this.#taken.exchange.requestData(body);
    }
    if (this.#state !== EXCHANGE) return;
    if (this.#held === undefined) this.#hold(chunk, at, false);
    else this.#hold(this.#withHeld(chunk), 0, true);
  }

  /**
   * Handles the client's FIN during an exchange. A FIN before the end of the request closes the connection. If a
   * further request came before the FIN, the FIN is handled after it.
   */
  #exchangeInputEnded(): void {
    if (!this.#taken.body.isLast) this.connection.destroy();
    else if (this.#held === undefined) this.#taken.exchange.clientEnded();
  }

  #hold(bytes: Buffer, from: number, isOwn: boolean): void {
    if (from === bytes.length) return;
    this.#held = isOwn ? bytes.subarray(from) : Buffer.from(bytes.subarray(from));
  }

  #withHeld(chunk: Buffer): Buffer {
    return this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
  }

  #canRead(): boolean {
    if (this.#state !== EXCHANGE) return true;
    return !this.#taken.exchange.isRequestBlocked && (this.#held?.length ?? 0) < MAX_HELD_BYTES;
  }

  /** The parts that serve the present exchange, taken if one begins. */
  get #taken(): ExchangeParts {
    this.#parts ??= ExchangeParts.take(this);
    return this.#parts;
  }

  get #settings(): ListenerSettings {
    return this.listeningSocket.listener.settings;
  }

  #endExchange(): void {
    this.#parts?.exchange.destroy();
    this.#giveParts();
  }

  #giveParts(): void {
    this.#parts?.give();
    this.#parts = undefined;
  }

  #awaitHead(): void {
    this.#state = HEAD;
    this.#deadline.awaitHead(this.#settings.idleTimeoutMs);
  }

  /** Returns `true` if the listener still speaks HTTP or HTTPS, so that a request can be responded to. */
  #isHttp(): boolean {
    const { protocol } = this.#settings;
    return protocol === 'HTTP' || protocol === 'HTTPS';
  }

  /** Returns `true` if clients must connect again, because the socket closes or the listener's protocol has changed. */
  #isToClose(): boolean {
    return this.listeningSocket.isClosing || this.#settings.protocol !== this.scheme.protocol;
  }

  /** Sends a local response to the head at bytes[from], which may be incomplete, and closes the client connection. */
  #respondLocally(localResponse: LocalResponse, bytes: Buffer, from: number): void {
    this.#taken.client.respondToHead(localResponse, bytes, from);
    this.#finish();
  }

  /** Sends a FIN after the queued bytes; the client's further input is read and dropped for a while. */
  #finish(): void {
    this.#state = LINGER;
    this.#endExchange();
    this.#held = undefined;
    this.#deadline.linger();
    this.connection.end();
    if (this.#isPaused) this.connection.resume();
    this.#isPaused = false;
  }
}
