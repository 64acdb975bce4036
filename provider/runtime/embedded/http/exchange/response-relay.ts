// The response's side of an exchange: takes its heads and body from the target, and gives them to the client.
import { BodyReader } from '../message/body.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { Response } from '../message/response.ts';
import { ResponseReader } from '../message/response-reader.ts';
import type { ExchangeClient } from './exchange-client.ts';

/** One a connection, reused. */
export class ResponseRelay {
  readonly #client: ExchangeClient;
  readonly #reader = new ResponseReader();
  readonly #body = new BodyReader();
  /** The target has sent nothing behind what the body took. */
  #isExact = false;
  #isUpstreamClean = false;
  #isInterimWritten = true;

  constructor(client: ExchangeClient) {
    this.#client = client;
  }

  /** Of the final head, once readHead() has returned true. */
  get response(): Response {
    return this.#reader.response;
  }

  /** What came behind the head. */
  get rest(): Buffer {
    return this.#reader.bytes.subarray(this.#reader.bodyFrom);
  }

  /** The body came, whole. */
  get isDone(): boolean {
    return this.#body.isLast;
  }

  /** Once it is done: the next bytes on the target's connection are those of the next response. */
  get isUpstreamClean(): boolean {
    return this.#isUpstreamClean;
  }

  /** The interim responses of the last readHead() are with the client. */
  get isInterimWritten(): boolean {
    return this.#isInterimWritten;
  }

  /** A new request's response. */
  start(): void {
    this.#reader.start();
  }

  /**
   * Returns true if the final head is whole, for respond() or switchProtocol(), false if more must come, or why it is
   * malformed. Interim responses go to the client as they are found.
   */
  readHead(chunk: Buffer): boolean | LocalResponse {
    const reader = this.#reader;
    const { response } = reader;
    this.#isInterimWritten = true;
    reader.push(chunk);
    for (;;) {
      const isWhole = reader.next(this.#client.request);
      if (isWhole !== true || response.isSwitch) return isWhole;
      if (!response.isInterim) break;
      this.#isInterimWritten = this.#client.inform(response);
    }
    this.#body.start(response.framing);
    return this.#take(reader.bytes, reader.bodyFrom) ?? true;
  }

  /** Takes more of the body, for write() in the same tick; returns what is wrong with it. */
  push(chunk: Buffer): LocalResponse | undefined {
    return this.#take(chunk, 0);
  }

  /** The target's FIN. False: the body is cut short. True: it ends here, and write() must follow. */
  end(): boolean {
    this.#isExact = false;
    return this.#body.end();
  }

  /** The head and what came of the body with it. */
  respond(cookieLine: string, isRequestDone: boolean): boolean {
    return this.#written(this.#client.respond(this.response, cookieLine, this.#body, isRequestDone));
  }

  /** What came. False: it waits, and the target's sending is to stop. */
  write(): boolean {
    return this.#written(this.#client.write(this.#body));
  }

  #take(bytes: Buffer, from: number): LocalResponse | undefined {
    this.#isExact = this.#body.push(bytes, from, bytes.length) === bytes.length;
    return this.#body.fault;
  }

  /** Where the client is behind, the target's sending is stopped, and what it has sent behind the end is not seen. */
  #written(isWritten: boolean): boolean {
    this.#isUpstreamClean = this.response.isKeepAlive && this.#isExact && isWritten;
    return isWritten;
  }
}
