// The scratch buffer for decoding and framing bodies: one for each worker, because no use of it outlasts a tick.

/** Size of the scratch buffer: one read from a target, and its framing. */
const SCRATCH_BYTES = 48 * 1024;
/** Room for the largest trailer section with rewritten separators, the last chunk, and a chunk's framing. */
const ROOM_BYTES = 12 * 1024;

let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/** Returns a buffer for `dataBytes` that begin at CHUNK_HEAD_BYTES, with room for all framing after them. */
export function scratchFor(dataBytes: number): Buffer {
  const needed = dataBytes + ROOM_BYTES;
  return needed <= scratch.length ? scratch : Buffer.allocUnsafeSlow(needed);
}

/** Gives `output` to a connection that has not written it yet; other users then get a new scratch buffer. */
export function keepOutput(output: Buffer): void {
  if (output === scratch) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
}
