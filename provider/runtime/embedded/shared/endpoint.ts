// An endpoint: the transport, address and port of a listening socket, its name, and why it cannot be opened.
import { targetKey } from '../../../model/base/target-key.ts';
import type { ListenerSnapshot } from '../../contract/snapshot.ts';
import { hashOf } from '../../select/hash.ts';

const WORKER_SEED = 2;

export interface Endpoint {
  readonly transport: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

/** Why a listening socket cannot be opened on an endpoint. */
export interface OpenFailure {
  readonly endpoint: Endpoint;
  /** Error code of the system call, such as EADDRINUSE. */
  readonly code: string;
  readonly message: string;
}

type Listening = Pick<ListenerSnapshot, 'protocol' | 'address' | 'port'>;

export function toEndpoint({ protocol, address, port }: Listening): Endpoint {
  return { transport: protocol === 'UDP' ? 'udp' : 'tcp', address, port };
}

/** The endpoint's name in messages and as a key, such as "127.0.0.1:80" or "udp 127.0.0.1:53". */
export function endpointName({ transport, address, port }: Endpoint): string {
  const name = targetKey(address, port);
  return transport === 'udp' ? `udp ${name}` : name;
}

export function endpointNameOf(listener: Listening): string {
  return endpointName(toEndpoint(listener));
}

/**
 * Returns true if the worker opens the endpoint. All workers share the connections of a TCP port. One worker alone gets
 * the datagrams of a UDP port, because all datagrams of a client must meet in one place. The worker is chosen by the
 * endpoint, so that socket and sessions stay where they are if the endpoint passes to another listener.
 */
export function isOpenedBy(endpoint: Endpoint, workerId: number, workers: number): boolean {
  return endpoint.transport === 'tcp' || hashOf(endpointName(endpoint), WORKER_SEED) % workers === workerId;
}

/** Returns true if two sockets without a shared port cannot be open on the two endpoints at the same time. */
export function overlaps(a: Endpoint, b: Endpoint): boolean {
  if (a.transport !== b.transport || a.port !== b.port) return false;
  return a.address === b.address || covers(a.address, b.address) || covers(b.address, a.address);
}

/** Returns true if a wildcard address includes the other address. `::` includes IPv4. */
function covers(wildcard: string, address: string): boolean {
  if (wildcard === '::') return true;
  return wildcard === '0.0.0.0' && !address.includes(':');
}

export function openFailure(endpoint: Endpoint, error: NodeJS.ErrnoException): OpenFailure {
  return { endpoint, code: error.code ?? 'UNKNOWN', message: error.message };
}
