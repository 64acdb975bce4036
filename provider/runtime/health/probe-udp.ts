// UDP health checks: a check sends a datagram and fails if the datagram is refused or the expected response is missing.
import { createSocket } from 'node:dgram';
import { payloadBytes } from '../../model/base/payload.ts';
import { attempt, resultOf } from './attempt.ts';
import type { Probe } from './probe.ts';

export const probeUdp: Probe = ({ address, port }, { timeoutMs, send = '', expect }, signal) => {
  const expected = expect === undefined ? undefined : payloadBytes(expect);
  // Many protocols respond only to valid messages, so without `expect` only a refused datagram fails the check.
  const late = expected === undefined ? undefined : `no response within ${timeoutMs} ms`;
  return attempt({ timeoutMs, late, signal }, (finish) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', (error) => finish(resultOf(error)));
    socket.on('message', (response) => {
      const isExpected = expected === undefined || response.includes(expected);
      finish(isExpected ? undefined : 'the response does not contain the expected text');
    });
    // The socket is bound first, because a socket that fails to bind inside connect() can never be closed.
    socket.bind({ port: 0, exclusive: true }, () => {
      // A connected socket receives datagrams of this target only, and ICMP "port unreachable" as an error.
      socket.connect(port, address, (error?: Error) => {
        // Without a network route or permission, `connect` fails with an error. A `send` would throw it uncaught.
        if (error) finish(resultOf(error));
        else socket.send(payloadBytes(send));
      });
    });
    return { destroy: () => socket.close() };
  });
};
