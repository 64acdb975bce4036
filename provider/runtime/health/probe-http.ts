// HTTP and HTTPS health checks: a check passes if the target responds with an expected status code.
import { type IncomingMessage, request } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { targetKey } from '../../model/base/target-key.ts';
import { localHeader } from '../contract/proxy-protocol.ts';
import type { HealthCheckSnapshot } from '../contract/snapshot.ts';
import { attempt, resultOf } from './attempt.ts';
import type { Probe } from './probe.ts';

const MAX_HEAD_BYTES = 16 * 1024;

export const probeHttp: Probe = ({ address, port }, check, signal) => {
  const { timeoutMs, expectedCodes, path, method } = check;
  return attempt({ timeoutMs, late: `no response within ${timeoutMs} ms`, signal }, (finish) => {
    const host = check.host ?? targetKey(address, port);
    const headers = { host, 'user-agent': 'weir-health-check', connection: 'close' };
    const judge = ({ statusCode = 0 }: IncomingMessage) => {
      const isExpected = expectedCodes.some(([low, high]) => low <= statusCode && statusCode <= high);
      finish(isExpected ? undefined : `responded with ${statusCode}, which is not an expected code`);
    };
    const socket = connect({ host: address, port });
    socket.on('error', (error) => finish(resultOf(error)));
    // Node queues the PROXY header until the connection is open, so the header precedes all other data.
    if (check.proxyProtocol !== undefined) socket.write(localHeader(check.proxyProtocol));
    const createConnection = () => (check.protocol === 'HTTPS' ? secured(socket, check) : socket);
    const sent = request({ path, method, headers, maxHeaderSize: MAX_HEAD_BYTES, createConnection });
    sent.on('response', judge).on('upgrade', judge);
    sent.on('error', (error) => finish(resultOf(error)));
    sent.on('close', () => finish('closed the connection without a response'));
    sent.end();
    return {
      destroy: () => {
        sent.destroy();
        socket.destroy();
      },
    };
  });
};

/** Wraps the connection in TLS. The certificate is not verified, because a check proves only that the target works. */
function secured(socket: Socket, { host = '' }: HealthCheckSnapshot): Socket {
  const name = host.replace(/:\d+$/, '');
  // RFC 6066 section 3: an IP address must not be sent as the server name in a TLS handshake.
  const isName = name !== '' && !name.startsWith('[') && isIP(host) === 0 && isIP(name) === 0;
  return connectTls({ socket, rejectUnauthorized: false, ...(isName ? { servername: name } : {}) });
}
