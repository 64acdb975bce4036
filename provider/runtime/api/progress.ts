// The progress of requests that wait, as interim responses, and what is left when such a wait has ended.
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { type ApiObject, PROGRESS_HEADER } from '../../model/api/objects.ts';

/** A function that sends a text to the client. Returns `undefined` if the request did not ask for its progress. */
export function progressOf(
  { raw }: Pick<FastifyReply, 'raw'>,
  headers: IncomingHttpHeaders,
): ((text: string) => void) | undefined {
  if (headers[PROGRESS_HEADER] === undefined) return undefined;
  return (text) => {
    // Node writes no interim responses with fields of one's own.
    const head = `HTTP/1.1 102 Processing\r\n${PROGRESS_HEADER}: ${encodeURIComponent(text)}\r\n\r\n`;
    if (!raw.headersSent && raw.socket?.writable) raw.socket.write(head);
  };
}

export function withWarning(object: ApiObject, warning: string | undefined): ApiObject {
  return warning === undefined ? object : { ...object, warnings: [...(object.warnings ?? []), warning] };
}
