// Collects the heads that a target sends for one request, interim ones first, until the final one is whole.
import { findHeadEnd, INCOMPLETE } from './head-parser.ts';
import { type LocalResponse, localResponse } from './local-response.ts';
import type { Request } from './request.ts';
import { Response, readResponse } from './response.ts';

const MAX_INTERIM_RESPONSES = 100;

// RFC 9110 15.2 sets no bound; a target that sends more than this sends them for no good.
const TOO_MANY_INTERIM = localResponse(502, 'too many interim responses');

const NOTHING = Buffer.alloc(0);

export class ResponseReader {
  /** Whole once next() has returned true. */
  readonly response = new Response();
  /** What push() was given last, with what was kept before it; the body begins at `bodyFrom`. */
  bytes: Buffer = NOTHING;
  bodyFrom = 0;
  #searchedTo = 0;
  #held: Buffer | undefined;
  #interimResponses = 0;

  start(): void {
    this.#held = undefined;
    this.#interimResponses = 0;
  }

  /** Takes more, for next(). */
  push(chunk: Buffer): void {
    const held = this.#held;
    this.bytes = held === undefined ? chunk : Buffer.concat([held, chunk]);
    this.bodyFrom = 0;
    this.#searchedTo = held?.length ?? 0;
    this.#held = undefined;
  }

  /** Returns true if another head is whole, false if more must come, or why it is malformed. An interim head is not the last. */
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
    this.bodyFrom = end;
    this.#searchedTo = end;
    if (response.isInterim && ++this.#interimResponses > MAX_INTERIM_RESPONSES) return TOO_MANY_INTERIM;
    return true;
  }
}
