// Read buffers of closed connections, kept for the next ones.
import { Buffer } from 'node:buffer';

/** Of each size: 8 MiB of the largest. */
const MAX_FREE = 256;

const free = new Map<number, Buffer[]>();

/**
 * Its bytes are whatever was read last. A buffer of its own for each connection is memory outside of V8's heap, which
 * makes it collect the whole heap again and again: a fifth of the processor time of new connections.
 */
export function takeReadBuffer(bytes: number): Buffer {
  return free.get(bytes)?.pop() ?? Buffer.allocUnsafeSlow(bytes);
}

/** Nothing may read or write it any more. */
export function giveReadBuffer(buffer: Buffer): void {
  const list = free.get(buffer.length);
  if (list === undefined) free.set(buffer.length, [buffer]);
  else if (list.length < MAX_FREE) list.push(buffer);
}
