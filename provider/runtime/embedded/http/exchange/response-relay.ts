// The answer's side of an exchange: takes its heads and body from the target, and writes them to the client.

import { Body } from '../message/body.ts';
import { ownAnswer } from '../message/local-response.ts';
import type { Refusal } from '../message/refusal.ts';
import type { Request } from '../message/request.ts';
import type { Answer } from '../message/response.ts';
import { AnswerReader } from '../message/response-reader.ts';
import type { ExchangeClient } from './exchange-client.ts';

/** One a connection, reused. */
export class AnswerRelay {
  readonly #client: ExchangeClient;
  readonly #request: Request;
  readonly #reader = new AnswerReader();
  readonly #body = new Body();
  /** The target has sent nothing behind what the body took. */
  #isExact = false;
  #isUpstreamClean = false;
  #isClientKept = false;

  constructor(client: ExchangeClient, request: Request) {
    this.#client = client;
    this.#request = request;
  }

  /** Of the final head, once readHead() has returned true. */
  get answer(): Answer {
    return this.#reader.answer;
  }

  /** What came behind the head. */
  get rest(): Buffer {
    return this.#reader.bytes.subarray(this.#reader.bodyFrom);
  }

  /** The body came, whole. */
  get isDone(): boolean {
    return this.#body.isDone;
  }

  /** Once it is done: the next bytes on the target's connection are those of the next answer. */
  get isUpstreamClean(): boolean {
    return this.#isUpstreamClean;
  }

  /** As the answer's head has told the client. */
  get isClientKept(): boolean {
    return this.#isClientKept;
  }

  /** A new request's answer. */
  start(): void {
    this.#reader.start();
  }

  /** True: the final head is whole, for writeHead() or writeSwitch(). False: more must come. A refusal: it is malformed. */
  readHead(chunk: Buffer): boolean | Refusal {
    const reader = this.#reader;
    const isWhole = reader.push(chunk, this.#request);
    const { answer } = reader;
    if (isWhole !== true || answer.isSwitch) return isWhole;
    this.#body.start(answer.framing, answer.isChunkedOut);
    return this.#take(reader.bytes, reader.bodyFrom) ?? true;
  }

  /** The interim answers that the last readHead() has found. */
  writeInterim(): boolean {
    const { interim } = this.#reader;
    return interim === '' || this.#client.socket.write(interim);
  }

  /** Takes more of the body, for write() in the same tick; returns what is wrong with it. */
  push(chunk: Buffer): Refusal | undefined {
    return this.#take(chunk, 0);
  }

  /** The target's FIN. False: the body is cut short. True: it ends here, and write() must follow. */
  end(): boolean {
    this.#isExact = false;
    return this.#body.end();
  }

  /** The head and what came of the body with it in one write: one system call, and one packet. */
  writeHead(cookieLine: string, isRequestDone: boolean): boolean {
    const { answer } = this;
    const { isKeepAlive, minor } = this.#request;
    // An answer before the request's end: what follows of the request could not be told from the next one.
    this.#isClientKept = isKeepAlive && !answer.isClosedByEnd && isRequestDone && this.#client.mayKeepAlive();
    let head = answer.lines + cookieLine;
    if (!this.#isClientKept) head += 'Connection: close\r\n';
    else if (minor === 0) head += 'Connection: keep-alive\r\n';
    head += '\r\n';
    const { output, outputFrom, outputTo, hasOutput } = this.#body;
    if (hasOutput) head += output.toString('latin1', outputFrom, outputTo);
    return this.#written(this.#client.socket.write(head));
  }

  /** What came. False: it waits, and the target's sending is to stop. */
  write(): boolean {
    const body = this.#body;
    const { output, outputFrom, outputTo, hasOutput } = body;
    if (!hasOutput) return this.#written(true);
    const isWritten = this.#client.socket.write(output.subarray(outputFrom, outputTo));
    if (!isWritten) body.keepOutput();
    return this.#written(isWritten);
  }

  /** The head of a 101: `rest` is of the other protocol. */
  writeSwitch(cookieLine: string): void {
    this.#client.socket.write(`${this.answer.lines}${cookieLine}\r\n`);
  }

  /** A whole answer in the target's place. `canKeep`: the next request on the connection could be told from this one. */
  writeOwn(status: number, reason: string, canKeep: boolean): boolean {
    const { isKeepAlive, minor, isHead } = this.#request;
    this.#isClientKept = canKeep && isKeepAlive && minor === 1 && this.#client.mayKeepAlive();
    return this.#client.socket.write(ownAnswer(status, reason, this.#isClientKept, isHead));
  }

  #take(bytes: Buffer, from: number): Refusal | undefined {
    this.#isExact = this.#body.push(bytes, from, bytes.length) === bytes.length;
    return this.#body.fault;
  }

  /** Where the client is behind, the target's sending is stopped, and what it has sent behind the end is not seen. */
  #written(isWritten: boolean): boolean {
    this.#isUpstreamClean = this.answer.isKeepAlive && this.#isExact && isWritten;
    return isWritten;
  }
}
