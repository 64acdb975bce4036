// Where a listener listens: its one name in messages and as a key, and why it cannot be opened.
import { targetKey } from '../../../model/base/target-key.ts';
import type { ListenerSnapshot } from '../../contract/snapshot.ts';
import { hashOf } from '../../select/hash.ts';

const OWNER_SEED = 2;

export interface Endpoint {
  readonly transport: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

/** Why an endpoint cannot be listened on. */
export interface OpenFailure {
  readonly endpoint: Endpoint;
  /** Of the system call, such as EADDRINUSE. */
  readonly code: string;
  readonly message: string;
}

type Listening = Pick<ListenerSnapshot, 'protocol' | 'address' | 'port'>;

export function toEndpoint({ protocol, address, port }: Listening): Endpoint {
  return { transport: protocol === 'UDP' ? 'udp' : 'tcp', address, port };
}

/** "127.0.0.1:80", "udp 127.0.0.1:53". */
export function endpointName({ transport, address, port }: Endpoint): string {
  const name = targetKey(address, port);
  return transport === 'udp' ? `udp ${name}` : name;
}

export function endpointNameOf(listener: Listening): string {
  return endpointName(toEndpoint(listener));
}

/**
 * Connections of one port are shared by all workers; datagrams by none, since those of one client must meet in one
 * place. It goes by the endpoint, so that whichever listener has it, its socket and its sessions stay where they are.
 */
export function isOpenedBy(endpoint: Endpoint, workerId: number, workers: number): boolean {
  return endpoint.transport === 'tcp' || hashOf(endpointName(endpoint), OWNER_SEED) % workers === workerId;
}

/** Two sockets that do not share the port cannot have them both. */
export function overlaps(a: Endpoint, b: Endpoint): boolean {
  if (a.transport !== b.transport || a.port !== b.port) return false;
  return a.address === b.address || covers(a.address, b.address) || covers(b.address, a.address);
}

/** `::` takes IPv4 too. */
function covers(wildcard: string, address: string): boolean {
  if (wildcard === '::') return true;
  return wildcard === '0.0.0.0' && !address.includes(':');
}

export function openFailure(endpoint: Endpoint, error: NodeJS.ErrnoException): OpenFailure {
  return { endpoint, code: error.code ?? 'UNKNOWN', message: error.message };
}
