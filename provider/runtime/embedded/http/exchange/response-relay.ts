// The response side of an exchange: takes heads and body from the target and gives them to the client.
import { BodyReader } from '../message/body.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { Response } from '../message/response.ts';
import { ResponseReader } from '../message/response-reader.ts';
import type { ExchangeClient } from './exchange-client.ts';

/** The response side of one exchange; reused for the next exchange of the client connection. */
export class ResponseRelay {
  readonly #client: ExchangeClient;
  readonly #reader = new ResponseReader();
  readonly #body = new BodyReader();
  /** True if the target has sent no bytes after the end of the body. */
  #isExact = false;
  #isUpstreamClean = false;
  #isInterimWritten = true;
  #hasBegun = false;
  #isContinued = false;

  constructor(client: ExchangeClient) {
    this.#client = client;
  }

  /** The response of the final head, valid after `readHead` returned `true`. */
  get response(): Response {
    return this.#reader.response;
  }

  /** The bytes that the target sent after the response's head. */
  get rest(): Buffer {
    return this.#reader.bytes.subarray(this.#reader.bodyFrom);
  }

  /** True once the whole response body was received from the target. */
  get isDone(): boolean {
    return this.#body.isLast;
  }

  /**
   * True after the whole body if the next bytes on the target's connection will be the next response, as far as can be
   * known.
   */
  get isUpstreamClean(): boolean {
    return this.#isUpstreamClean;
  }

  /** True if the interim responses of the last `readHead` have left user space. */
  get isInterimWritten(): boolean {
    return this.#isInterimWritten;
  }

  /** True once any byte of the response came. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** True once the target has asked for the request's body with a 100. */
  get isContinued(): boolean {
    return this.#isContinued;
  }

  /** True if the response, or an interim one, had a challenge for a login on the target's connection. */
  get isChallenged(): boolean {
    return this.#reader.isChallenged;
  }

  /** Starts to read the response to a new request. */
  start(): void {
    this.#hasBegun = false;
    this.#isContinued = false;
    this.#reader.start();
  }

  /**
   * Reads heads; interim responses go to the client as they are found. Returns `true` if the final head is whole, so
   * that `respond` or `switchProtocol` may follow, `false` if more bytes must come, or why the head is malformed.
   */
  readHead(chunk: Buffer): boolean | LocalResponse {
    const reader = this.#reader;
    const { response } = reader;
    this.#isInterimWritten = true;
    this.#hasBegun = true;
    reader.push(chunk);
    for (;;) {
      const isWhole = reader.next(this.#client.request);
      if (isWhole !== true || response.isSwitch) return isWhole;
      if (!response.isInterim) break;
      if (response.status === 100) this.#isContinued = true;
      this.#isInterimWritten = this.#client.inform(response);
    }
    this.#body.start(response.framing, response.nominated, true);
    return this.#take(reader.bytes, reader.bodyFrom) ?? true;
  }

  /** Takes more of the body, which `write` must send in the same tick. Returns what is malformed, or `undefined`. */
  push(chunk: Buffer): LocalResponse | undefined {
    return this.#take(chunk, 0);
  }

  /**
   * Ends the response's body at the target's FIN. Returns `false` if the body is cut short; otherwise the caller must
   * call `write` to send the end of the body.
   */
  end(): boolean {
    this.#isExact = false;
    return this.#body.end();
  }

  /** Sends the head and the first part of the body to the client. */
  respond(cookieLine: string, isRequestDone: boolean): boolean {
    return this.#written(this.#client.respond(this.response, cookieLine, this.#body, isRequestDone));
  }

  /** Sends the body part that was taken last. Returns `false` if it is queued, so that the target must pause. */
  write(): boolean {
    return this.#written(this.#client.write(this.#body));
  }

  /**
   * False if the target may have left the request's body on its connection, where it would be the next request: one that
   * it does not expect with this method, or one for which it should have asked first.
   */
  get #isBodyRead(): boolean {
    const { hasStrayContent, isExpectant } = this.#client.request;
    return !hasStrayContent && (!isExpectant || this.#isContinued);
  }

  #take(bytes: Buffer, from: number): LocalResponse | undefined {
    this.#isExact = this.#body.push(bytes, from, bytes.length) === bytes.length;
    return this.#body.fault;
  }

  /**
   * A connection whose response is queued is not reused: reading from its target pauses for the slow client, so that
   * bytes after the end of the body would not be seen.
   */
  #written(isWritten: boolean): boolean {
    this.#isUpstreamClean = this.response.isKeepAlive && this.#isExact && isWritten && this.#isBodyRead;
    return isWritten;
  }
}
