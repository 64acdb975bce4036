// The lock of a data directory, which one runtime holds at a time.
import { lstatSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from '../../model/base/make-folder.ts';
import { dataFiles, filesBeside, makeDatabasePrivate } from './data-files.ts';
import { explained } from './disk-fault.ts';
import { SQLITE, sqliteCodeOf } from './sqlite-result.ts';

/**
 * Makes and locks the directory. The lock is an exclusive SQLite transaction on a separate file. The operating system
 * releases it when the process ends.
 */
export function lockDirectory(directory: string): () => void {
  const { path, lockFile } = dataFiles(directory);
  let lock: DatabaseSync | undefined;
  try {
    makeFolder(path, 0o700);
    makeDatabasePrivate(lockFile);
    lock = new DatabaseSync(lockFile);
    // Without the file of a journal, the lock can be taken on a full disk.
    lock.exec('pragma journal_mode = memory; pragma locking_mode = exclusive; begin exclusive');
    return () => lock?.close();
  } catch (error) {
    lock?.close();
    if (!isBusy(error)) throw explained(error, path);
    throw new Error(`${path} is in use by another weir runtime: stop that runtime, or give another --data directory`);
  }
}

/** Whether a runtime has the directory locked. Throws if this user may not look. */
export function isDataDirectoryInUse(directory: string): boolean {
  const { lockFile } = dataFiles(directory);
  if (lstatSync(lockFile, { throwIfNoEntry: false }) === undefined) return false;
  // SQLite would wait for the other end of a named pipe.
  for (const file of [lockFile, ...filesBeside(lockFile)]) {
    if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === false) throw new Error(`${file} is not a file`);
  }
  const lock = new DatabaseSync(lockFile, { readOnly: true });
  try {
    lock.prepare('select count(*) from sqlite_master').get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    lock.close();
  }
}

function isBusy(error: unknown): boolean {
  const result = sqliteCodeOf(error);
  return result === SQLITE.busy || result === SQLITE.locked;
}
