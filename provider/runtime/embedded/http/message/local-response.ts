// The answers that the runtime gives by itself: refusals and failures, short plain text.
import { STATUS_CODES } from 'node:http';

/** `isHead`: to a HEAD request, which gets the head only. */
export function localResponse(status: number, reason: string, isKept: boolean, isHead: boolean): string {
  const body = `${status} ${STATUS_CODES[status]}: ${reason}\n`;
  const allow = status === 405 ? 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE\r\n' : '';
  const connection = isKept ? '' : 'Connection: close\r\n';
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\n${allow}${connection}\r\n`;
  return isHead ? head : head + body;
}
