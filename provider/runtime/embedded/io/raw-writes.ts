// Writes to libuv handles: no request object for what the kernel takes at once, and no memory that a later read changes.

import { bindings, type TcpHandle } from './raw-handles.ts';
import { giveReadBuffer, isThreadBuffer, PRIVATE_BYTES, takeReadBuffer } from './read-buffers.ts';

const { WriteWrap, streamBaseState, kLastWriteWasAsync } = bindings;

/** Most bytes that Node writes from its stack. It copies them to the heap only if the kernel does not take all. */
const STACK_BYTES = 16 * 1024;

/** Result of `writeTo` if bytes are queued. */
export const QUEUED = 1;

/** A handle whose owner is told when a queued write has ended. */
export interface WritingHandle extends TcpHandle {
  connection?: {
    /** `status` is 0 or a negative error number of libuv. */
    wrote(status: number): void;
  };
}

/** A write that is queued. */
interface WriteRequest {
  oncomplete: (this: WriteRequest, status: number, handle: WritingHandle) => void;
  /** The memory from which the rest is written. */
  memory: Buffer | undefined;
  /** True if the memory was taken from the store of read buffers. */
  isCopy: boolean;
}

/** The request object of the next write. Node takes it only if the kernel does not take all bytes at once. */
let spare: WriteRequest | undefined;

/**
 * Writes a chunk. Returns 0 if the kernel has taken all of it, `QUEUED` if it is queued, and a negative error number of
 * libuv if it failed. The memory of a queued chunk belongs to the write until its end.
 */
export function writeTo(handle: WritingHandle, chunk: Buffer | string): number {
  if (typeof chunk === 'string') return written(handle.writeLatin1String(request(), chunk), undefined, false);
  if (!isThreadBuffer(chunk)) return written(handle.writeBuffer(request(), chunk), chunk, false);
  // The next read of any connection may overwrite the chunk. Node itself copies what is left of a string.
  if (chunk.length <= STACK_BYTES)
    return written(handle.writeLatin1String(request(), chunk.toString('latin1')), undefined, false);
  const copy = takeReadBuffer(PRIVATE_BYTES);
  const bytes = chunk.copy(copy);
  const result = written(handle.writeBuffer(request(), copy.subarray(0, bytes)), copy, true);
  if (result !== QUEUED) giveReadBuffer(copy);
  return result;
}

function request(): WriteRequest {
  spare ??= Object.assign(new WriteWrap(), { oncomplete: onWritten, memory: undefined, isCopy: false });
  return spare;
}

function written(status: number, memory: Buffer | undefined, isCopy: boolean): number {
  if (status !== 0 || streamBaseState[kLastWriteWasAsync] === 0) return status;
  Object.assign(request(), { memory, isCopy });
  spare = undefined;
  return QUEUED;
}

function onWritten(this: WriteRequest, status: number, handle: WritingHandle): void {
  if (this.isCopy && this.memory !== undefined) giveReadBuffer(this.memory);
  this.memory = undefined;
  handle.connection?.wrote(status);
}
