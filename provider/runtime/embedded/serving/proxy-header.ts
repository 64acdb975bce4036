// The reader of PROXY protocol headers, versions 1 and 2, by which a load balancer in front names the client. Pure.
import { isIPv4, isIPv6 } from 'node:net';
import { canonicalAddress } from '../../../model/base/target-key.ts';
import { V2_LOCAL, V2_PROXY, V2_SIGNATURE, V2_TCP4, V2_TCP6 } from '../../contract/proxy-protocol.ts';
import type { ConnectionEnd, ConnectionEnds } from '../io/connection.ts';

/** The result for bytes that cannot be, or cannot become, a header that is accepted. */
export const BAD_HEADER = -1;
/** The result of `parseProxyHeader` for a header that names no client. */
export const UNNAMED = 0;

/** The longest header of version 1 with its CRLF, and the shortest one (section 2.1 of the PROXY protocol). */
const V1_MAX_BYTES = 107;
const V1_MIN_BYTES = 15;
const V1_PREFIX = Buffer.from('PROXY ', 'latin1');
const V1 = /^PROXY TCP([46]) (\S{2,39}) (\S{2,39}) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})\r\n$/;
const V1_UNKNOWN = /^PROXY UNKNOWN(?: [^\r\n]*)?\r\n$/;

/** The part of a version 2 header before the addresses (section 2.2). */
const V2_HEAD_BYTES = 16;
/** Limit for the addresses and extensions of a version 2 header, which may have 64 KiB by the protocol. */
const V2_MAX_BYTES = 4096 - V2_HEAD_BYTES;
/** Families and transports of version 2 whose addresses are not read: unspecified ones, datagrams, and UNIX sockets. */
const UNREAD = new Set([0x00, 0x01, 0x02, 0x10, 0x12, 0x20, 0x22, 0x30, 0x31, 0x32]);
/** Type of the extension that has a checksum of the whole header (section 2.2.3). */
const CRC32C = 0x03;
const CRC32C_BYTES = 4;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/**
 * Returns how many bytes may be read after `header`, the beginning of a connection, without a byte that comes after the
 * header: 0 if the header is whole.
 */
export function missingBytes(header: Buffer): number {
  // No header of either version is shorter.
  if (header.length === 0) return V1_MIN_BYTES;
  if (beginsLike(header, V2_SIGNATURE)) {
    if (header.length < V2_HEAD_BYTES) return V2_HEAD_BYTES - header.length;
    const length = header.readUInt16BE(14);
    return length > V2_MAX_BYTES ? BAD_HEADER : V2_HEAD_BYTES + length - header.length;
  }
  return beginsLike(header, V1_PREFIX) ? missingV1Bytes(header) : BAD_HEADER;
}

/** Reads a whole header: the ends of the client's connection, UNNAMED or BAD_HEADER. */
export function parseProxyHeader(header: Buffer): ConnectionEnds | typeof UNNAMED | typeof BAD_HEADER {
  return header[0] === V2_SIGNATURE[0] ? readV2(header) : readV1(header.toString('latin1'));
}

/** Returns true if the bytes, or as many as have come, are those of the prefix. */
function beginsLike(header: Buffer, prefix: Buffer): boolean {
  const length = Math.min(header.length, prefix.length);
  return header.compare(prefix, 0, length, 0, length) === 0;
}

function missingV1Bytes(header: Buffer): number {
  const { length } = header;
  if (length < V1_MIN_BYTES) return V1_MIN_BYTES - length;
  const cr = header.indexOf('\r');
  if (cr !== -1 && cr < length - 1) return header.indexOf('\r\n') === length - 2 ? 0 : BAD_HEADER;
  if (length >= V1_MAX_BYTES) return BAD_HEADER;
  if (cr !== -1) return 1;
  // A space and at least one character are missing for each field that has not begun, and CRLF after the last one.
  const fields = header.toString('latin1').split(' ').length;
  const isNamed = header[V1_PREFIX.length] !== 0x55;
  return Math.min(2 + (isNamed ? 2 * Math.max(0, 6 - fields) : 0), V1_MAX_BYTES - length);
}

function readV1(line: string): ConnectionEnds | typeof UNNAMED | typeof BAD_HEADER {
  if (V1_UNKNOWN.test(line)) return UNNAMED;
  const [, version, from = '', to = '', fromPort, toPort] = V1.exec(line) ?? [];
  const isAddress = version === '4' ? isIPv4 : isIPv6;
  // `isIPv6` permits the interface of a link-local address.
  if (![from, to].every((address) => isAddress(address) && !address.includes('%'))) return BAD_HEADER;
  if (Number(fromPort) > 0xffff || Number(toPort) > 0xffff) return BAD_HEADER;
  return { remote: endOf(from, Number(fromPort)), local: endOf(to, Number(toPort)) };
}

function readV2(header: Buffer): ConnectionEnds | typeof UNNAMED | typeof BAD_HEADER {
  const [command, family = 0] = header.subarray(12, 14);
  if (command === V2_LOCAL) return UNNAMED;
  if (command !== V2_PROXY) return BAD_HEADER;
  if (family !== V2_TCP4 && family !== V2_TCP6) return UNREAD.has(family) ? UNNAMED : BAD_HEADER;
  const addressBytes = family === V2_TCP4 ? 4 : 16;
  const portsAt = V2_HEAD_BYTES + 2 * addressBytes;
  if (header.length < portsAt + 4 || !areExtensionsRight(header, portsAt + 4)) return BAD_HEADER;
  const end = (at: number, portAt: number) => {
    return endOf(addressAt(header.subarray(at, at + addressBytes)), header.readUInt16BE(portAt));
  };
  const remote = end(V2_HEAD_BYTES, portsAt);
  return { remote, local: end(V2_HEAD_BYTES + addressBytes, portsAt + 2) };
}

/** Returns true if the extensions fill the rest of the header, and a checksum among them is right. */
function areExtensionsRight(header: Buffer, from: number): boolean {
  let at = from;
  while (at < header.length) {
    if (at + 3 > header.length) return false;
    const [type, valueAt] = [header[at], at + 3];
    at = valueAt + header.readUInt16BE(at + 1);
    if (at > header.length) return false;
    if (type !== CRC32C) continue;
    if (at - valueAt !== CRC32C_BYTES || checksum(header, valueAt) !== header.readUInt32BE(valueAt)) return false;
  }
  return true;
}

/** The CRC-32C of the header, in which the four bytes at `zeroAt`, those of the checksum itself, count as 0. */
function checksum(header: Buffer, zeroAt: number): number {
  let crc = 0xffffffff;
  for (const [at, byte] of header.entries()) {
    const counted = at >= zeroAt && at < zeroAt + CRC32C_BYTES ? 0 : byte;
    crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ counted) & 0xff] as number);
  }
  return ~crc >>> 0;
}

function addressAt(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  return (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
}

function endOf(address: string, port: number): ConnectionEnd {
  return { address: canonicalAddress(address), port };
}
