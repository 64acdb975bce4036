// The path of a Unix domain socket below a folder whose name may be longer than such a path can be.
import { closeSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** The kernel takes paths of 108 bytes with their end. */
const MAX_BYTES = 107;

/** Calls `use` with a path that leads to the socket and is short enough. */
export async function withShortPath<T>(path: string, use: (short: string) => T | Promise<T>): Promise<T> {
  if (Buffer.byteLength(path) <= MAX_BYTES) return await use(path);
  const folder = openSync(dirname(path), 'r');
  try {
    return await use(`/proc/self/fd/${folder}/${basename(path)}`);
  } finally {
    closeSync(folder);
  }
}
