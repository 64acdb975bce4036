// An HTTP or HTTPS check: the target responds to a request with an expected code; the response is read no further than its head.
import { type IncomingMessage, request } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { targetKey } from '../../model/base/target-key.ts';
import { localHeader } from '../contract/proxy-protocol.ts';
import type { HealthCheckSnapshot } from '../contract/snapshot.ts';
import { attempt } from './attempt.ts';
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
    socket.on('error', (error) => finish(error.message));
    // Queued until it is connected, and so before everything else.
    if (check.proxyProtocol !== undefined) socket.write(localHeader(check.proxyProtocol));
    const createConnection = () => (check.protocol === 'HTTPS' ? secured(socket, check) : socket);
    const sent = request({ path, method, headers, maxHeaderSize: MAX_HEAD_BYTES, createConnection });
    sent.on('response', judge).on('upgrade', judge);
    sent.on('error', (error) => finish(error.message));
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

/** A check proves that the target lives, not who it is: its certificate is not verified. */
function secured(socket: Socket, { host = '' }: HealthCheckSnapshot): Socket {
  const name = host.replace(/:\d+$/, '');
  // RFC 6066 section 3: an address is no server name.
  const isName = name !== '' && !name.startsWith('[') && isIP(host) === 0 && isIP(name) === 0;
  return connectTls({ socket, rejectUnauthorized: false, ...(isName ? { servername: name } : {}) });
}
