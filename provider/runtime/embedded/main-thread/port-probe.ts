// Asks the kernel whether an address and port are free, before workers share them, and says why a listener cannot have them.
import * as net from 'node:net';
import type { Refusal } from '../../contract/engine.ts';
import { datagramSocket } from '../io/datagram-socket.ts';
import { type Endpoint, endpointName, type OpenFailure, openFailure } from '../shared/endpoint.ts';

/**
 * Binds once without SO_REUSEPORT: a worker's own bind has it, and so would succeed beside another runtime of the same
 * user, or on 127.0.0.1 beside a 0.0.0.0 of the same port. Undefined: it is free.
 */
export async function probePort(endpoint: Endpoint): Promise<OpenFailure | undefined> {
  const { transport, address, port } = endpoint;
  const { promise, resolve } = Promise.withResolvers<OpenFailure | undefined>();
  const onError = (error: Error) => resolve(openFailure(endpoint, error));
  if (transport === 'udp') {
    const socket = datagramSocket(address);
    socket.once('error', (error) => {
      socket.close();
      onError(error);
    });
    socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve(undefined)));
  } else {
    const server = net.createServer().once('error', onError);
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  }
  return await promise;
}

/** What a listener's owner is told. A listener has no address of its own: that is its load balancer's. */
export function endpointRefusal(listenerId: string, { endpoint, code, message }: OpenFailure): Refusal {
  const name = endpointName(endpoint);
  switch (code) {
    case 'EADDRINUSE': {
      const problem = {
        path: 'port',
        message: `${name} is in use by another process or listener: stop that one, or give another port`,
      };
      return { listenerId, code: 'PortInUse', problem };
    }
    case 'EACCES': {
      const problem = { path: 'port', message: `The runtime has no permission to listen on ${name}.` };
      return { listenerId, code: 'InvalidParameter', problem };
    }
    case 'EADDRNOTAVAIL': {
      const text = `${endpoint.address}, the load balancer's address, is not an address of the runtime's machine.`;
      return { listenerId, code: 'InvalidParameter', problem: { path: 'loadBalancerId', message: text } };
    }
    default: {
      const problem = { path: 'port', message: `The runtime cannot listen on ${name}: ${message}` };
      return { listenerId, code: 'InvalidParameter', problem };
    }
  }
}
