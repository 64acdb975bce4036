// Client addresses in one form, so that a client has the same address on every listener.
import { isIPv4 } from 'node:net';

/**
 * The address of a socket's peer without its socket-specific parts: a socket on `::` shows IPv4 clients as
 * ::ffff:a.b.c.d, and link-local addresses come with their interface.
 */
export function plainAddress(address: string): string {
  if (address.startsWith('::ffff:') && isIPv4(address.slice(7))) return address.slice(7);
  const scope = address.indexOf('%');
  return scope === -1 ? address : address.slice(0, scope);
}
