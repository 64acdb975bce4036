// Error responses of the API to requests that Node's HTTP parser rejects: broken HTTP and unknown expectations.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorResponse } from '../../model/api/error.ts';
import type { WeirError } from '../../model/base/errors.ts';
import { STATUS_CODES } from '../../model/base/node-http.ts';
import { invalid } from '../../model/objects/validate.ts';

/** Time for a client to read an error response before its connection is destroyed. */
const ENDING_MS = 1_000;

/** A `clientErrorHandler` of fastify, which writes an error response to the raw socket of an unparsed request. */
export function unreadHandler(runtimeId: string): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    // Closes the connection without a response if the client is gone or another response has begun on the connection.
    if (
      !socket.writable ||
      error.code === 'ECONNRESET' ||
      isOfTls(error) ||
      (socket.bytesWritten > 0 && isResponding(socket))
    ) {
      socket.destroy();
      return;
    }
    endWith(socket, invalid([{ path: '', message: reasonOf(error) }]), runtimeId);
  };
}

/**
 * Responds to an Expect header other than 100-continue (RFC 9110 section 10.1.1), for which Node sends no body, and to
 * the method CONNECT, for which Node sends nothing.
 */
export function refuseUnread(server: Server, runtimeId: string): void {
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => {});
    endWith(socket, invalid([{ path: '', message: 'the API is no proxy: it has no CONNECT' }]), runtimeId);
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

/** Writes an error response to a raw socket and closes the connection, also if the client keeps its half open. */
function endWith(socket: Socket, error: WeirError, runtimeId: string): void {
  const { status, headers, body } = errorResponse(error, runtimeId);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  socket.resume();
  setTimeout(() => socket.destroy(), ENDING_MS).unref();
}

/** Whether a connection failed before its TLS handshake was done, so that no response can be sent. */
function isOfTls({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL');
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
