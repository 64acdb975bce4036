// The method and path of a request line for the access log, never its query. Pure.

const METHOD_AND_PATH = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([^\s?#]{1,1024})/;
/** Scheme and authority of an absolute target, which may contain user names and passwords. */
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i;
const MAX_LINE_BYTES = 1100;

/** Method and path of a head that was not accepted and begins at bytes[from]; `undefined` for a malformed line. */
export function requestLineOf(bytes: Buffer, from: number): { method: string | undefined; path: string | undefined } {
  const line = bytes.toString('latin1', from, Math.min(bytes.length, from + MAX_LINE_BYTES));
  const [, method, path] = METHOD_AND_PATH.exec(line) ?? [];
  return { method, path: path?.replace(AUTHORITY, '') };
}

/** The path of a request target. Queries are left out because they may hold tokens and addresses. */
export function pathOf(target: string): string {
  const end = target.indexOf('?');
  return end === -1 ? target : target.slice(0, end);
}
