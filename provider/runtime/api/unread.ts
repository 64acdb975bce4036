// Responses what Node's HTTP server refuses before there is a request, with the API's own error body: broken HTTP, and odd expectations.
import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorResponse } from '../../model/api/error.ts';
import type { WeirError } from '../../model/base/errors.ts';
import { invalid } from '../../model/objects/validate.ts';

/** For fastify's `clientErrorHandler`: the socket is all that there is. */
export function unreadHandler(runtimeId: string): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    // A client that is gone, or one in the middle of a response, can be told nothing.
    if (!socket.writable || error.code === 'ECONNRESET' || (socket.bytesWritten > 0 && isResponding(socket))) {
      socket.destroy();
      return;
    }
    const { status, headers, body } = errorResponse(invalid([{ path: '', message: reasonOf(error) }]), runtimeId);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  };
}

/** RFC 9110 10.1.1: an expectation that is not met; Node responds to it without a body. */
export function refuseExpectations(server: Server, runtimeId: string): void {
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

/** Node keeps the response under way on the socket; one that has begun cannot be taken back. */
function isResponding(socket: Socket): boolean {
  const { _httpMessage: message } = socket as Socket & { _httpMessage?: ServerResponse | null };
  return message?.headersSent === true;
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'HPE_HEADER_OVERFLOW') return 'the head of the request is too large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'the request has not come in time';
  return `this is no HTTP/1.1 request: ${message}`;
}
