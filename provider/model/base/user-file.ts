// Files that a user names, with errors for the terminal.
import { readFileSync } from 'node:fs';

/**
 * Reads a file as text. `what` is its name in errors, such as "the preview". Throws an `Error` that names the file and
 * says in plain words why it cannot be read.
 */
export function readUserFile(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${what} ${file} ${faultOf(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}

function faultOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EISDIR') return 'is a directory';
  if (code === 'EACCES') return 'may not be read by this user';
  return `cannot be read: ${message}`;
}
