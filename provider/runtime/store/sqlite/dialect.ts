// Adapter of kysely's SQLite dialect to `node:sqlite`, which needs no native package.
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { SqliteDialect, type SqliteStatement } from 'kysely';

export function openDatabase(file: string): { database: DatabaseSync; dialect: SqliteDialect } {
  const database = new DatabaseSync(file);
  const dialect = new SqliteDialect({
    database: { prepare: (sql) => statement(database, sql), close: () => database.close() },
  });
  return { database, dialect };
}

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
