// The one function that makes a target's wire identity; diff, store, compile and engines all use it.
import { isIPv6, SocketAddress } from 'node:net';

/** A target's wire identity, "10.0.0.1:80" or "[2001:db8::1]:80", the address in its shortest form. */
export function targetKey(address: string, port: number): string {
  const canonical = canonicalAddress(address);
  return canonical.includes(':') ? `[${canonical}]:${port}` : `${canonical}:${port}`;
}

/** The address as it is compared: IPv6 in its shortest lower-case form, IPv4 as it is. */
export function canonicalAddress(address: string): string {
  if (!address.includes(':') || !isIPv6(address)) return address;
  return new SocketAddress({ address, family: 'ipv6' }).address;
}
