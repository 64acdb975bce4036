// The write-ahead log of the database: when its pages move to the database file, and how its loss is noticed.
import { truncateSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { sizeOf } from '../data-files.ts';
import { type LogMark, markOf, newGeneration, writeMark } from './log-mark.ts';
import { walkLogFile } from './log-walk.ts';

/** Size by which the log grows before its pages move to the database file. */
const MOVE_AT_BYTES = 4 * 1024 * 1024;

export class WriteAheadLog {
  readonly #database: DatabaseSync;
  readonly #file: string;
  /** Size of the log at which its pages move to the database file. The first write of this process is such a moment. */
  #moveAtBytes = 0;
  /** The mark as the log has it. `needsLog` is left set if the disk was full or the process was killed in between. */
  #mark: LogMark;

  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = `${file}-wal`;
    this.#mark = markOf(database);
    // The pages move only in `move`, because the mark has to move with them.
    database.exec('pragma journal_mode = wal; pragma wal_autocheckpoint = 0; pragma journal_size_limit = 0');
  }

  /** Must be called before each write, outside of a transaction. A full disk does not make it fail. */
  beforeWrite(): void {
    this.#unmark();
    if (this.#bytes() < this.#moveAtBytes) return;
    this.#attempt(() => this.#write(this.#nextMark()));
    this.#attempt(() => this.#move('passive'));
    this.#unmark();
    this.#moveAtBytes = this.#bytes() + MOVE_AT_BYTES;
  }

  /** Gives the space of the log back to the disk, as far as there is space in the database file for its pages. */
  shrink(): void {
    this.#attempt(() => this.#move('truncate'));
    this.#moveAtBytes = 0;
  }

  /**
   * Must be called after a write failed although all of it may be in the log, where the next process would find it. A
   * small commit takes the place of the write's first frame, and what is behind that commit is cut off.
   */
  bury(): void {
    // This commit is not synced either, but it is in the log.
    this.#attempt(() => this.#write(this.#mark));
    this.#attempt(() => {
      // Nobody else writes to the log meanwhile.
      this.#database.exec('begin immediate');
      try {
        const { bytes } = walkLogFile(this.#file) ?? {};
        if (bytes !== undefined && bytes < this.#bytes()) truncateSync(this.#file, bytes);
      } finally {
        this.#database.exec('rollback');
      }
    });
  }

  /**
   * Whether the database may be closed. A marked database may not, because SQLite then moves the log to the file and
   * deletes it.
   */
  mayClose(): boolean {
    this.#unmark();
    return !this.#mark.needsLog;
  }

  /** Writes to the log that the file does not need it, if the log does not say so yet. */
  #unmark(): void {
    if (this.#mark.needsLog) this.#attempt(() => this.#write({ ...this.#mark, needsLog: false }));
  }

  /** The mark for the file. While it is unknown which generation the file has, there is no third one. */
  #nextMark(): LogMark {
    const { generation, before } = this.#mark;
    if (before !== undefined) return { needsLog: true, generation, before };
    return { needsLog: true, generation: newGeneration(), before: generation };
  }

  #move(how: 'passive' | 'truncate'): void {
    const { busy, log, checkpointed } = this.#database.prepare(`pragma wal_checkpoint(${how})`).get() ?? {};
    if (busy === 0 && log === checkpointed) this.#mark = { ...this.#mark, before: undefined };
  }

  #write(mark: LogMark): void {
    // Set before the write: a write that fails may be in the log all the same.
    if (mark.needsLog) this.#mark = { ...this.#mark, needsLog: true };
    writeMark(this.#database, mark);
    this.#mark = mark;
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
