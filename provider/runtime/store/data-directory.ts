// The runtime's data directory: private, locked for one runtime, with the administrator's token and the database.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

interface DataDirectory {
  readonly path: string;
  readonly databaseFile: string;
  readonly adminToken: string;
  unlock(): void;
}

/** Creates and locks the directory. Throws an `Error` for the terminal if another runtime holds the lock. */
export function openDataDirectory(directory: string): DataDirectory {
  const path = resolve(directory);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(path);
  return {
    path,
    databaseFile: join(path, 'weir.db'),
    adminToken: adminToken(join(path, 'admin-token')),
    unlock: () => lock.close(),
  };
}

/** Writes the administrator's token to `~/.weir/<runtime id>/token`, where clients of this user look for it. */
export function publishToken(runtimeId: string, token: string, home = homedir()): void {
  const folder = join(home, '.weir', runtimeId);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'token'), `${token}\n`, { mode: 0o600 });
}

/**
 * The lock is an exclusive SQLite transaction on a separate file. The operating system releases it when the process
 * ends.
 */
function lockDirectory(path: string): DatabaseSync {
  const lock = new DatabaseSync(join(path, 'lock'));
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    const isBusy = error instanceof Error && /locked|busy/i.test(error.message);
    if (!isBusy) throw error;
    throw new Error(`${path} is in use by another weir runtime: stop that runtime, or give another --data directory`);
  }
}

function adminToken(file: string): string {
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (/^[!-~]+$/.test(token)) return token;
    if (token !== '') {
      throw new Error(
        `${file} holds no token: its text has spaces or characters beyond ASCII; delete the file to have a token made`,
      );
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const token = `weir_${randomBytes(32).toString('base64url')}`;
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return token;
}
