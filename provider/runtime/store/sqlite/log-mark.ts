// The mark in a database file that tells whether its log was lost, or was replaced by the log of another database file.
import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/**
 * The newest commits are only in the log, and the database file alone is a valid database without them. Therefore the
 * file says that it needs the log, and the first commit of the log says that it does not. What the file says is seen
 * only where the log was lost: not in a copy of both files, not in a copy that SQLite makes, and not after any program
 * has moved the log to the file.
 */
export interface LogMark {
  readonly needsLog: boolean;
  /**
   * A random text that is another one each time the pages of a log move to the file, and in each backup. It is the same
   * in a file and its log. `undefined` in a database of an earlier release.
   */
  readonly generation: string | undefined;
  /** The generation that the file has if the pages have not all moved to it yet. */
  readonly before: string | undefined;
}

const NAME = 'needsLog';
const YES = 'yes';
const NO = 'no';
const GENERATION_BYTES = 6;

export function newGeneration(): string {
  return randomBytes(GENERATION_BYTES).toString('hex');
}

/** The mark of a database as its log has it. */
export function markOf(database: DatabaseSync): LogMark {
  const value = database.prepare('select value from meta where name = ?').get(NAME)?.value;
  const [state, generation, before] = String(value ?? NO).split(' ');
  return { needsLog: state === YES, generation, before };
}

export function writeMark(database: DatabaseSync, { needsLog, generation, before }: LogMark): void {
  const value = [needsLog ? YES : NO, generation, before].filter((part) => part !== undefined).join(' ');
  database.prepare('replace into meta (name, value) values (?, ?)').run(NAME, value);
}

/** The command that takes the mark away. A log is moved to the file by it, as far as SQLite can read it. */
export function unmark(file: string): string {
  return `sqlite3 ${file} "update meta set value = '${NO}' where name = '${NAME}'"`;
}

/** Whether a file without any commits in its log was separated from a log that had some. */
export function hasLostLog(database: DatabaseSync): boolean {
  return hasMeta(database) && markOf(database).needsLog;
}

/** Whether the log that is beside a database file belongs to another file. The log must have commits. */
export function hasForeignLog(database: DatabaseSync, file: string): boolean {
  const generation = generationOfFile(file);
  if (generation === undefined) return false;
  const mark = markOf(database);
  return generation !== mark.generation && generation !== mark.before;
}

/** The generation of the file without its log. Returns `undefined` if it cannot be read, or has none. */
function generationOfFile(file: string): string | undefined {
  try {
    const alone = new DatabaseSync(new URL(`${pathToFileURL(file).href}?immutable=1`), { readOnly: true });
    try {
      return hasMeta(alone) ? markOf(alone).generation : undefined;
    } finally {
      alone.close();
    }
  } catch {
    // A process that was killed while it moved pages leaves a file that is whole only with its log.
    return undefined;
  }
}

function hasMeta(database: DatabaseSync): boolean {
  return database.prepare("select 1 from sqlite_schema where name = 'meta'").get() !== undefined;
}
