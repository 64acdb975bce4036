// Looks for a program where Debian puts it, and says what to do where one is missing.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The message says what to do. */
export class MissingPrograms extends Error {}

export function findProgram(name: string): string | undefined {
  // The PATH of an ordinary user of Debian has no sbin, where the servers are.
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
