// The runtime's data directory: private, locked for one runtime, with the administrator's token and the database.
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isOfAnotherUser, readPrivateFile } from '../../model/base/private-file.ts';
import { ADMIN_TOKEN_FORM, isAdminToken } from '../../model/permissions/admin-token.ts';
import { makePrivate, writePrivateFile } from './private-file.ts';

interface DataDirectory {
  readonly path: string;
  readonly databaseFile: string;
  readonly adminToken: string;
  /** What others may do with the directory, for the log; `undefined` if it is private. */
  readonly warning: string | undefined;
  unlock(): void;
}

const LOCK = 'lock';
const TOKEN_FILE = "the file of the administrator's token";
const SECRET_BYTES = 32;

/** What SQLite adds to the name of a database for the files beside it. They get the mode of the database. */
const BESIDE_DATABASE = ['-wal', '-shm', '-journal'];

/**
 * Creates and locks the directory. Its files are private, even if it existed before with another mode. Throws an `Error`
 * for the terminal if another runtime holds the lock.
 */
export function openDataDirectory(directory: string): DataDirectory {
  const path = resolve(directory);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(path);
  try {
    const databaseFile = join(path, 'weir.db');
    makePrivate(databaseFile, { create: true });
    for (const end of BESIDE_DATABASE) makePrivate(`${databaseFile}${end}`, { create: false });
    return {
      path,
      databaseFile,
      adminToken: adminToken(join(path, 'admin-token')),
      warning: warningOf(path),
      unlock: () => lock.close(),
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Whether a runtime has the directory locked. Throws if this user may not look. */
export function isDataDirectoryInUse(directory: string): boolean {
  const file = join(directory, LOCK);
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  // SQLite would wait for the other end of a named pipe.
  if (!stats.isFile()) throw new Error(`${file} is not a file`);
  const lock = new DatabaseSync(file, { readOnly: true });
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

/**
 * The lock is an exclusive SQLite transaction on a separate file. The operating system releases it when the process
 * ends.
 */
function lockDirectory(path: string): DatabaseSync {
  const file = join(path, LOCK);
  makePrivate(file, { create: true });
  const lock = new DatabaseSync(file);
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new Error(`${path} is in use by another weir runtime: stop that runtime, or give another --data directory`);
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && /locked|busy/i.test(error.message);
}

/** Returns the token in the file. A missing or empty file gets a new one. */
function adminToken(file: string): string {
  const text = readPrivateFile(file, TOKEN_FILE)?.toString('utf8').trim() ?? '';
  if (isAdminToken(text)) return text;
  if (text !== '') {
    throw new Error(
      `${TOKEN_FILE} ${file} is damaged: it must hold ${ADMIN_TOKEN_FORM}, and has ${text.length} characters; delete the file to have a token made`,
    );
  }
  const token = `weir_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  writePrivateFile(file, `${token}\n`);
  return token;
}

function warningOf(path: string): string | undefined {
  const stats = statSync(path);
  const mode = stats.mode & 0o777;
  if ((mode & 0o077) !== 0) {
    return `others may enter the data directory ${path} (mode ${mode.toString(8)}): run chmod 700 on it`;
  }
  return isOfAnotherUser(stats) ? `the data directory ${path} belongs to another user (uid ${stats.uid})` : undefined;
}
