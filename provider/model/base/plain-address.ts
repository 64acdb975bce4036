// An address as a socket gives it, in the form in which one client has the same address on every listener.
import { isIPv4 } from 'node:net';

/** A socket on `::` gives IPv4 clients as ::ffff:a.b.c.d; link-local addresses come with their interface. */
export function plainAddress(address: string): string {
  if (address.startsWith('::ffff:') && isIPv4(address.slice(7))) return address.slice(7);
  const scope = address.indexOf('%');
  return scope === -1 ? address : address.slice(0, scope);
}
