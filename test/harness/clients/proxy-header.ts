// PROXY headers as a load balancer in front sends them, also wrong ones, written from the specification.

/** A header of version 2 with these bytes after its head. */
export function v2Header(command: number, family: number, rest: readonly number[]): Buffer {
  const head = [command, family, rest.length >> 8, rest.length & 0xff, ...rest];
  return Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), Buffer.from(head)]);
}

/** An extension of a version 2 header (a TLV). */
export function extension(type: number, value: readonly number[]): number[] {
  return [type, value.length >> 8, value.length & 0xff, ...value];
}

/** A header of version 2 that has its CRC-32C as its last extension. */
export function v2HeaderWithChecksum(
  family: number,
  addresses: readonly number[],
  extensions: readonly number[],
): Buffer {
  const header = v2Header(0x21, family, [...addresses, ...extensions, ...extension(0x03, [0, 0, 0, 0])]);
  header.writeUInt32BE(crc32c(header), header.length - 4);
  return header;
}

function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
  }
  return ~crc >>> 0;
}
