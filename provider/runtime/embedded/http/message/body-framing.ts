// Frames the parts of a body as HTTP/1 sends them: as chunks, or as they are.
import type { BodyPart } from './body.ts';
import { CHUNK_HEAD_BYTES, frameChunk, LAST_CHUNK } from './chunks.ts';
import { scratchFor } from './scratch.ts';

/** output[from..to). */
interface FramedPart {
  readonly output: Buffer;
  readonly from: number;
  readonly to: number;
}

/** What a part becomes is written in the tick in which it was framed, so that a worker needs one. */
const framed: { output: Buffer; from: number; to: number } = { output: Buffer.alloc(0), from: 0, to: 0 };

/** The result is valid until the next call, and may be part of `part.bytes` itself. */
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
  // No data gives no chunk: an empty one would be the last.
  if (dataBytes > 0) {
    framed.from = frameChunk(framed.output, framed.from, framed.to);
    framed.to += 2;
  }
  if (part.isLast) framed.to += framed.output.write(`${LAST_CHUNK}${part.trailers}\r\n`, framed.to, 'latin1');
  return framed;
}
