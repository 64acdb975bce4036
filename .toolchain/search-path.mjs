// The PATH variable: the file that a command means, and folders that are put before the rest.

import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/**
 * The file that a command name means on a PATH. Returns `undefined` if there is none.
 * @param {string} command
 * @param {string | undefined} searchPath
 */
export function findCommand(command, searchPath) {
  for (const folder of (searchPath ?? '').split(path.delimiter)) {
    if (!path.isAbsolute(folder)) continue;
    const file = path.join(folder, command);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // The command is not in this folder of PATH.
    }
  }
  return undefined;
}

/**
 * Puts folders before the rest of a PATH. They are taken out of the rest, so that a run inside a run leaves PATH
 * unchanged.
 * @param {string[]} folders
 * @param {string | undefined} searchPath
 */
export function prepend(folders, searchPath) {
  const rest = (searchPath ?? '').split(path.delimiter).filter((folder) => folder && !folders.includes(folder));
  return [...folders, ...rest].join(path.delimiter);
}
