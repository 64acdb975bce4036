// Target keys: a target's address and port in the one form that diff, store, compile and engines share.
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** The prefix of an IPv4 address that is mapped into IPv6 (RFC 4291 2.5.5.2). */
const MAPPED_IPV4 = '::ffff:';

/** The target key, such as "10.0.0.1:80" or "[2001:db8::1]:80", with the address in its shortest form. */
export function targetKey(address: string, port: number): string {
  const canonical = canonicalAddress(address);
  return canonical.includes(':') ? `[${canonical}]:${port}` : `${canonical}:${port}`;
}

/**
 * An address in the form that is compared: IPv6 in its shortest lower-case form, IPv4 as it is, and IPv4 that is mapped
 * into IPv6 as IPv4.
 */
export function canonicalAddress(address: string): string {
  if (!address.includes(':') || !isIPv6(address)) return address;
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  const mapped = canonical.startsWith(MAPPED_IPV4) ? canonical.slice(MAPPED_IPV4.length) : '';
  return isIPv4(mapped) ? mapped : canonical;
}
