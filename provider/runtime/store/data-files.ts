// The files of a data directory: their names, and the files that SQLite makes beside a database.
import { rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makePrivate } from './private-file.ts';

interface DataFiles {
  /** The data directory as an absolute path. */
  readonly path: string;
  readonly databaseFile: string;
  readonly lockFile: string;
  readonly keyFile: string;
  readonly tokenFile: string;
  /** The Unix domain socket at which a running runtime hands over to another process. */
  readonly takeOverSocket: string;
}

/** `keyFile`: file of the key for stored secrets; `undefined` means `master-key` in the data directory. */
export function dataFiles(directory: string, keyFile?: string): DataFiles {
  const path = resolve(directory);
  return {
    path,
    databaseFile: join(path, 'weir.db'),
    lockFile: join(path, 'lock'),
    keyFile: resolve(keyFile ?? join(path, 'master-key')),
    tokenFile: join(path, 'admin-token'),
    takeOverSocket: join(path, 'take-over.sock'),
  };
}

/** The files that SQLite makes beside a database. They get the mode of the database. */
export function filesBeside(databaseFile: string): string[] {
  return ['-wal', '-shm', '-journal'].map((end) => `${databaseFile}${end}`);
}

/** Makes a database private, with the files beside it. Creates the database if it is not there. */
export function makeDatabasePrivate(databaseFile: string): void {
  makePrivate(databaseFile, { create: true });
  for (const file of filesBeside(databaseFile)) makePrivate(file, { create: false });
}

export function removeDatabase(databaseFile: string): void {
  for (const file of [databaseFile, ...filesBeside(databaseFile)]) rmSync(file, { force: true });
}

/** The size of a file in bytes; 0 if there is none. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
