// Scratch buffers for decoding, framing and joining bodies: one of each for a worker, because no use outlasts a tick.

/** Size of one read from a target. */
const READ_BYTES = 48 * 1024;
/** Room for the largest trailer section with rewritten separators, the last chunk, and a chunk's framing. */
const ROOM_BYTES = 12 * 1024;

class Scratch {
  #buffer: Buffer | undefined;

  /** Returns a buffer for `dataBytes` and the room. It is always one and the same for what comes in one read. */
  for(dataBytes: number): Buffer {
    if (dataBytes > READ_BYTES) return Buffer.allocUnsafeSlow(dataBytes + ROOM_BYTES);
    this.#buffer ??= Buffer.allocUnsafeSlow(READ_BYTES + ROOM_BYTES);
    return this.#buffer;
  }

  /** Gives `output` to a connection that has not written it yet; other users then get a new scratch buffer. */
  keep(output: Buffer): void {
    if (output === this.#buffer) this.#buffer = undefined;
  }
}

const bodies = new Scratch();
const messages = new Scratch();

/** Returns a buffer for `dataBytes` that begin at CHUNK_HEAD_BYTES, with room for all framing after them. */
export function scratchFor(dataBytes: number): Buffer {
  return bodies.for(dataBytes);
}

/** Gives a buffer of `scratchFor` to a connection that has not written it yet. */
export function keepOutput(output: Buffer): void {
  bodies.keep(output);
}

/** A body of fewer bytes is joined to its head as text, which takes fewer calls. */
const MIN_JOINED_BYTES = 1024;

/**
 * Passes a head and the bytes body[from..to) to `receiver` as one chunk, so that they take one system call and one packet.
 * The receiver returns `false` if it keeps the chunk.
 */
export function writeJoined(
  head: string,
  body: Buffer,
  from: number,
  to: number,
  receiver: { write(chunk: Buffer | string): boolean },
): boolean {
  if (to - from < MIN_JOINED_BYTES) return receiver.write(to > from ? head + body.toString('latin1', from, to) : head);
  const output = messages.for(head.length + to - from);
  const bodyAt = output.write(head, 0, 'latin1');
  body.copy(output, bodyAt, from, to);
  const isWritten = receiver.write(output.subarray(0, bodyAt + to - from));
  if (!isWritten) messages.keep(output);
  return isWritten;
}
