// A UDP check: a datagram is sent, and the response, or that none is refused, shows that the target lives.
import { createSocket } from 'node:dgram';
import { payloadBytes } from '../../model/base/payload.ts';
import { attempt } from './attempt.ts';
import type { Probe } from './probe.ts';

export const probeUdp: Probe = ({ address, port }, { timeoutMs, send = '', expect }, signal) => {
  const expected = expect === undefined ? undefined : payloadBytes(expect);
  // Silence proves nothing, but many protocols respond only to what they know: without `expect` only a refusal fails.
  const late = expected === undefined ? undefined : `no response within ${timeoutMs} ms`;
  return attempt({ timeoutMs, late, signal }, (finish) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', (error) => finish(error.message));
    socket.on('message', (response) => {
      const isExpected = expected === undefined || response.includes(expected);
      finish(isExpected ? undefined : 'the response does not contain the expected text');
    });
    // Connected, it gets datagrams of this target only, and the ICMP "port unreachable" as an error.
    socket.connect(port, address, (error?: Error) => {
      // Of an address that no route or permission leads to; sent all the same, it would throw where nobody catches.
      if (error) finish(error.message);
      else socket.send(payloadBytes(send));
    });
    return { destroy: () => socket.close() };
  });
};
