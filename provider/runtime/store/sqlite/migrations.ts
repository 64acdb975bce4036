// Migrations of the SQLite schema: each entry makes the next version of the schema.
import type { DatabaseSync } from 'node:sqlite';
import { restoreAdvice } from '../broken-row.ts';
import { SQLITE, sqliteCodeOf } from '../sqlite-result.ts';
import { rowChecksum } from './checksum.ts';
import { damaged } from './integrity.ts';

/**
 * Migrations in order: the migration at index N makes schema version N + 1. A database keeps the number of applied
 * migrations as `user_version`. A released migration never changes: each change of the schema adds a migration.
 */
export const MIGRATIONS: readonly string[] = [
  // Release 0.1.0 did not set `user_version`, so its databases have version 0 although they have these tables already.
  `create table if not exists meta (name text primary key, value text not null) strict;
   create table if not exists objects (kind text not null, id text not null, owner text, incarnation text not null,
     version integer not null, properties text not null, state text not null, primary key (kind, id)) strict;
   create table if not exists health (listener_id text not null, key text not null, health text not null,
     primary key (listener_id, key)) strict;
   create table if not exists tokens (id text primary key, name text not null, secret_hash text not null,
     statements text not null, created_at text not null, expires_at text) strict`,
  // Health belongs to target groups of listeners and rules. Release 0.1.0 refuses a database with `schemaVersion` 2.
  `alter table health rename column listener_id to target_group_id;
   replace into meta (name, value) values ('schemaVersion', '2')`,
  // Renames `claims` in the state of attachments to `boundSince`, the model version at which each target key was bound.
  `update objects set state = json_object('boundSince', json_extract(state, '$.claims'))
   where kind in ('attachments', 'group-attachments')`,
  // The id of the token that created an object. Objects of older releases count as the administrator's.
  `alter table objects add column created_by text`,
  // A token may name the owners for which it writes.
  'alter table tokens add column owners text',
  // The id of the token that last changed an object.
  'alter table objects add column changed_by text; update objects set changed_by = created_by',
  // Whether a server has expired follows from the time.
  `update objects set state = '{}' where kind = 'backend-servers'`,
  // Each row has a checksum over its other columns, made by the function `weir_checksum`.
  `alter table objects add column checksum text;
   alter table tokens add column checksum text;
   alter table meta add column checksum text;
   update objects set checksum =
     weir_checksum(kind, id, owner, incarnation, version, properties, state, created_by, changed_by);
   update tokens set checksum = weir_checksum(id, name, secret_hash, statements, created_at, expires_at, owners);
   update meta set checksum = weir_checksum(name, value) where name = 'runtimeId'`,
];

/**
 * Applies the missing migrations in one transaction, so a process that is killed meanwhile leaves the database
 * unchanged. Throws an `Error` for the terminal if a newer release wrote the database.
 */
export function migrate(database: DatabaseSync, migrations: readonly string[]): void {
  const present = Number(database.prepare('pragma user_version').get()?.user_version);
  const file = database.location() ?? '';
  if (present < 0) throw damaged(file, `it names the schema ${present}`);
  if (present > migrations.length) {
    throw new Error(
      `the database ${file} was written by a newer release of weir (schema ${present}; this release knows up to ` +
        `${migrations.length}): start the newer release, or, with a backup that this release made, ${restoreAdvice(file)}`,
    );
  }
  if (present === migrations.length) return;
  database.function('weir_checksum', { varargs: true }, (...columns) => rowChecksum(columns as string[]));
  database.exec('begin immediate');
  try {
    for (const migration of migrations.slice(present)) database.exec(migration);
    database.exec(`pragma user_version = ${migrations.length}; commit`);
  } catch (error) {
    // After some errors, such as a full disk, SQLite has already rolled back the transaction.
    if (database.isTransaction) database.exec('rollback');
    // This is the result for a statement that does not fit the schema.
    if (sqliteCodeOf(error) !== SQLITE.error) throw error;
    throw damaged(file, `it names the schema ${present} and has another one: ${(error as Error).message}`, error);
  }
}
