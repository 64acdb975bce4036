// The reader of the heads that a target sends for one request: interim ones first, then the final one.
import { findHeadEnd, INCOMPLETE } from './head-parser.ts';
import { type LocalResponse, localResponse } from './local-response.ts';
import type { Request } from './request.ts';
import { Response, readResponse } from './response.ts';

const MAX_INTERIM_RESPONSES = 100;

// RFC 9110 15.2 sets no limit for interim responses; more than this number serves no purpose.
const TOO_MANY_INTERIM = localResponse(502, 'too many interim responses');

const NOTHING = Buffer.alloc(0);

export class ResponseReader {
  /** The response that `next` read last, valid after `next` returned `true`. */
  readonly response = new Response();
  /**
   * The bytes of the last `push`, after bytes kept from earlier ones. The response's body begins at offset `bodyFrom`.
   */
  bytes: Buffer = NOTHING;
  bodyFrom = 0;
  /** True if a head, interim or final, had a challenge for a login on the connection. */
  isChallenged = false;
  #searchedTo = 0;
  #held: Buffer | undefined;
  #interimResponses = 0;

  start(): void {
    this.#held = undefined;
    this.#interimResponses = 0;
    this.isChallenged = false;
  }

  /** Adds bytes from the target, from which `next` reads heads. */
  push(chunk: Buffer): void {
    const held = this.#held;
    this.bytes = held === undefined ? chunk : Buffer.concat([held, chunk]);
    this.bodyFrom = 0;
    this.#searchedTo = held?.length ?? 0;
    this.#held = undefined;
  }

  /**
   * Reads the next head. Returns `true` if it is whole, `false` if more bytes must come, or why it is malformed.
   * Another head follows an interim one.
   */
  next(request: Request): boolean | LocalResponse {
    const { bytes, bodyFrom, response } = this;
    const end = findHeadEnd(bytes, bodyFrom, this.#searchedTo);
    if (typeof end !== 'number') return end;
    if (end === INCOMPLETE) {
      this.#held = Buffer.from(bytes.subarray(bodyFrom));
      return false;
    }
    const fault = readResponse(bytes, bodyFrom, end, request, response);
    if (fault !== undefined) return fault;
    if (response.hasLogin) this.isChallenged = true;
    this.bodyFrom = end;
    this.#searchedTo = end;
    if (response.isInterim && ++this.#interimResponses > MAX_INTERIM_RESPONSES) return TOO_MANY_INTERIM;
    return true;
  }
}
