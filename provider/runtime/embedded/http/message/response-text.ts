// The head of a target's response as HTTP/1 text for a client, whose version decides how the end of a body can be told.
import type { Response } from './response.ts';

/**
 * RFC 9112 7.1: HTTP/1.0 clients get no chunks. A body that ends with the target's connection becomes chunks too, so that
 * the client can tell a whole one from a broken one and keep its own connection.
 */
export function isChunkedFor(minor: number, response: Response): boolean {
  return minor === 1 && response.hasUnknownLength;
}

/** Status line and fields, without what is said of the connection and without the empty line. */
export function responseLines(response: Response, isChunked: boolean): string {
  const { status, reason, fields, upgrade } = response;
  let lines = `HTTP/1.1 ${status} ${reason}\r\n${fields}`;
  if (isChunked) lines += 'Transfer-Encoding: chunked\r\n';
  if (upgrade !== undefined) lines += `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
  return lines;
}
