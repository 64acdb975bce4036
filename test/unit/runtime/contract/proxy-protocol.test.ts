// PROXY protocol headers, byte by byte as the specification lays them out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localHeader, proxyHeader } from '../../../../provider/runtime/contract/proxy-protocol.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const hex = (text: string): string => text.replaceAll(' ', '');

const HEADERS: [rule: string, source: [string, number], destination: [string, number], v1: string, v2: string][] = [
  [
    'IPv4',
    ['192.0.2.7', 56_324],
    ['198.51.100.1', 443],
    'PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n',
    '21 11 000c  c0000207 c6336401 dc04 01bb',
  ],
  [
    'the longest IPv4 line',
    ['255.255.255.255', 65_535],
    ['255.255.255.255', 65_535],
    'PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n',
    '21 11 000c  ffffffff ffffffff ffff ffff',
  ],
  [
    'IPv6',
    ['2001:db8::7', 1],
    ['2001:db8:0:1:2:3:4:5', 8080],
    'PROXY TCP6 2001:db8::7 2001:db8:0:1:2:3:4:5 1 8080\r\n',
    '21 21 0024  20010db8000000000000000000000007 20010db8000000010002000300040005 0001 1f90',
  ],
  [
    'IPv6 with zeros at either end',
    ['::1', 2],
    ['2001:db8::', 3],
    'PROXY TCP6 ::1 2001:db8:: 2 3\r\n',
    '21 21 0024  00000000000000000000000000000001 20010db8000000000000000000000000 0002 0003',
  ],
  [
    'IPv6 that ends as IPv4',
    ['::192.0.2.7', 2],
    ['64:ff9b::192.0.2.8', 3],
    'PROXY TCP6 ::192.0.2.7 64:ff9b::192.0.2.8 2 3\r\n',
    '21 21 0024  000000000000000000000000c0000207 0064ff9b0000000000000000c0000208 0002 0003',
  ],
  [
    'IPv4 on a socket of IPv6',
    ['::ffff:192.0.2.7', 2],
    ['::ffff:198.51.100.1', 3],
    'PROXY TCP4 192.0.2.7 198.51.100.1 2 3\r\n',
    '21 11 000c  c0000207 c6336401 0002 0003',
  ],
  [
    'a link-local address, without its interface',
    ['fe80::1%eth0', 2],
    ['fe80::2%eth0', 3],
    'PROXY TCP6 fe80::1 fe80::2 2 3\r\n',
    '21 21 0024  fe800000000000000000000000000001 fe800000000000000000000000000002 0002 0003',
  ],
  ['a socket that is gone', ['', 0], ['198.51.100.1', 3], 'PROXY UNKNOWN\r\n', '20 00 0000'],
  ['two families', ['192.0.2.7', 2], ['::1', 3], 'PROXY UNKNOWN\r\n', '20 00 0000'],
];

for (const [rule, [from, fromPort], [to, toPort], v1, v2] of HEADERS) {
  test(`header: ${rule}`, () => {
    const source = { address: from, port: fromPort };
    const destination = { address: to, port: toPort };
    assert.equal(proxyHeader('v1', source, destination).toString('latin1'), v1);
    assert.equal(proxyHeader('v2', source, destination).toString('hex'), SIGNATURE + hex(v2));
  });
}

test("a connection of the runtime's own has UNKNOWN in version 1 and LOCAL in version 2", () => {
  assert.equal(localHeader('v1').toString('latin1'), 'PROXY UNKNOWN\r\n');
  assert.equal(localHeader('v2').toString('hex'), `${SIGNATURE}20000000`);
});
