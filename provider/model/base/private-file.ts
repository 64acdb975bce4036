// Files that only one user may read: how the client and the runtime check such files before they trust the content.
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';

/** Maximum size of a private file. A larger file is not read, because it is something else. */
const MAX_BYTES = 4096;

/**
 * Reads a private file. `what` is its name in errors, such as "the key file". Returns `undefined` without a file, and
 * throws an `Error` for the terminal if others may read or have written it. An empty file is returned whatever its mode,
 * because it holds nothing that others could know.
 */
export function readPrivateFile(path: string, what: string): Buffer | undefined {
  return readSmallFile(path, what, (stats) => foreignFault(stats) ?? modeFault(stats));
}

/** Like `readPrivateFile`, for a file without a secret: others may read it. */
export function readOwnFile(path: string, what: string): Buffer | undefined {
  return readSmallFile(path, what, foreignFault);
}

function readSmallFile(path: string, what: string, faultOf: (stats: Stats) => string | undefined): Buffer | undefined {
  let file: number;
  try {
    file = openToRead(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${what} ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error(`${what} ${path} is not a file`);
    if (stats.size === 0) return Buffer.alloc(0);
    const fault = faultOf(stats) ?? (stats.size > MAX_BYTES ? `is damaged: it has ${stats.size} bytes` : undefined);
    if (fault !== undefined) throw new Error(`${what} ${path} ${fault}`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Opens a file of any type. Without O_NONBLOCK, a named pipe would hold up the process until somebody writes to it. */
export function openToRead(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** Whether a file or folder belongs to another user than the one of this process, and than root, who may do everything. */
export function isOfAnotherUser({ uid }: Stats): boolean {
  const own = process.geteuid?.();
  return own !== undefined && uid !== own && uid !== 0;
}

/** The fault of a file that belongs to another user, as it follows the name of the file in an error. */
export function foreignFault(stats: Stats): string | undefined {
  return isOfAnotherUser(stats) ? `belongs to another user (uid ${stats.uid}): run chown on it` : undefined;
}

function modeFault(stats: Stats): string | undefined {
  const mode = stats.mode & 0o777;
  return (mode & 0o077) === 0 ? undefined : `is open to other users (mode ${mode.toString(8)}): run chmod 600 on it`;
}
