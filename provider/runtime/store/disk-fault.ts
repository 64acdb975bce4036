// Why something could not be stored: the cause, as a user calls it, and what to do about it.
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { SQLITE, sqliteCodeOf } from './sqlite-result.ts';

export interface DiskFault {
  readonly cause: string;
  readonly remedy: string;
}

const FREE_SPACE = 'free space on the file system of the data directory';

/** Faults by the system's error code. */
const BY_SYSTEM_CODE: Readonly<Record<string, DiskFault>> = {
  ENOSPC: { cause: 'the disk is full', remedy: FREE_SPACE },
  EDQUOT: { cause: 'the disk quota is used up', remedy: 'free space within the quota of the data directory' },
  EFBIG: { cause: 'a file has the maximum size that the process may write', remedy: 'raise its limit (ulimit -f)' },
  EROFS: { cause: 'the file system is read-only', remedy: 'mount the file system of the data directory for writing' },
  EIO: { cause: 'the disk reports an input/output error', remedy: "look for the disk's fault in the kernel's log" },
  EACCES: { cause: 'the data directory may not be written', remedy: 'give it to the user of the runtime' },
  EPERM: { cause: 'the data directory may not be written', remedy: 'give it to the user of the runtime' },
  ENOENT: { cause: 'the data directory is gone', remedy: 'put it back, and restart the runtime' },
  ESTALE: {
    cause: 'the database file is gone or another one has its place',
    remedy: 'put it back; or make a backup (weir backup), stop the runtime, and restore it (weir restore)',
  },
  EMFILE: { cause: 'the process has too many open files', remedy: 'raise its limit (ulimit -n)' },
  ENFILE: { cause: 'the machine has too many open files', remedy: 'raise fs.file-max' },
};

const LOCKED = {
  cause: 'another program has the database locked',
  remedy: 'end the transaction of that program',
};
const DAMAGED = {
  cause: 'the database is damaged',
  remedy: 'stop the runtime, and restore a backup (weir restore)',
};

const BY_SQLITE_CODE: Readonly<Record<number, DiskFault>> = {
  [SQLITE.busy]: LOCKED,
  [SQLITE.locked]: LOCKED,
  [SQLITE.corrupt]: DAMAGED,
  [SQLITE.notADatabase]: DAMAGED,
};
/** Results of SQLite that hide the system's error, each with the likely system code. */
const HIDING: Readonly<Record<number, string>> = {
  [SQLITE.readOnly]: 'EROFS',
  [SQLITE.ioError]: 'EIO',
  [SQLITE.cannotOpen]: 'EACCES',
};

/** As much as a small write of the database needs with its log. */
const PROBE_BYTES = 64 * 1024;

/**
 * The fault behind an error of a write in the directory, which may be an error of SQLite or of a file. Returns
 * `undefined` if the error does not come from the disk.
 */
export function diskFaultOf(error: unknown, directory: string): DiskFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const result = sqliteCodeOf(error);
  if (result === undefined) return systemFaultOf(error, directory);
  if (result === SQLITE.full) return BY_SYSTEM_CODE.ENOSPC;
  const likely = HIDING[result];
  return likely === undefined ? BY_SQLITE_CODE[result] : BY_SYSTEM_CODE[systemCodeIn(directory) ?? likely];
}

/** The error for the terminal if the directory cannot be used because of its disk; any other error stays as it is. */
export function explained(error: unknown, directory: string): unknown {
  const fault = diskFaultOf(error, directory);
  if (fault === undefined) return error;
  const { path = directory, message: text } = error as NodeJS.ErrnoException;
  if (!isWithin(path, directory)) return new Error(`${path} cannot be used: ${text}`, { cause: error });
  const message = `the data directory ${directory} cannot be used, because ${fault.cause}: ${fault.remedy}`;
  return new Error(`${message} (${(error as Error).message})`, { cause: error });
}

function systemFaultOf(error: NodeJS.ErrnoException, directory: string): DiskFault | undefined {
  const { code = '', path = directory } = error;
  const fault = BY_SYSTEM_CODE[code];
  if (fault === undefined || isWithin(path, directory)) return fault;
  const cause = `the folder of the key file, ${dirname(path)}, cannot be used (${code})`;
  return { cause, remedy: 'let the user of the runtime write there' };
}

/** Whether a path is in the directory. A key file may be elsewhere. */
function isWithin(path: string, directory: string): boolean {
  return !/^\.\.(\/|$)/.test(relative(directory, path));
}

/** The code with which the system refuses a new file in the directory. Returns `undefined` if it refuses none. */
function systemCodeIn(directory: string): string | undefined {
  const path = join(directory, `weir.db.probe-${randomBytes(4).toString('hex')}`);
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      writeSync(file, Buffer.alloc(PROBE_BYTES));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return undefined;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return code in BY_SYSTEM_CODE ? code : undefined;
  } finally {
    rmSync(path, { force: true });
  }
}
