// The write-ahead log of the database: when its pages move to the database file, and how its loss is noticed.
import type { DatabaseSync } from 'node:sqlite';
import { sizeOf } from '../data-files.ts';

/** Size by which the log grows before its pages move to the database file. */
const MOVE_AT_BYTES = 4 * 1024 * 1024;
const NAME = 'needsLog';

/**
 * The newest commits are only in the log, and the database file alone is a valid database without them. Therefore the
 * file has a mark that says so, which the first commit of the log takes away again. The mark is seen only where the log
 * was lost: not in a copy of both files, not in a copy that SQLite makes, and not after any program has moved the log
 * to the file.
 */
export class WriteAheadLog {
  readonly #database: DatabaseSync;
  readonly #file: string;
  /** Size of the log at which its pages move to the database file. The first write of this process is such a moment. */
  #moveAtBytes = 0;
  /** Whether the mark has to be taken away, because the disk was full or the process was killed in between. */
  #isMarked: boolean;

  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = `${file}-wal`;
    this.#isMarked = isMarked(database);
    // The pages move only in `move`, because the mark has to move with them.
    database.exec('pragma journal_mode = wal; pragma wal_autocheckpoint = 0; pragma journal_size_limit = 0');
  }

  /** Must be called before each write, outside of a transaction. A full disk does not make it fail. */
  beforeWrite(): void {
    if (this.#isMarked) this.#attempt(() => this.#mark(false));
    if (this.#bytes() < this.#moveAtBytes) return;
    this.#attempt(() => this.#mark(true));
    this.#attempt(() => this.#database.exec('pragma wal_checkpoint(passive)'));
    this.#attempt(() => this.#mark(false));
    this.#moveAtBytes = this.#bytes() + MOVE_AT_BYTES;
  }

  /** Gives the space of the log back to the disk, as far as there is space in the database file for its pages. */
  shrink(): void {
    this.#attempt(() => this.#database.exec('pragma wal_checkpoint(truncate)'));
    this.#moveAtBytes = 0;
  }

  /**
   * Whether the database may be closed. A marked database may not, because SQLite then moves the log to the file and
   * deletes it.
   */
  mayClose(): boolean {
    if (this.#isMarked) this.#attempt(() => this.#mark(false));
    return !this.#isMarked;
  }

  #mark(needsLog: boolean): void {
    // Set before the write: a write that fails may be in the log all the same.
    if (needsLog) this.#isMarked = true;
    mark(this.#database, needsLog);
    this.#isMarked = needsLog;
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch {
      // The write that follows fails for the same reason, or succeeds without this step.
    }
  }

  #bytes(): number {
    return sizeOf(this.#file);
  }
}

/** Sets or takes away the mark of a database file whose newest commits are only in its log. */
export function mark(database: DatabaseSync, needsLog: boolean): void {
  database.prepare('replace into meta (name, value) values (?, ?)').run(NAME, needsLog ? 'yes' : 'no');
}

/** The command that takes the mark away. A log is moved to the file by it, as far as SQLite can read it. */
export function unmark(file: string): string {
  return `sqlite3 ${file} "update meta set value = 'no' where name = '${NAME}'"`;
}

/** Whether a file without any commits in its log was separated from a log that had some. */
export function hasLostLog(database: DatabaseSync): boolean {
  const hasMeta = database.prepare("select 1 from sqlite_schema where name = 'meta'").get() !== undefined;
  return hasMeta && isMarked(database);
}

function isMarked(database: DatabaseSync): boolean {
  return database.prepare('select value from meta where name = ?').get(NAME)?.value === 'yes';
}
