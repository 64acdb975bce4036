// A store of read buffers from closed connections, which later connections reuse.
import { Buffer } from 'node:buffer';

/** Free buffers kept of each size: 16 MiB of the largest size. */
const MAX_FREE = 256;

const free = new Map<number, Buffer[]>();

/**
 * Returns a buffer with arbitrary content. Allocating a buffer for each connection uses memory outside of V8's heap,
 * which makes V8 collect the whole heap again and again: a fifth of the processor time of new connections.
 */
export function takeReadBuffer(bytes: number): Buffer {
  return free.get(bytes)?.pop() ?? Buffer.allocUnsafeSlow(bytes);
}

/** Gives a read buffer back. Nothing may read or write it afterwards. */
export function giveReadBuffer(buffer: Buffer): void {
  const list = free.get(buffer.length);
  if (list === undefined) free.set(buffer.length, [buffer]);
  else if (list.length < MAX_FREE) list.push(buffer);
}

/**
 * Size of the read buffer of a connection on a raw handle whose data its receiver cannot take at once. Measured with
 * bodies of 1 MiB, 48 KiB cost a third less than 64 KiB, for a reason that was not found, and a tenth less than 32 KiB.
 */
export const PRIVATE_BYTES = 48 * 1024;
/** A read into the thread's buffer can be copied to a private one. */
const THREAD_BYTES = PRIVATE_BYTES;
let ofThread: Buffer | undefined;

/**
 * The buffer into which all connections on raw handles of this thread read, one after another. Its content is valid
 * only until the present read callback returns.
 */
export function threadBuffer(): Buffer {
  ofThread ??= Buffer.allocUnsafeSlow(THREAD_BYTES);
  return ofThread;
}

/** The beginnings of the thread's buffer by their length, for the lengths of heads and small messages. */
const chunks: Buffer[] = [];
const MAX_CHUNK_BYTES = 1024;

/** Returns the first bytes of the thread's buffer. Most reads are short and of few lengths, and need no new object. */
export function threadChunk(bytes: number): Buffer {
  if (bytes > MAX_CHUNK_BYTES) return threadBuffer().subarray(0, bytes);
  let chunk = chunks[bytes];
  if (chunk === undefined) {
    while (chunks.length <= MAX_CHUNK_BYTES) chunks.push(threadBuffer().subarray(0, chunks.length));
    chunk = chunks[bytes] as Buffer;
  }
  return chunk;
}

/** Returns true if the chunk is part of the thread's buffer, so that it must be copied to be kept. */
export function isThreadBuffer(chunk: Buffer): boolean {
  return chunk.buffer === ofThread?.buffer;
}
