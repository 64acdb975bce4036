// Collects the heads that a target sends for one request, interim ones first, until the final one is whole.

import { findHeadEnd, INCOMPLETE } from './head-parser.ts';
import { type Refusal, refusal } from './refusal.ts';
import type { Request } from './request.ts';
import { Answer, readAnswer } from './response.ts';

const MAX_INTERIM_ANSWERS = 100;

// RFC 9110 15.2 sets no bound; a target that sends more than this sends them for no good.
const TOO_MANY_INTERIM = refusal(502, 'too many interim answers');

const NOTHING = Buffer.alloc(0);

export class AnswerReader {
  /** Whole once push() has returned true. */
  readonly answer = new Answer();
  /** What push() was given last, with what was kept before it; the body begins at `bodyFrom`. */
  bytes: Buffer = NOTHING;
  bodyFrom = 0;
  /** Heads of the interim answers that the last push() has found, for the client. */
  interim = '';
  #held: Buffer | undefined;
  #interimAnswers = 0;

  start(): void {
    this.#held = undefined;
    this.#interimAnswers = 0;
  }

  /** True: the final head is whole. False: more must come. A refusal: the answer is malformed. */
  push(chunk: Buffer, request: Request): boolean | Refusal {
    const bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    let searchedTo = this.#held?.length ?? 0;
    let at = 0;
    this.interim = '';
    for (;;) {
      const end = findHeadEnd(bytes, at, searchedTo);
      if (typeof end !== 'number') return end;
      if (end === INCOMPLETE) {
        this.#held = Buffer.from(bytes.subarray(at));
        return false;
      }
      const fault = readAnswer(bytes, at, end, request, this.answer);
      if (fault !== undefined) return fault;
      at = end;
      searchedTo = end;
      if (!this.answer.isInterim) break;
      if (++this.#interimAnswers > MAX_INTERIM_ANSWERS) return TOO_MANY_INTERIM;
      // RFC 9110 15.2: HTTP/1.0 has no interim answers.
      if (request.minor === 1) this.interim += `${this.answer.lines}\r\n`;
    }
    this.#held = undefined;
    this.bytes = bytes;
    this.bodyFrom = at;
    return true;
  }
}
