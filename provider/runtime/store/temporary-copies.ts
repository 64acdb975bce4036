// Copies of the database that exist only for a moment: their names, and what is done with those that a killed process left.
import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const HEX_LETTERS = 'abcdef';
/**
 * The names that `temporaryCopy` makes, with the files that SQLite makes beside them, and the file of a test of the disk.
 * A date of eight digits is not among them, because users name their own backups so.
 */
const TEMPORARY = /^weir\.db\.(?:(?:backup|restore|take-over)-(?=\d*[a-f])[0-9a-f]{8}(?:-wal|-shm|-journal)?|probe)$/;

/** A new name beside the database. It has at least one letter among its eight hexadecimal digits. */
export function temporaryCopy(databaseFile: string, purpose: 'backup' | 'restore' | 'take-over'): string {
  const [first = 0, ...others] = randomBytes(5);
  const letter = HEX_LETTERS[first % HEX_LETTERS.length];
  return `${databaseFile}.${purpose}-${letter}${Buffer.from(others).toString('hex').slice(1)}`;
}

/** Deletes the copies that a killed process has left. One that cannot be deleted stays, and takes nothing but space. */
export function removeTemporaryCopies(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isFile() || !TEMPORARY.test(entry.name)) continue;
    try {
      rmSync(join(directory, entry.name));
    } catch {
      // The same disk is tried next, by a write, which tells what is wrong with it.
    }
  }
}
