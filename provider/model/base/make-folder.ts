// Making of a folder with the folders above it.
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder and those above it that are missing. Throws one `Error` that names the folder that cannot be made. Node's
 * own recursive `mkdirSync` never returns on a file system such as /proc, which has the parent and takes no folder in it.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  try {
    const stats = statSync(folder, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return;
    if (stats !== undefined) throw new Error(`${folder} is a file, not a directory`);
    const above = path.dirname(folder);
    if (above !== folder) makeFolder(above, mode);
    mkdirSync(folder, { mode });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Another process may have made it meanwhile.
    if (code === 'EEXIST') return;
    // An error without a code is this function's own.
    throw code === undefined
      ? error
      : new Error(`the directory ${folder} cannot be made: ${message}`, { cause: error });
  }
}
