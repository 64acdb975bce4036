// Restoring a backup: it is copied beside the database, checked with its key, and put in place in one step.
import { chownSync, closeSync, copyFileSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { syncFolder } from '../../../model/base/sync-folder.ts';
import { dataFiles, filesBeside, removeDatabase, sizeOf } from '../data-files.ts';
import { lockDirectory } from '../directory-lock.ts';
import { explained } from '../disk-fault.ts';
import { KeyFile } from '../key-file.ts';
import { makePrivate } from '../private-file.ts';
import { SealedStore } from '../sealed-store.ts';
import { markOf, writeMark } from '../sqlite/log-mark.ts';
import { walkLogFile } from '../sqlite/log-walk.ts';
import { SqliteStore } from '../sqlite/sqlite-store.ts';
import { loadWhole } from '../stored-check.ts';
import { temporaryCopy } from '../temporary-copies.ts';

interface RestoreOptions {
  readonly directory: string;
  /** File of the key for stored secrets; `undefined` means `master-key` in the data directory. */
  readonly keyFile: string | undefined;
  /** Whether a database that is there is replaced. */
  readonly force: boolean;
}

interface Restored {
  readonly databaseFile: string;
  readonly runtimeId: string;
  readonly version: number;
  readonly objects: number;
  readonly tokens: number;
}

/**
 * Restores a backup into a data directory that no runtime uses. Throws an `Error` for the terminal if the backup cannot
 * be used with the key, and changes nothing then.
 */
export async function restore(backup: string, options: RestoreOptions): Promise<Restored> {
  const { path, databaseFile, lockFile, keyFile } = dataFiles(options.directory, options.keyFile);
  if (sizeOf(backup) === 0) throw new Error(`${backup} is not a backup: it is missing or empty`);
  const unlock = lockDirectory(path);
  const draft = temporaryCopy(databaseFile, 'restore');
  try {
    const present = [databaseFile, `${databaseFile}-wal`].find((file) => sizeOf(file) > 0);
    if (present !== undefined && !options.force) {
      throw new Error(`${present} is there: give --force to replace the database`);
    }
    const restored = await checkedCopy(backup, draft, keyFile);
    settle(databaseFile);
    for (const file of filesBeside(databaseFile)) rmSync(file, { force: true });
    renameSync(draft, databaseFile);
    syncFolder(path);
    giveTo(path, [databaseFile, lockFile]);
    return { databaseFile, ...restored };
  } catch (error) {
    throw explained(error, path);
  } finally {
    removeDatabase(draft);
    unlock();
  }
}

/** Copies the backup, with its log if it was copied by hand and has one, and checks every row of the copy. */
async function checkedCopy(backup: string, draft: string, keyFile: string): Promise<Omit<Restored, 'databaseFile'>> {
  for (const end of ['', '-wal']) {
    const stats = statSync(`${backup}${end}`, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    // A copy of a named pipe would wait for its other end.
    if (!stats.isFile()) throw new Error(`${backup}${end} is not a file`);
    makePrivate(`${draft}${end}`, { create: true });
    copyFileSync(`${backup}${end}`, `${draft}${end}`);
  }
  const refuse = () => {
    throw new Error(`${backup} is not a backup: there is no runtime in it`);
  };
  try {
    const sqlite = new SqliteStore(draft, { onNew: refuse });
    try {
      const { runtimeId, version, objects, tokens } = await loadWhole(
        new SealedStore(sqlite, new KeyFile(keyFile)),
        draft,
      );
      return { runtimeId, version, objects: objects.length, tokens: tokens.length };
    } finally {
      await sqlite.close();
      sync(draft);
    }
  } catch (error) {
    // The copy is gone after this, so an error names the backup.
    if (error instanceof Error) error.message = error.message.replaceAll(draft, backup);
    throw error;
  }
}

/**
 * Moves the log of the database that is replaced to its file, so that a restore that is killed leaves it whole. If it
 * cannot be moved, because the disk is full or the database is damaged, the newest writes go with the log.
 */
function settle(databaseFile: string): void {
  try {
    if ((walkLogFile(`${databaseFile}-wal`)?.commits ?? 0) === 0) return;
    const database = new DatabaseSync(databaseFile);
    try {
      writeMark(database, { ...markOf(database), needsLog: false });
      database.exec('pragma wal_checkpoint(truncate)');
    } finally {
      database.close();
    }
  } catch {
    // A fault of this database does not matter, because the backup replaces it.
  }
}

function sync(file: string): void {
  const opened = openSync(file, 'r+');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** Gives files that root has made to the owner of the directory, who runs the runtime. */
function giveTo(directory: string, files: readonly string[]): void {
  const { uid, gid } = statSync(directory);
  if (process.geteuid?.() !== 0 || uid === 0) return;
  for (const file of files) chownSync(file, uid, gid);
}
