// Migrations of the SQLite schema: each entry makes the next version of the schema.
import type { DatabaseSync } from 'node:sqlite';

/**
 * Entry N makes schema version N + 1. `user_version` of a database counts the migrations that were applied. A released
 * entry never changes: a change of the schema is a new entry at the end.
 */
export const MIGRATIONS: readonly string[] = [
  // Release 0.1.0 did not set `user_version`: a database of that release has version 0 and these tables already.
  `create table if not exists meta (name text primary key, value text not null) strict;
   create table if not exists objects (kind text not null, id text not null, owner text, incarnation text not null,
     version integer not null, properties text not null, state text not null, primary key (kind, id)) strict;
   create table if not exists health (listener_id text not null, key text not null, health text not null,
     primary key (listener_id, key)) strict;
   create table if not exists tokens (id text primary key, name text not null, secret_hash text not null,
     statements text not null, created_at text not null, expires_at text) strict`,
  // Target groups of rules have ids beside those of listeners. Release 0.1.0 refuses `schemaVersion` 2.
  `alter table health rename column listener_id to target_group_id;
   replace into meta (name, value) values ('schemaVersion', '2')`,
  // `claims` in the state of an attachment becomes `boundSince`: the model version at which it bound each target key.
  `update objects set state = json_object('boundSince', json_extract(state, '$.claims'))
   where kind in ('attachments', 'group-attachments')`,
  // A token may name the owners for which it writes.
  'alter table tokens add column owners text',
];

/**
 * Applies the missing migrations in one transaction, so a process that is killed in between leaves the old version
 * intact. Throws an `Error` for the terminal if a newer release wrote the database.
 */
export function migrate(database: DatabaseSync, migrations: readonly string[]): void {
  const present = Number(database.prepare('pragma user_version').get()?.user_version);
  if (present > migrations.length) {
    throw new Error(
      `${database.location()} was written by a newer release of weir (schema ${present}; this release knows up to ` +
        `${migrations.length}): start the newer release, or restore a backup of the data directory from this release`,
    );
  }
  if (present === migrations.length) return;
  database.exec('begin immediate');
  try {
    for (const migration of migrations.slice(present)) database.exec(migration);
    database.exec(`pragma user_version = ${migrations.length}; commit`);
  } catch (error) {
    // SQLite rolls back on its own after some errors, such as a full disk.
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}
