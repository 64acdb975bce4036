// Reads and changes the PATH variable: which file a command is, and the folders put before the rest.

import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/**
 * The file that a command name stands for on a PATH, or undefined.
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
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * Puts folders before the rest of a PATH; where they stood later in it they are taken out, so that a run inside a run
 * leaves PATH as it was.
 * @param {string[]} folders
 * @param {string | undefined} searchPath
 */
export function prepend(folders, searchPath) {
  const rest = (searchPath ?? '').split(path.delimiter).filter((folder) => folder && !folders.includes(folder));
  return [...folders, ...rest].join(path.delimiter);
}
