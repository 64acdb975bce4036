// The one function that makes a target's wire identity; diff, store, compile and engines all use it.
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** RFC 4291 2.5.5.2: an IPv4 address as IPv6 writes it. */
const MAPPED_IPV4 = '::ffff:';

/** A target's wire identity, "10.0.0.1:80" or "[2001:db8::1]:80", the address in its shortest form. */
export function targetKey(address: string, port: number): string {
  const canonical = canonicalAddress(address);
  return canonical.includes(':') ? `[${canonical}]:${port}` : `${canonical}:${port}`;
}

/** The address as it is compared: IPv6 in its shortest lower-case form, IPv4 as it is, also where it is mapped into IPv6. */
export function canonicalAddress(address: string): string {
  if (!address.includes(':') || !isIPv6(address)) return address;
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  const mapped = canonical.startsWith(MAPPED_IPV4) ? canonical.slice(MAPPED_IPV4.length) : '';
  return isIPv4(mapped) ? mapped : canonical;
}
