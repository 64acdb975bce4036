// One message's body on its way: reads it in the framing that it came with and gives the bytes to write on.
import { CHUNK_HEAD_BYTES, ChunkDecoder, frameChunk, LAST_CHUNK } from './chunks.ts';
import { CHUNKED, UNTIL_CLOSE } from './framing.ts';
import type { Refusal } from './refusal.ts';

/** One read of a target and its framing; a worker has one such buffer, since every output is written in the same tick. */
const SCRATCH_BYTES = 48 * 1024;
let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

const NOTHING = Buffer.alloc(0);

export class Body {
  readonly #chunks = new ChunkDecoder();
  #framing = 0;
  #isChunkedOut = false;
  /** Of a length: the bytes still to come. */
  #remaining = 0;
  #isDone = true;
  /** What is to be written on after push() or end(): output[outputFrom..outputTo). */
  output: Buffer = NOTHING;
  outputFrom = 0;
  outputTo = 0;

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Set once the body is malformed. */
  get fault(): Refusal | undefined {
    return this.#framing === CHUNKED ? this.#chunks.fault : undefined;
  }

  get hasOutput(): boolean {
    return this.outputTo > this.outputFrom;
  }

  /** `framing` is a length or one of framing.ts; `isChunkedOut`: the receiver gets chunks, else the bare data. */
  start(framing: number, isChunkedOut: boolean): void {
    this.#framing = framing;
    this.#isChunkedOut = isChunkedOut;
    this.#remaining = framing;
    this.#isDone = framing === 0;
    this.#setOutput(NOTHING, 0, 0);
    if (framing === CHUNKED) this.#chunks.start();
  }

  /**
   * Takes bytes[from..to) up to the end of the body and returns the place after what it took. The output is valid until
   * the next push() of any body, and may be part of `bytes` itself.
   */
  push(bytes: Buffer, from: number, to: number): number {
    if (this.#isDone || from === to) {
      this.#setOutput(NOTHING, 0, 0);
      return from;
    }
    if (this.#framing === CHUNKED) return this.#pushChunks(bytes, from, to);
    if (this.#framing === UNTIL_CLOSE) {
      if (this.#isChunkedOut) this.#copyAsChunk(bytes, from, to);
      else this.#setOutput(bytes, from, to);
      return to;
    }
    const end = Math.min(to, from + this.#remaining);
    this.#remaining -= end - from;
    this.#isDone = this.#remaining === 0;
    this.#setOutput(bytes, from, end);
    return end;
  }

  /** The sender's FIN. False: the body is cut short. True: it ends here, with the output as the last to write. */
  end(): boolean {
    this.#setOutput(NOTHING, 0, 0);
    if (this.#framing !== UNTIL_CLOSE) return this.#isDone;
    this.#isDone = true;
    if (this.#isChunkedOut) {
      const last = Buffer.from(`${LAST_CHUNK}\r\n`);
      this.#setOutput(last, 0, last.length);
    }
    return true;
  }

  /** To be called when the output was not written at once: its memory stays with the socket, so others need new. */
  keepOutput(): void {
    if (this.output === scratch) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  }

  #pushChunks(bytes: Buffer, from: number, to: number): number {
    const output = room(to - from);
    const end = this.#chunks.decode(bytes, from, to, output, CHUNK_HEAD_BYTES);
    this.#isDone = this.#chunks.isDone && this.#chunks.fault === undefined;
    this.#frame(output, this.#chunks.outputTo);
    return end;
  }

  #copyAsChunk(bytes: Buffer, from: number, to: number): void {
    const output = room(to - from);
    bytes.copy(output, CHUNK_HEAD_BYTES, from, to);
    this.#frame(output, CHUNK_HEAD_BYTES + to - from);
  }

  /** The data is output[CHUNK_HEAD_BYTES..dataTo). No data gives no chunk: an empty one would be the last. */
  #frame(output: Buffer, dataTo: number): void {
    let from = CHUNK_HEAD_BYTES;
    let to = dataTo;
    if (this.#isChunkedOut) {
      if (to > from) {
        from = frameChunk(output, from, to);
        to += 2;
      }
      if (this.#isDone) to += output.write(`${LAST_CHUNK}${this.#chunks.trailers}\r\n`, to, 'latin1');
    }
    this.#setOutput(output, from, to);
  }

  #setOutput(output: Buffer, from: number, to: number): void {
    this.output = output;
    this.outputFrom = from;
    this.outputTo = to;
  }
}

/** The largest trailer section with its separators rewritten, the last chunk and a chunk's framing. */
const EXTRA_BYTES = 12 * 1024;

function room(dataBytes: number): Buffer {
  const needed = dataBytes + EXTRA_BYTES;
  return needed <= scratch.length ? scratch : Buffer.allocUnsafeSlow(needed);
}
