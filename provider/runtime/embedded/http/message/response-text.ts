// The head of a target's response as HTTP/1 text; the client's version decides how the end of the body is marked.
import type { Response } from './response.ts';

/**
 * Returns `true` if the client gets the body as chunks. HTTP/1.0 clients never do (RFC 9112 7.1). A body that ends with
 * the target's connection becomes chunks too, so that the client can detect a cut body and keep its own connection.
 */
export function isChunkedFor(minor: number, response: Response): boolean {
  return minor === 1 && response.hasUnknownLength;
}

/**
 * Returns the status line and field lines of a response, without the Connection field and the final empty line. A 101
 * includes its Connection and Upgrade fields.
 */
export function responseLines(response: Response, isChunked: boolean): string {
  const { upgrade } = response;
  let { lines } = response;
  if (isChunked) lines += 'Transfer-Encoding: chunked\r\n';
  if (upgrade !== undefined) lines += `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
  return lines;
}
