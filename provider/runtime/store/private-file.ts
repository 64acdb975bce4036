// Files that only the user of the runtime may read: how they are checked, and how they are written.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

const MODE = 0o600;
/** No private file has more. A larger file is not read, because it is something else. */
const MAX_BYTES = 4096;

/**
 * Reads a private file. `what` is its name in errors, such as "the key file". Returns `undefined` without a file, and
 * throws an `Error` for the terminal if others may read or have written it. An empty file is returned whatever its mode,
 * because nothing in it could be known to others.
 */
export function readPrivateFile(path: string, what: string): Buffer | undefined {
  let file: number;
  try {
    // Without O_NONBLOCK, a named pipe would hold up the start.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${what} ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error(`${what} ${path} is not a file`);
    if (stats.size === 0) return Buffer.alloc(0);
    const fault = faultOf(stats);
    if (fault !== undefined) throw new Error(`${what} ${path} ${fault}`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Writes a private file as a whole or not at all, and in place of one that is there. It survives a power cut. */
export function writePrivateFile(path: string, content: string): void {
  const draft = writeDraft(path, content);
  try {
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Writes a private file beside its path, and returns where. */
export function writeDraft(path: string, content: string | Buffer): string {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  const file = openSync(draft, 'wx', MODE);
  try {
    // The mask of the process may have taken the owner's permissions.
    fchmodSync(file, MODE);
    writeFileSync(file, content);
    fsyncSync(file);
    return draft;
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Makes a file private, whatever its mode is and whatever the mask of the process is. Creates it if `create` is set. */
export function makePrivate(path: string, { create }: { create: boolean }): void {
  let file: number;
  try {
    file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | (create ? constants.O_CREAT : 0), MODE);
  } catch (error) {
    if (!create && (error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    if ((fstatSync(file).mode & 0o777) !== MODE) fchmodSync(file, MODE);
  } catch (error) {
    throw new Error(`${path} belongs to another user: run chown on it`, { cause: error });
  } finally {
    closeSync(file);
  }
}

export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Whether a file or folder belongs to another user than the one of this process, and than root, who may do everything. */
export function isOfAnotherUser({ uid }: Stats): boolean {
  const own = process.geteuid?.();
  return own !== undefined && uid !== own && uid !== 0;
}

function faultOf(stats: Stats): string | undefined {
  const mode = stats.mode & 0o777;
  if (isOfAnotherUser(stats)) return `belongs to another user (uid ${stats.uid}): run chown on it`;
  if ((mode & 0o077) !== 0) return `is open to other users (mode ${mode.toString(8)}): run chmod 600 on it`;
  if (stats.size > MAX_BYTES) return `is damaged: it has ${stats.size} bytes`;
  return undefined;
}
