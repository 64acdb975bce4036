// One message's body on its way: reads it in the framing that it came with, part by part.
import { CHUNK_HEAD_BYTES, ChunkDecoder } from './chunks.ts';
import { CHUNKED, UNTIL_CLOSE } from './framing.ts';
import type { LocalResponse } from './local-response.ts';
import { scratchFor } from './scratch.ts';

const NOTHING = Buffer.alloc(0);

/** The next data of a body, whatever framing it came in: bytes[from..to), valid until the tick ends. */
export interface BodyPart {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
  /** The bytes are of `scratchFor`, with room around the data in which it can be framed. */
  readonly hasRoom: boolean;
  /** The body came, whole. */
  readonly isLast: boolean;
  /** Whole field lines behind the last part; mostly empty. */
  readonly trailers: string;
  /** Set once the body is malformed. */
  readonly fault: LocalResponse | undefined;
}

/** One a message, reused; it is itself the part that push() or end() read last. */
export class BodyReader implements BodyPart {
  readonly #chunks = new ChunkDecoder();
  #framing = 0;
  /** When the framing is a length: bytes left to read. */
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

  /** `framing` is a length or one of framing.ts. */
  start(framing: number): void {
    this.#framing = framing;
    this.#remaining = framing;
    this.#isLast = framing === 0;
    this.#set(NOTHING, 0, 0);
    if (framing === CHUNKED) this.#chunks.start();
  }

  /** Takes bytes[from..to) up to the end of the body and returns the place after what it took. */
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

  /** The sender's FIN. Returns false if the body is cut short; else it ends here, with an empty part as the last. */
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
