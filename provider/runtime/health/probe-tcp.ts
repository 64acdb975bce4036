// TCP health checks: a check passes if the target accepts a connection.
import { connect } from 'node:net';
import { localHeader } from '../contract/proxy-protocol.ts';
import { attempt, resultOf } from './attempt.ts';
import type { Probe } from './probe.ts';

export const probeTcp: Probe = ({ address, port }, { timeoutMs, proxyProtocol }, signal) =>
  attempt({ timeoutMs, late: `no connection within ${timeoutMs} ms`, signal }, (finish) => {
    const socket = connect({ host: address, port });
    socket.on('error', (error) => finish(resultOf(error)));
    socket.once('connect', () => {
      if (proxyProtocol === undefined) finish(undefined);
      // Sends a PROXY header, because a target that expects the header would report a connection without it as a fault.
      else socket.write(localHeader(proxyProtocol), (error) => finish(error ? resultOf(error) : undefined));
    });
    // No reset, which would keep no port (TIME_WAIT): many a simple TCP server ends itself at a reset.
    return socket;
  });
