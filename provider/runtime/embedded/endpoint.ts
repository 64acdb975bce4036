// Where a listener listens, and its one name in messages and as a key.
import { targetKey } from '../../model/target-key.ts';
import type { ListenerSnapshot } from '../snapshot.ts';

export interface Endpoint {
  readonly transport: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

export function toEndpoint({
  protocol,
  address,
  port,
}: Pick<ListenerSnapshot, 'protocol' | 'address' | 'port'>): Endpoint {
  return { transport: protocol === 'UDP' ? 'udp' : 'tcp', address, port };
}

/** "127.0.0.1:80", "udp 127.0.0.1:53". */
export function endpointName({ transport, address, port }: Endpoint): string {
  const name = targetKey(address, port);
  return transport === 'udp' ? `udp ${name}` : name;
}
