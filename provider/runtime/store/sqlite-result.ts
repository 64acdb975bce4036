// Results of SQLite by their primary codes, https://sqlite.org/rescode.html.

export const SQLITE = {
  error: 1,
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/**
 * Extended codes of a commit whose last step failed: the log was not synced (IOERR_FSYNC), or the memory that programs
 * share for it could not grow (IOERR_SHMOPEN, IOERR_SHMSIZE and IOERR_SHMMAP).
 */
const AFTER_LOG: readonly (number | undefined)[] = [1034, 4618, 4874, 5386];

/** Whether a commit that failed may be in the log as a whole, where the next process would find it. */
export function mayBeInLog(error: unknown): boolean {
  return AFTER_LOG.includes(extendedCodeOf(error));
}

/** The primary code of an error of SQLite. Returns `undefined` for any other error. */
export function sqliteCodeOf(error: unknown): number | undefined {
  const extended = extendedCodeOf(error);
  // An extended code has the primary one in its last byte.
  return extended === undefined ? undefined : extended & 0xff;
}

function extendedCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as NodeJS.ErrnoException & { errcode?: number };
  return code === 'ERR_SQLITE_ERROR' ? errcode : undefined;
}
