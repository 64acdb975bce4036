// Opening and closing of a database file with `node:sqlite`, which needs no native package.
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { SQLITE, sqliteCodeOf } from '../sqlite-result.ts';

/** Results of SQLite if it cannot make the file of the memory that programs share for a database. */
const WITHOUT_SHARED_MEMORY: readonly number[] = [SQLITE.ioError, SQLITE.full, SQLITE.cannotOpen];

/**
 * Opens the file. On a full disk SQLite cannot make the file of the memory that programs share for a database. Without
 * it, the database is only for this process.
 */
export function openDatabase(file: string): DatabaseSync {
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

/** The statements of a database, each of which is prepared once. */
export class Statements {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Runs a statement that returns no rows. */
  run(sql: string, ...values: readonly SQLInputValue[]): void {
    this.#statement(sql).run(...values);
  }

  /** Puts a row, in place of one with the same key. */
  replace<Row extends Record<keyof Row, SQLInputValue>>(table: string, row: Row): void {
    this.#put('replace', table, row);
  }

  /** Adds a row. Throws if there is one with the same key. */
  insert<Row extends Record<keyof Row, SQLInputValue>>(table: string, row: Row): void {
    this.#put('insert', table, row);
  }

  all<Row>(sql: string): Row[] {
    return this.#statement(sql).all() as Row[];
  }

  /** Runs changes as one transaction. Nothing is changed if one of them throws. */
  transaction<T>(changes: () => T): T {
    this.run('begin');
    try {
      const result = changes();
      this.run('commit');
      return result;
    } catch (error) {
      // After some errors, such as a full disk, SQLite has already rolled back.
      if (this.#database.isTransaction) this.run('rollback');
      throw error;
    }
  }

  #put<Row extends Record<keyof Row, SQLInputValue>>(verb: string, table: string, row: Row): void {
    const names = Object.keys(row);
    const places = names.map(() => '?').join(', ');
    const values = Object.values<SQLInputValue>(row);
    this.run(`${verb} into ${table} (${names.join(', ')}) values (${places})`, ...values);
  }

  #statement(sql: string): StatementSync {
    const prepared = this.#prepared.get(sql) ?? this.#database.prepare(sql);
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}
