// The schema of the SQLite database as a list of migrations, each of which makes the next version of it.
import type { DatabaseSync } from 'node:sqlite';

/**
 * SQL that makes each version of the schema from the version before it; `user_version` of a database counts those that it
 * has had. A released entry never changes: what comes next is another entry at the end.
 */
export const MIGRATIONS: readonly string[] = [
  // 0.1.0 did not count: a database of that release has version 0 and these tables.
  `create table if not exists meta (name text primary key, value text not null) strict;
   create table if not exists objects (kind text not null, id text not null, owner text, incarnation text not null,
     version integer not null, properties text not null, state text not null, primary key (kind, id)) strict;
   create table if not exists health (listener_id text not null, key text not null, health text not null,
     primary key (listener_id, key)) strict;
   create table if not exists tokens (id text primary key, name text not null, secret_hash text not null,
     statements text not null, created_at text not null, expires_at text) strict`,
  // The column held ids of listeners until these had rules. By `schemaVersion` 0.1.0 refuses what it does not know.
  `alter table health rename column listener_id to target_group_id;
   replace into meta (name, value) values ('schemaVersion', '2')`,
  // What attachments keep of each target key, the version at which they came to bind it, was called claims.
  `update objects set state = json_object('boundSince', json_extract(state, '$.claims'))
   where kind in ('attachments', 'group-attachments')`,
];

/**
 * Brings the database to the version that the last of the migrations makes, in one transaction: a process that is killed
 * meanwhile leaves the version that was there. Throws an Error for the terminal if a newer release wrote the database.
 */
export function migrate(database: DatabaseSync, migrations: readonly string[]): void {
  const present = Number(database.prepare('pragma user_version').get()?.user_version);
  if (present > migrations.length) {
    throw new Error(
      `${database.location()} was written by a newer release of weir (schema ${present}, and this release knows ` +
        `${migrations.length}): start that release, or restore a backup of the data directory that this release made`,
    );
  }
  if (present === migrations.length) return;
  database.exec('begin immediate');
  try {
    for (const migration of migrations.slice(present)) database.exec(migration);
    database.exec(`pragma user_version = ${migrations.length}; commit`);
  } catch (error) {
    // A full disk, for one, has SQLite roll back by itself.
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}
