// The probe whether the kernel has an endpoint free, and the refusal for a listener that cannot have it.
import * as net from 'node:net';
import type { Refusal } from '../../contract/engine.ts';
import { datagramSocket } from '../io/datagram-socket.ts';
import { type Endpoint, endpointName, type OpenFailure, openFailure } from '../shared/endpoint.ts';

/**
 * Checks that an endpoint is free by binding it once without SO_REUSEPORT. A worker's own bind has that option, and
 * would also succeed beside another runtime of the same user, or on 127.0.0.1 beside 0.0.0.0 on the same port. Returns
 * `undefined` if the endpoint is free.
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

/** The refusal of a listener whose endpoint cannot be opened. The address is a property of its load balancer. */
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
      const problem = {
        path: 'port',
        message: `The runtime has no permission to listen on ${name}: give it the capability CAP_NET_BIND_SERVICE, or choose a port above 1023.`,
      };
      return { listenerId, code: 'InvalidParameter', problem };
    }
    case 'EADDRNOTAVAIL': {
      const text = `${endpoint.address}, the load balancer's address, is not an address of the runtime's machine: choose one that is.`;
      return { listenerId, code: 'InvalidParameter', problem: { path: 'loadBalancerId', message: text } };
    }
    default: {
      const problem = { path: 'port', message: `The runtime cannot listen on ${name}: ${message}` };
      return { listenerId, code: 'InvalidParameter', problem };
    }
  }
}
