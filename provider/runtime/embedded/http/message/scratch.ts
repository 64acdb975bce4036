// The memory in which bodies are decoded and framed: one buffer a worker, since all of it is written in the same tick.

/** One read of a target and its framing. */
const SCRATCH_BYTES = 48 * 1024;
/** The largest trailer section with its separators rewritten, the last chunk and a chunk's framing. */
const ROOM_BYTES = 12 * 1024;

let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/** For so much data behind CHUNK_HEAD_BYTES of room, with room for all framing after it. */
export function scratchFor(dataBytes: number): Buffer {
  const needed = dataBytes + ROOM_BYTES;
  return needed <= scratch.length ? scratch : Buffer.allocUnsafeSlow(needed);
}

/** To be called when `output` was not written at once: its memory stays with the connection, so that others need new. */
export function keepOutput(output: Buffer): void {
  if (output === scratch) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
}
