// HTTP and HTTPS health checks: a check passes if the target responds with an expected status code.
import type { IncomingMessage } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { request } from '../../model/base/node-http.ts';
import { targetKey } from '../../model/base/target-key.ts';
import { localHeader } from '../contract/proxy-protocol.ts';
import type { HealthCheckSnapshot } from '../contract/snapshot.ts';
import { findHeadEnd, INCOMPLETE } from '../embedded/http/message/head-parser.ts';
import { Request } from '../embedded/http/message/request.ts';
import { Response, readResponse } from '../embedded/http/message/response.ts';
import { attempt, resultOf } from './attempt.ts';
import type { Probe } from './probe.ts';

const MAX_HEAD_BYTES = 16 * 1024;
/** How long a target may take for its FIN after the response's head. Then its connection is reset. */
const FIN_MS = 100;

/** An error of Node's parser of HTTP, with the bytes that it refuses. */
interface ParseError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer;
}

export const probeHttp: Probe = ({ address, port }, check, signal, hold) => {
  const { timeoutMs, expectedCodes, path, method } = check;
  return attempt({ timeoutMs, late: `no response within ${timeoutMs} ms`, signal }, (finish) => {
    const host = check.host ?? targetKey(address, port);
    const headers = { host, 'user-agent': 'weir-health-check', connection: 'close' };
    let isJudged = false;
    const judge = ({ statusCode = 0 }: Pick<IncomingMessage, 'statusCode'>) => {
      isJudged = true;
      const isExpected = expectedCodes.some(([low, high]) => low <= statusCode && statusCode <= high);
      finish(isExpected ? undefined : `responded with ${statusCode}, which is not an expected code`);
    };
    const socket = connect({ host: address, port });
    socket.on('error', (error) => finish(resultOf(error)));
    // Node queues the PROXY header until the connection is open, so the header precedes all other data.
    if (check.proxyProtocol !== undefined) socket.write(localHeader(check.proxyProtocol));
    const connection = check.protocol === 'HTTPS' ? secured(socket, check) : socket;
    const createConnection = () => connection;
    const sent = request({ path, method, headers, maxHeaderSize: MAX_HEAD_BYTES, createConnection });
    sent.on('response', judge).on('upgrade', judge);
    sent.on('error', (error) => {
      const statusCode = repairedStatus(error);
      if (statusCode === undefined) finish(resultOf(error));
      else judge({ statusCode });
    });
    sent.on('close', () => finish('closed the connection without a response'));
    sent.end();
    const close = () => {
      // The reset comes first, because the end of the request closes the socket.
      if (isJudged) resetSocket(socket);
      sent.destroy();
      socket.destroy();
    };
    // The check asked the target to close. Until then the response's body is left unread, because Node closes the
    // connection at its end.
    return { destroy: () => (isJudged ? afterFin(connection, close, hold?.()) : close()) };
  });
};

/**
 * The status of a response that Node's parser refuses although traffic gets it repaired, such as one with folded lines.
 * Returns `undefined` for any other error.
 */
function repairedStatus({ code, rawPacket }: ParseError): number | undefined {
  if (rawPacket === undefined || code === 'HPE_HEADER_OVERFLOW') return undefined;
  const end = findHeadEnd(rawPacket, 0, 0);
  if (typeof end !== 'number' || end === INCOMPLETE) return undefined;
  const response = new Response();
  return readResponse(rawPacket, 0, end, new Request(), response) === undefined ? response.status : undefined;
}

/** Calls `close` after the target's FIN, or when it has not come in time. */
function afterFin(connection: Socket, close: () => void, onClosed = () => {}): void {
  const timer = setTimeout(close, FIN_MS).unref();
  connection.once('end', () => {
    clearTimeout(timer);
    connection.destroy();
  });
  connection.once('close', () => {
    clearTimeout(timer);
    close();
    onClosed();
  });
}

/** Wraps the connection in TLS. The certificate is not verified, because a check proves only that the target works. */
function secured(socket: Socket, { host = '' }: HealthCheckSnapshot): Socket {
  const name = host.replace(/:\d+$/, '');
  // RFC 6066 section 3: an IP address must not be sent as the server name in a TLS handshake.
  const isName = name !== '' && !name.startsWith('[') && isIP(host) === 0 && isIP(name) === 0;
  return connectTls({ socket, rejectUnauthorized: false, ...(isName ? { servername: name } : {}) });
}

/**
 * Closes the connection by a reset: otherwise each check of a target that does not close would keep a port for a minute
 * (TIME_WAIT).
 */
function resetSocket(socket: Socket): void {
  // Node defers the reset of a socket that still connects, and libuv refuses one while a FIN is on its way.
  if (socket.connecting || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
