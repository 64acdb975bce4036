// What the access log has of a request line: the method and the path, never the query. Pure.

const METHOD_AND_PATH = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([^\s?#]{1,1024})/;
/** Of an absolute target: names and passwords may stand in it. */
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i;
const MAX_LINE_BYTES = 1100;

/** What can be told of a head that was refused, which begins at bytes[from]. */
export function requestLineOf(bytes: Buffer, from: number): { method: string | undefined; path: string | undefined } {
  const line = bytes.toString('latin1', from, Math.min(bytes.length, from + MAX_LINE_BYTES));
  const [, method, path] = METHOD_AND_PATH.exec(line) ?? [];
  return { method, path: path?.replace(AUTHORITY, '') };
}

/** Of a request target: tokens and addresses stand in queries. */
export function pathOf(target: string): string {
  const end = target.indexOf('?');
  return end === -1 ? target : target.slice(0, end);
}
