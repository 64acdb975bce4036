// Adapter of kysely's SQLite dialect to `node:sqlite`, which needs no native package.
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { SqliteDialect, type SqliteStatement } from 'kysely';
import { SQLITE, sqliteCodeOf } from '../sqlite-result.ts';

/** Results of SQLite if it cannot make the file of the memory that programs share for a database. */
const WITHOUT_SHARED_MEMORY: readonly number[] = [SQLITE.ioError, SQLITE.full, SQLITE.cannotOpen];

export function openDatabase(file: string): { database: DatabaseSync; dialect: SqliteDialect } {
  const database = readable(file);
  const dialect = new SqliteDialect({
    database: {
      // After some errors, such as a full disk, SQLite has already rolled back. Kysely rolls back after each error, and
      // the failure of its rollback would take the place of the cause.
      prepare: (sql) => (sql === 'rollback' && !database.isTransaction ? NOTHING : statement(database, sql)),
      close: () => database.close(),
    },
  });
  return { database, dialect };
}

/**
 * Opens the file. On a full disk SQLite cannot make the file of the memory that programs share for a database. Without
 * it, the database is only for this process.
 */
function readable(file: string): DatabaseSync {
  const shared = new DatabaseSync(file);
  try {
    shared.prepare('select count(*) from sqlite_schema').get();
    return shared;
  } catch (error) {
    if (!WITHOUT_SHARED_MEMORY.includes(sqliteCodeOf(error) ?? 0)) return shared;
    shared.close();
    const own = new DatabaseSync(file);
    own.exec('pragma locking_mode = exclusive');
    return own;
  }
}

/** Databases that could not be closed as they are. They are kept from the garbage collector, which would close them. */
const LEFT_OPEN: DatabaseSync[] = [];

/**
 * Closes a database and leaves its files as they are. SQLite moves the log to the file and deletes it when the last
 * connection is closed, therefore another one, which may not write and is the last one then, reads meanwhile.
 */
export function closeAsItIs(database: DatabaseSync, file: string): void {
  let reader: DatabaseSync | undefined;
  try {
    reader = new DatabaseSync(file, { readOnly: true });
    reader.exec('begin');
    reader.prepare('pragma user_version').get();
    database.close();
  } catch {
    // The process, which ends after this, closes it without SQLite.
    LEFT_OPEN.push(database);
  } finally {
    reader?.close();
  }
}

const NOTHING: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
};

function statement(database: DatabaseSync, sql: string): SqliteStatement {
  const prepared = database.prepare(sql);
  return {
    reader: prepared.columns().length > 0,
    all: (parameters) => prepared.all(...values(parameters)),
    run: (parameters) => prepared.run(...values(parameters)),
    iterate: (parameters) => prepared.iterate(...values(parameters)) as IterableIterator<unknown>,
  };
}

function values(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters as SQLInputValue[];
}
