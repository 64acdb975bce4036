// Whether a database file is whole: SQLite's own check of its pages, and the check that its log was not lost.
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { restoreAdvice } from '../broken-row.ts';
import { SQLITE, sqliteCodeOf } from '../sqlite-result.ts';
import { hasForeignLog, hasLostLog, unmark } from './log-mark.ts';
import { walkLogFile } from './log-walk.ts';

/** The part of the header up to its two bytes of the format, which is a rollback journal or a write-ahead log. */
const HEADER_BYTES = 20;
const MAGIC = 'SQLite format 3\0';
const FORMATS_AT = 18;
const FORMATS: readonly number[] = [1, 2];
/** Limit for the faults that SQLite lists. */
const MAX_FAULTS = 10;

/**
 * Throws an `Error` for the terminal if the header of the file names a format that SQLite only reads, or locks for ever.
 * SQLite tells of everything else in the header.
 */
export function demandFormat(file: string): void {
  if (!existsSync(file)) return;
  const header = Buffer.alloc(HEADER_BYTES);
  const opened = openSync(file, 'r');
  try {
    if (readSync(opened, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return;
  } finally {
    closeSync(opened);
  }
  if (!header.toString('latin1').startsWith(MAGIC)) return;
  const [writes = 0, reads = 0] = header.subarray(FORMATS_AT);
  if (writes !== reads || !FORMATS.includes(reads)) {
    throw damaged(file, `its header has the format ${writes} for writes and ${reads} for reads`);
  }
}

/**
 * Throws an `Error` for the terminal if the log has lost writes. Returns how many commits are in it. SQLite must not have
 * the database open, because it cuts a damaged log.
 */
export function demandWholeLog(file: string): number {
  const log = `${file}-wal`;
  const { commits = 0, damage } = walkLogFile(log) ?? {};
  if (damage === undefined) return commits;
  throw new Error(
    `the log ${log} of the database ${file} is damaged (${damage}): ${restoreAdvice(file)}, or copy both files ` +
      `elsewhere, and start with what is readable, without the newest writes, after: ${unmark(file)}`,
  );
}

/**
 * Throws an `Error` for the terminal if pages are damaged, or if the newest commits are missing. `logCommits` is the
 * number of commits in the log.
 */
export function demandWhole(database: DatabaseSync, file: string, logCommits: number): void {
  try {
    if (logCommits === 0 && hasLostLog(database)) {
      throw new Error(
        `the database ${file} was copied without its newest writes, which were in ${file}-wal: copy that file too, ` +
          `or ${restoreAdvice(file)} (a backup of a running runtime is made with: weir backup FILE), or if another ` +
          `program has moved ${file}-wal into the database, so that nothing is missing, say so with: ${unmark(file)}`,
      );
    }
    if (logCommits > 0 && hasForeignLog(database, file)) {
      throw new Error(
        `the log ${file}-wal and the database ${file} do not belong together, because one of them was copied from another ` +
          `place or at another moment: put back the one that is missing, or ${restoreAdvice(file)}, or to use ${file} ` +
          'without the writes in the log, move the log away',
      );
    }
    // Unlike `quick_check`, this one compares the indexes too, by which a write finds the row that it replaces.
    const faults = database
      .prepare(`pragma integrity_check(${MAX_FAULTS})`)
      .all()
      .map((row) => String(Object.values(row)[0]));
    if (faults.join() !== 'ok') throw damaged(file, faults.join('; '));
  } catch (error) {
    const result = sqliteCodeOf(error);
    if (result === SQLITE.notADatabase) throw damaged(file, 'it is not a SQLite database', error);
    // The statements above are right, so that the schema or the header is not.
    if (result === SQLITE.error || result === SQLITE.corrupt) throw damaged(file, (error as Error).message, error);
    throw error;
  }
}

export function damaged(file: string, what: string, cause?: unknown): Error {
  const recovery = `move ${file} away, and make another one of what can be read: sqlite3 ${file} .recover (in ${dirname(file)})`;
  return new Error(
    `the database ${file} is damaged (${what.replaceAll('\n', ' ')}): ${restoreAdvice(file)}, or ${recovery}`,
    {
      cause,
    },
  );
}
