// Headers of the PROXY protocol, which tell a target the client's address; data planes and health checks send them.
import { isIPv4, isIPv6 } from 'node:net';
import { plainAddress } from '../../model/base/plain-address.ts';
import type { ProxyProtocol } from './snapshot.ts';

interface ProxiedAddress {
  readonly address: string;
  readonly port: number;
}

/** Signature of a version 2 header (section 2.2 of the PROXY protocol). No line of HTTP, SMTP or TLS begins with it. */
export const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Byte 13 of a version 2 header: the version in the high four bits, the command in the low four. */
export const V2_LOCAL = 0x20;
export const V2_PROXY = 0x21;
/**
 * Byte 14 of a version 2 header: the address family in the high four bits, and the transport, a stream, in the low
 * four.
 */
export const V2_TCP4 = 0x11;
export const V2_TCP6 = 0x21;

const V1_UNKNOWN = Buffer.from('PROXY UNKNOWN\r\n', 'latin1');
const V2_UNKNOWN = v2(V2_LOCAL, 0, []);

/**
 * The header for a connection that `source` made to `destination`. Both are IP literals as a socket reports them.
 * Returns the header without client addresses if the two are not of one address family.
 */
export function proxyHeader(version: ProxyProtocol, source: ProxiedAddress, destination: ProxiedAddress): Buffer {
  const from = plainAddress(source.address);
  const to = plainAddress(destination.address);
  const isV4 = isIPv4(from) && isIPv4(to);
  if (!isV4 && !(isIPv6(from) && isIPv6(to))) return localHeader(version);
  if (version === 'v1') {
    return Buffer.from(`PROXY TCP${isV4 ? 4 : 6} ${from} ${to} ${source.port} ${destination.port}\r\n`, 'latin1');
  }
  const bytesOf = isV4 ? ipv4Bytes : ipv6Bytes;
  const addresses = [...bytesOf(from), ...bytesOf(to), ...word(source.port), ...word(destination.port)];
  return v2(V2_PROXY, isV4 ? V2_TCP4 : V2_TCP6, addresses);
}

/** The header for a connection that the runtime makes on its own account, such as a health check. */
export function localHeader(version: ProxyProtocol): Buffer {
  return version === 'v1' ? V1_UNKNOWN : V2_UNKNOWN;
}

function v2(command: number, family: number, addresses: readonly number[]): Buffer {
  return Buffer.concat([V2_SIGNATURE, Buffer.from([command, family, ...word(addresses.length), ...addresses])]);
}

function word(value: number): number[] {
  return [value >> 8, value & 0xff];
}

function ipv4Bytes(address: string): number[] {
  return address.split('.').map(Number);
}

function ipv6Bytes(address: string): number[] {
  const [left = [], right] = address.split('::').map((half) => half.split(':').filter(Boolean).flatMap(hextetBytes));
  return right === undefined ? left : [...left, ...new Array(16 - left.length - right.length).fill(0), ...right];
}

/**
 * Returns the bytes of one colon-separated group of an IPv6 address. The last group may be a dotted IPv4 address, which
 * is four bytes (RFC 4291 2.2).
 */
function hextetBytes(text: string): number[] {
  return text.includes('.') ? ipv4Bytes(text) : word(Number.parseInt(text, 16));
}
