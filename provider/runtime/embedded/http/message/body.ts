// The body of one message, read part by part in the framing that it came with.
import { CHUNK_HEAD_BYTES, ChunkDecoder } from './chunks.ts';
import { CHUNKED, UNTIL_CLOSE } from './framing.ts';
import type { LocalResponse } from './local-response.ts';
import { scratchFor } from './scratch.ts';

const NOTHING = Buffer.alloc(0);

/** A part of a body without its framing: bytes[from..to), valid until the tick ends. */
export interface BodyPart {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
  /** True if `bytes` is a buffer of `scratchFor`, which has room around the data for framing. */
  readonly hasRoom: boolean;
  /** True if this is the last part of the body. */
  readonly isLast: boolean;
  /** Trailers after the last part as whole field lines; mostly empty. */
  readonly trailers: string;
  /** Why the body is malformed, or `undefined`. */
  readonly fault: LocalResponse | undefined;
}

/** Reads a message's body; reused for the next message. The reader is itself the body part that it read last. */
export class BodyReader implements BodyPart {
  readonly #chunks = new ChunkDecoder();
  #framing = 0;
  /** Bytes left to read if the framing is a length. */
  #remaining = 0;
  #isLast = true;
  bytes: Buffer = NOTHING;
  from = 0;
  to = 0;
  hasRoom = false;

  get isLast(): boolean {
    return this.#isLast;
  }

  get trailers(): string {
    return this.#framing === CHUNKED ? this.#chunks.trailers : '';
  }

  get fault(): LocalResponse | undefined {
    return this.#framing === CHUNKED ? this.#chunks.fault : undefined;
  }

  /**
   * Starts a body. `framing` is a length, CHUNKED or UNTIL_CLOSE. `nominated` are the names in the Connection field of
   * the message's head: RFC 9110 7.6.1 removes trailers with these names too. `isRepaired` is true for a response.
   */
  start(framing: number, nominated?: readonly string[], isRepaired = false): void {
    this.#framing = framing;
    this.#remaining = framing;
    this.#isLast = framing === 0;
    this.#set(NOTHING, 0, 0);
    if (framing === CHUNKED) this.#chunks.start(nominated, isRepaired);
  }

  /** Reads bytes[from..to), at most to the end of the body. Returns the offset after the last byte that was read. */
  push(bytes: Buffer, from: number, to: number): number {
    if (this.#isLast || from === to) {
      this.#set(NOTHING, 0, 0);
      return from;
    }
    if (this.#framing === CHUNKED) return this.#pushChunks(bytes, from, to);
    if (this.#framing === UNTIL_CLOSE) {
      this.#set(bytes, from, to);
      return to;
    }
    const end = Math.min(to, from + this.#remaining);
    this.#remaining -= end - from;
    this.#isLast = this.#remaining === 0;
    this.#set(bytes, from, end);
    return end;
  }

  /** Ends the body at the sender's FIN; the part that is left is empty. Returns `false` if the body is cut short. */
  end(): boolean {
    this.#set(NOTHING, 0, 0);
    if (this.#framing === UNTIL_CLOSE) this.#isLast = true;
    return this.#isLast;
  }

  #pushChunks(bytes: Buffer, from: number, to: number): number {
    const output = scratchFor(to - from);
    const end = this.#chunks.decode(bytes, from, to, output, CHUNK_HEAD_BYTES);
    this.#isLast = this.#chunks.isDone && this.#chunks.fault === undefined;
    this.#set(output, CHUNK_HEAD_BYTES, this.#chunks.outputTo);
    this.hasRoom = true;
    return end;
  }

  #set(bytes: Buffer, from: number, to: number): void {
    this.bytes = bytes;
    this.from = from;
    this.to = to;
    this.hasRoom = false;
  }
}
