// Files that only the user of the runtime may read: how they are made and written.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { foreignFault } from '../../model/base/private-file.ts';
import { syncFolder } from '../../model/base/sync-folder.ts';

const MODE = 0o600;
/** Opens no symbolic link, and does not wait for the other end of a named pipe. */
const AS_IT_IS = constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW;

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

/**
 * Makes a file private, whatever its mode is and whatever the mask of the process is. Creates it if `create` is set.
 * Throws an `Error` for the terminal if it belongs to another user, or is a symbolic link or anything else than a file.
 */
export function makePrivate(path: string, { create }: { create: boolean }): void {
  let file: number;
  try {
    file = openSync(path, AS_IT_IS | (create ? constants.O_CREAT : 0), MODE);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!create && code === 'ENOENT') return;
    const fault = UNOPENED[code ?? ''] ?? `cannot be opened: ${message}`;
    throw new Error(`${path} ${fault}`, { cause: error });
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error(`${path} is not a file`);
    const fault = foreignFault(stats);
    if (fault !== undefined) throw new Error(`${path} ${fault}`);
    if ((stats.mode & 0o777) !== MODE) changeMode(file, path);
  } finally {
    closeSync(file);
  }
}

/** What the codes with which the system refuses to open a path say of it: a link, a folder, a socket. */
const UNOPENED: Readonly<Record<string, string>> = {
  ELOOP: 'is a symbolic link, not a file',
  EISDIR: 'is not a file',
  ENXIO: 'is not a file',
};

function changeMode(file: number, path: string): void {
  try {
    fchmodSync(file, MODE);
  } catch (error) {
    throw new Error(`${path} belongs to another user: run chown on it`, { cause: error });
  }
}
