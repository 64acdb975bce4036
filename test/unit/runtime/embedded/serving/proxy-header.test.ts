// PROXY headers of a load balancer in front: which are accepted, what they name, and that nothing after them is read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyHeader } from '../../../../../provider/runtime/contract/proxy-protocol.ts';
import type { ConnectionEnds } from '../../../../../provider/runtime/embedded/io/connection.ts';
import {
  BAD_HEADER,
  missingBytes,
  parseProxyHeader,
  UNNAMED,
} from '../../../../../provider/runtime/embedded/serving/proxy-header.ts';
import { extension, v2Header, v2HeaderWithChecksum } from '../../../../harness/clients/proxy-header.ts';

type Result = ConnectionEnds | typeof UNNAMED | typeof BAD_HEADER;

/** Reads `header`, which other bytes follow, as a connection does, `step` bytes at most at a time. */
function read(header: Buffer, step: number): { readonly result: Result; readonly length: number } {
  const stream = Buffer.concat([header, Buffer.alloc(5_000, 'PROXY TCP4 6.6.6.6 ')]);
  let length = 0;
  for (;;) {
    const missing = missingBytes(stream.subarray(0, length));
    if (missing < 0) return { result: BAD_HEADER, length };
    if (missing === 0) return { result: parseProxyHeader(stream.subarray(0, length)), length };
    length += Math.min(missing, step);
  }
}

const FROM_4 = { address: '192.0.2.1', port: 56_324 };
const TO_4 = { address: '198.51.100.1', port: 443 };
const FROM_6 = { address: '2001:db8::1', port: 1 };
const TO_6 = { address: '2001:db8::2', port: 65_535 };
const V4 = { remote: FROM_4, local: TO_4 };
const V6 = { remote: FROM_6, local: TO_6 };
const v1 = (text: string) => Buffer.from(`${text}\r\n`, 'latin1');
const TCP4 = [192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 0x04, 0x01, 0xbb];

const ACCEPTED: readonly (readonly [rule: string, header: Buffer, result: Result])[] = [
  ['v1, IPv4', proxyHeader('v1', FROM_4, TO_4), V4],
  ['v1, IPv6', proxyHeader('v1', FROM_6, TO_6), V6],
  ['v1, IPv6 in another form', v1('PROXY TCP6 2001:DB8:0:0:0:0:0:1 2001:db8:0::2 1 65535'), V6],
  [
    'v1, the longest addresses',
    v1(`PROXY TCP6 ${Array(8).fill('ffff').join(':')} ${Array(8).fill('ffff').join(':')} 65535 65535`),
    {
      remote: { address: Array(8).fill('ffff').join(':'), port: 65_535 },
      local: { address: Array(8).fill('ffff').join(':'), port: 65_535 },
    },
  ],
  ['v1, IPv4 in IPv6', v1('PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.1 56324 443'), V4],
  ['v1, UNKNOWN', v1('PROXY UNKNOWN'), UNNAMED],
  ['v1, UNKNOWN with something', v1('PROXY UNKNOWN ffff::1 x y z'), UNNAMED],
  ['v2, IPv4', proxyHeader('v2', FROM_4, TO_4), V4],
  ['v2, IPv6', proxyHeader('v2', FROM_6, TO_6), V6],
  ['v2, LOCAL', v2Header(0x20, 0, []), UNNAMED],
  ['v2, LOCAL with addresses, which do not count', v2Header(0x20, 0x11, TCP4), UNNAMED],
  ['v2, UNSPEC', v2Header(0x21, 0, []), UNNAMED],
  ['v2, UNSPEC with bytes', v2Header(0x21, 0, [1, 2, 3]), UNNAMED],
  ['v2, a UNIX socket', v2Header(0x21, 0x31, Array(216).fill(0)), UNNAMED],
  ['v2, datagrams', v2Header(0x21, 0x12, TCP4), UNNAMED],
  [
    'v2, extensions: ALPN, padding, an unknown one and an empty one',
    v2Header(0x21, 0x11, [
      ...TCP4,
      ...extension(0x01, [...Buffer.from('h2')]),
      ...extension(0x04, Array(3000).fill(0)),
      ...extension(0xea, [1]),
      ...extension(0x05, []),
    ]),
    V4,
  ],
  ['v2, a right checksum', v2HeaderWithChecksum(0x11, TCP4, extension(0x01, [...Buffer.from('h2')])), V4],
];

/** Lines of version 1 that are refused. */
const REFUSED_LINES: readonly (readonly [rule: string, line: string])[] = [
  ['in small letters', 'proxy TCP4 192.0.2.1 198.51.100.1 1 2'],
  ['with another protocol', 'PROXY UDP4 192.0.2.1 198.51.100.1 1 2'],
  ['with the other family', 'PROXY TCP6 192.0.2.1 198.51.100.1 1 2'],
  ['with mixed families', 'PROXY TCP4 192.0.2.1 2001:db8::1 1 2'],
  ['with a name', 'PROXY TCP4 localhost 198.51.100.1 1 2'],
  ['with an address that has leading zeros', 'PROXY TCP4 192.0.02.1 198.51.100.1 1 2'],
  ['with an interface', 'PROXY TCP6 fe80::1%lo fe80::2 1 2'],
  ['with a port above all', 'PROXY TCP4 192.0.2.1 198.51.100.1 65536 2'],
  ['with a port with a leading zero', 'PROXY TCP4 192.0.2.1 198.51.100.1 01 2'],
  ['with a negative port', 'PROXY TCP4 192.0.2.1 198.51.100.1 -1 2'],
  ['with two spaces', 'PROXY TCP4  192.0.2.1 198.51.100.1 1 2'],
  ['with a missing port', 'PROXY TCP4 192.0.2.1 198.51.100.1 1'],
  ['with one field more', 'PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3'],
];

const REFUSED: readonly (readonly [rule: string, header: Buffer])[] = [
  ['nothing of the kind', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
  ['a TLS hello', Buffer.from([0x16, 3, 1, 2, 0, 1])],
  ...REFUSED_LINES.map(([rule, line]) => [`v1 ${rule}`, v1(line)] as const),
  ['v1 with a bare LF', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 1 2\nGET / HTTP/1.1\r\n')],
  ['v1 with a bare CR', Buffer.from('PROXY TCP4 192.0.2.1\r198.51.100.1 1 2\r\n')],
  ['v1 with a NUL', Buffer.from('PROXY TCP4 192.0.2.1\0 198.51.100.1 1 2\r\n')],
  ['v1, one byte too long', v1(`PROXY UNKNOWN ${'x'.repeat(107 - 15)}`)],
  ['v2 with a wrong signature', Buffer.from('\r\n\r\n\0\r\nQUIX\n!\x11\0\0')],
  ['v2 of version 1', v2Header(0x11, 0x11, TCP4)],
  ['v2 of version 3', v2Header(0x31, 0x11, TCP4)],
  ['v2 with an unknown command', v2Header(0x22, 0x11, TCP4)],
  ['v2 with an unknown family', v2Header(0x21, 0x41, TCP4)],
  ['v2 with an unknown transport', v2Header(0x21, 0x13, TCP4)],
  ['v2 without room for its addresses', v2Header(0x21, 0x11, TCP4.slice(0, -1))],
  ['v2 of IPv6 with addresses of IPv4', v2Header(0x21, 0x21, TCP4)],
  ['v2 over 4096 bytes', v2Header(0x21, 0x11, [...TCP4, ...extension(0x04, Array(4096).fill(0))])],
  ['v2 with half an extension', v2Header(0x21, 0x11, [...TCP4, 4, 0])],
  ['v2 with an extension that is longer than the header', v2Header(0x21, 0x11, [...TCP4, 4, 0, 2, 0])],
  ['v2 with a wrong checksum', v2Header(0x21, 0x11, [...TCP4, ...extension(0x03, [1, 2, 3, 4])])],
  ['v2 with a short checksum', v2Header(0x21, 0x11, [...TCP4, ...extension(0x03, [1, 2, 3])])],
];

for (const [rule, header, result] of ACCEPTED) {
  test(`accepted in pieces of every size, and nothing after it is read: ${rule}`, () => {
    for (let step = 1; step <= header.length; step++) {
      assert.deepEqual(read(header, step), { result, length: header.length }, `${step} bytes at a time`);
    }
  });
}

for (const [rule, header] of REFUSED) {
  test(`refused: ${rule}`, () => {
    for (const step of [1, 7, 5_000]) {
      const { result, length } = read(header, step);
      assert.equal(result, BAD_HEADER);
      assert.ok(length <= Math.max(header.length, 107), 'no more is read than a header may have');
    }
  });
}
