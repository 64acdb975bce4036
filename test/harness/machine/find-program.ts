// Search for a program in the PATH and in the folders where Debian installs servers.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** An error for programs that are not installed; its message says how to install them. */
export class MissingPrograms extends Error {}

export function findProgram(name: string): string | undefined {
  // An ordinary Debian user's PATH does not contain the sbin folders, where servers are installed.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
