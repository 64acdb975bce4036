// Binding of an address and port by a handle, which can be passed to another thread or process and listen there.
import { isIPv6 } from 'node:net';
import { type BoundHandle, HANDLE_KINDS, handleBindings, REUSE_PORT } from './bindings.ts';
import { libuvError } from './libuv-error.ts';

/**
 * Binds an address literal and port, which other sockets of this user may share. Throws the error of the system call,
 * with its `code`.
 */
export function bindHandle(transport: 'tcp' | 'udp', address: string, port: number): BoundHandle {
  const { TCP, UDP } = handleBindings;
  const handle = transport === 'tcp' ? new TCP(HANDLE_KINDS.SERVER) : new UDP();
  const flags = REUSE_PORT[transport];
  const status = isIPv6(address) ? handle.bind6(address, port, flags) : handle.bind(address, port, flags);
  if (status === 0) return handle;
  handle.close();
  throw libuvError('bind', status, { address, port });
}
