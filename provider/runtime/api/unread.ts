// Error responses of the API to requests that Node's HTTP parser rejects: broken HTTP and unknown expectations.
import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorResponse } from '../../model/api/error.ts';
import type { WeirError } from '../../model/base/errors.ts';
import { invalid } from '../../model/objects/validate.ts';

/** A `clientErrorHandler` of fastify, which writes an error response to the raw socket of an unparsed request. */
export function unreadHandler(runtimeId: string): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    // Closes the connection without a response if the client is gone or another response has begun on the connection.
    if (!socket.writable || error.code === 'ECONNRESET' || (socket.bytesWritten > 0 && isResponding(socket))) {
      socket.destroy();
      return;
    }
    socket.end(rawResponse(invalid([{ path: '', message: reasonOf(error) }]), runtimeId));
  };
}

/**
 * Responds to an Expect header other than 100-continue (RFC 9110 section 10.1.1), for which Node sends no body, and to
 * the method CONNECT, for which Node sends nothing.
 */
export function refuseUnread(server: Server, runtimeId: string): void {
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => {});
    socket.end(rawResponse(invalid([{ path: '', message: 'the API is no proxy: it has no CONNECT' }]), runtimeId));
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const message = `the header Expect can only be 100-continue, not ${request.headers.expect}`;
    const { status, headers, body } = errorResponse(invalid([{ path: '', message }]), runtimeId);
    response.writeHead(status, headers).end(body);
  });
}

function errorResponse({ code, message, details, status }: WeirError, runtimeId: string) {
  const requestId = randomUUID();
  const body = JSON.stringify({ code, message, requestId, details: [...details] } satisfies ErrorResponse);
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': `${Buffer.byteLength(body)}`,
    'X-Request-Id': requestId,
    'X-Weir-Runtime': runtimeId,
    Connection: 'close',
  };
  return { status, headers, body };
}

function rawResponse(error: WeirError, runtimeId: string): string {
  const { status, headers, body } = errorResponse(error, runtimeId);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}

/** Whether the head of a response was sent already. Node keeps the current response on the socket as `_httpMessage`. */
function isResponding(socket: Socket): boolean {
  const { _httpMessage: message } = socket as Socket & { _httpMessage?: ServerResponse | null };
  return message?.headersSent === true;
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'HPE_HEADER_OVERFLOW') return 'the head of the request is too large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'the request did not arrive in time';
  return `the request is not valid HTTP/1.1: ${message}`;
}
