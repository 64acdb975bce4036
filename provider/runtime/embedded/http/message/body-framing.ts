// The framing of body parts for HTTP/1: as chunks, or unchanged.
import type { BodyPart } from './body.ts';
import { CHUNK_HEAD_BYTES, frameChunk, LAST_CHUNK } from './chunks.ts';
import { scratchFor } from './scratch.ts';

/** A part of a body in its framing: output[from..to). */
interface FramedPart {
  readonly output: Buffer;
  readonly from: number;
  readonly to: number;
}

/**
 * The result of `framePart`. One object is enough for a worker, because each framed part is written in the tick in
 * which it was framed.
 */
const framed: { output: Buffer; from: number; to: number } = { output: Buffer.alloc(0), from: 0, to: 0 };

/** Frames a part. The result is valid until the next call, and may share memory with `part.bytes`. */
export function framePart(part: BodyPart, isChunked: boolean): FramedPart {
  framed.output = part.bytes;
  framed.from = part.from;
  framed.to = part.to;
  if (!isChunked) return framed;
  const dataBytes = framed.to - framed.from;
  if (!part.hasRoom) {
    framed.output = scratchFor(dataBytes);
    part.bytes.copy(framed.output, CHUNK_HEAD_BYTES, framed.from, framed.to);
    framed.from = CHUNK_HEAD_BYTES;
    framed.to = CHUNK_HEAD_BYTES + dataBytes;
  }
  // A part without data becomes no chunk, because an empty chunk would be the last.
  if (dataBytes > 0) {
    framed.from = frameChunk(framed.output, framed.from, framed.to);
    framed.to += 2;
  }
  if (part.isLast) framed.to += framed.output.write(`${LAST_CHUNK}${part.trailers}\r\n`, framed.to, 'latin1');
  return framed;
}
