// Local responses: the status and reason of what the proxy responds itself in the place of a target, as HTTP/1.1 text.
import { STATUS_CODES } from 'node:http';

/** What the pure parsers return for a message that may not pass. A fault in a target's response always becomes a 502. */
export interface LocalResponse {
  readonly status: number;
  readonly reason: string;
}

export function localResponse(status: number, reason: string): LocalResponse {
  return Object.freeze({ status, reason });
}

/** The response as a short plain text. With `isHead`, for a HEAD request, its head only. */
export function localResponseText(status: number, reason: string, isKept: boolean, isHead: boolean): string {
  const body = `${status} ${STATUS_CODES[status]}: ${reason}\n`;
  const allow = status === 405 ? 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE\r\n' : '';
  const connection = isKept ? '' : 'Connection: close\r\n';
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\n${allow}${connection}\r\n`;
  return isHead ? head : head + body;
}
