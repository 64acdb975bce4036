// Local responses: what the proxy responds in place of a target, as status, reason and HTTP/1.1 text.
import { STATUS_CODES } from '../../../../model/base/node-http.ts';

/** A local response. Parsers return one for a message that must not pass; a target's message becomes a 502. */
export interface LocalResponse {
  readonly status: number;
  readonly reason: string;
}

export function localResponse(status: number, reason: string): LocalResponse {
  return Object.freeze({ status, reason });
}

/** Field lines that responses with a status have beside the common ones. */
const MORE_LINES: Readonly<Record<number, string>> = {
  405: 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE\r\n',
  // A rate is at least one event a second, therefore the next token comes within a second.
  429: 'Retry-After: 1\r\n',
};

/** Returns the text of a local response with a short body. With `isHead`, for a HEAD request, only its head. */
export function localResponseText(status: number, reason: string, isKept: boolean, isHead: boolean): string {
  const body = `${status} ${STATUS_CODES[status]}: ${reason}\n`;
  const more = MORE_LINES[status] ?? '';
  const connection = isKept ? '' : 'Connection: close\r\n';
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\n${more}${connection}\r\n`;
  return isHead ? head : head + body;
}
