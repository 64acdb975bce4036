// The durability of changes to the entries of a folder.
import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Files that were made, renamed or removed in the folder before the call are so even after a power cut. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
