// The runtime's data directory: private, locked for one runtime, with the administrator's token and the database.
import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../model/base/make-folder.ts';
import { isOfAnotherUser, readPrivateFile } from '../../model/base/private-file.ts';
import { adminTokenFault } from '../../model/permissions/admin-token.ts';
import { restoreAdvice } from './broken-row.ts';
import { dataFiles, makeDatabasePrivate, sizeOf } from './data-files.ts';
import { lockDirectory } from './directory-lock.ts';
import { explained } from './disk-fault.ts';
import { writePrivateFile } from './private-file.ts';

export interface DataDirectory {
  readonly path: string;
  readonly databaseFile: string;
  readonly keyFile: string;
  /** What others may do with the directory, for the log; `undefined` if it is private. */
  readonly warning: string | undefined;
  /** Must be called before a new runtime is made in the directory. Throws if the directory had a runtime before. */
  readonly demandNew: () => void;
  /** Whether the directory had a database when it was opened. */
  readonly hadDatabase: boolean;
  /**
   * Returns the administrator's token, and makes one if there is none. Must be called after the database was made: a
   * token without a database says that the database was lost.
   */
  readonly adminToken: () => string;
  readonly unlock: () => void;
}

export interface DataDirectoryOptions {
  /** File of the key for stored secrets; `undefined` means `master-key` in the data directory. */
  readonly keyFile?: string | undefined;
  /** Whether a new runtime may be made although the directory had another one. */
  readonly init?: boolean;
}

const TOKEN_FILE = "the file of the administrator's token";
const SECRET_BYTES = 32;

/**
 * Creates and locks the directory. Its files are private, even if it existed before with another mode. Throws an `Error`
 * for the terminal if another runtime holds the lock, or if the directory had a database and has lost it.
 */
export function openDataDirectory(directory: string, options: DataDirectoryOptions = {}): DataDirectory {
  const { path, databaseFile, lockFile, keyFile, tokenFile } = dataFiles(directory, options.keyFile);
  makeFolder(path, 0o700);
  makeFolder(dirname(keyFile), 0o700);
  // These are read before the lock is made, because a token that is refused must not make the next start look like a
  // second one.
  const hadRuntime = existsSync(lockFile);
  const hasToken = readAdminToken(tokenFile) !== undefined;
  const unlock = lockDirectory(path);
  try {
    const hadDatabase = isFilled(databaseFile);
    const left = [...(hasToken ? [tokenFile] : []), ...(sizeOf(keyFile) > 0 ? [keyFile] : [])];
    // A token or a key alone may have been put in place for a first start.
    const isEvidence = left.length === 2 || (hadRuntime && left.length > 0);
    const demandNew = () => {
      if (isEvidence && !options.init) throw lostDatabase(databaseFile, left);
    };
    if (!hadDatabase) {
      demandNew();
      leaveLog(databaseFile, options.init ?? false);
    }
    makeDatabasePrivate(databaseFile);
    return {
      path,
      databaseFile,
      keyFile,
      warning: warningOf(path),
      demandNew,
      hadDatabase,
      adminToken: () => readAdminToken(tokenFile) ?? makeAdminToken(tokenFile),
      unlock,
    };
  } catch (error) {
    unlock();
    throw explained(error, path);
  }
}

/** The error for a directory that had a runtime, as other files of the runtime show, and has no database. */
function lostDatabase(databaseFile: string, evidence: readonly string[]): Error {
  return new Error(
    `the database ${databaseFile} is missing or empty, but ${evidence.join(' and ')} of an earlier runtime ` +
      `${evidence.length === 1 ? 'is' : 'are'} there: ${restoreAdvice(databaseFile)}, or put the database back with its ` +
      `files -wal and -shm, or ${newRuntimeAdvice(databaseFile)}`,
  );
}

function newRuntimeAdvice(databaseFile: string): string {
  return `make a new runtime without any objects with: weir serve --init --data ${dirname(databaseFile)}`;
}

/** SQLite would delete the log of a missing database, which may have everything that the database had. */
function leaveLog(databaseFile: string, isAside: boolean): void {
  const log = `${databaseFile}-wal`;
  if (!isFilled(log)) return;
  if (!isAside) {
    throw new Error(
      `the database ${databaseFile} is missing or empty, but its newest writes are there in ${log}: put the database ` +
        `back, or ${restoreAdvice(databaseFile)}, or ${newRuntimeAdvice(databaseFile)}`,
    );
  }
  renameSync(log, `${log}.old`);
}

/** Whether there is a file, and not something else such as a link, with anything in it. */
function isFilled(file: string): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return stats?.isFile() === true && stats.size > 0;
}

/** Returns the token in the file. Returns `undefined` if the file is missing or empty. */
function readAdminToken(file: string): string | undefined {
  const text = readPrivateFile(file, TOKEN_FILE)?.toString('utf8').trim() ?? '';
  if (text === '') return undefined;
  const fault = adminTokenFault(text);
  if (fault === undefined) return text;
  throw new Error(`${TOKEN_FILE} ${file} ${fault}; delete the file to have a token made`);
}

function makeAdminToken(file: string): string {
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
