// Trusted proxies: which addresses are trusted, and what a target gets about the client behind a proxy.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findHeadEnd } from '../../../../../../provider/runtime/embedded/http/message/head-parser.ts';
import { Request, readRequest } from '../../../../../../provider/runtime/embedded/http/message/request.ts';
import { forwardedLines } from '../../../../../../provider/runtime/embedded/http/message/rewrite.ts';
import {
  type TrustedConnection,
  TrustedProxies,
} from '../../../../../../provider/runtime/embedded/http/message/trusted-proxies.ts';

const MATCHES: [blocks: string[], address: string, isTrusted: boolean][] = [
  [['10.0.0.0/8'], '10.255.0.1', true],
  [['10.0.0.0/8'], '11.0.0.1', false],
  [['10.0.0.0/8'], '::ffff:10.0.0.1', true],
  [['192.0.2.7/32'], '192.0.2.7', true],
  [['192.0.2.7/32'], '192.0.2.8', false],
  [['0.0.0.0/0'], '192.0.2.8', true],
  [['0.0.0.0/0'], '2001:db8::1', false],
  [['2001:db8::/32'], '2001:db8:ffff::1', true],
  [['2001:db8::/32'], '2001:db9::1', false],
  [['2001:db8::/32'], '10.0.0.1', false],
  [['fe80::/10'], 'fe80::1%eth0', true],
  [['10.0.0.0/8', '::1/128'], '::1', true],
  [[], '10.0.0.1', false],
  [['0.0.0.0/0', '::/0'], '', false],
];

for (const [blocks, address, isTrusted] of MATCHES) {
  test(`${JSON.stringify(address)} is ${isTrusted ? '' : 'not '}in [${blocks}]`, () => {
    assert.equal(new TrustedProxies(blocks).has(address), isTrusted);
  });
}

/** Returns the header lines about forwarding that a target gets after the Host line. */
function told(sent: string, forwarded: string | TrustedConnection): string {
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${sent}\r\n`, 'latin1');
  const request = new Request();
  assert.equal(readRequest(bytes, 0, findHeadEnd(bytes, 0, 0) as number, forwarded, 'a', request), undefined);
  return request.head.slice('GET / HTTP/1.1\r\nHost: a\r\n'.length, -2);
}

const TRUSTED: TrustedConnection = { remoteAddress: '::ffff:10.0.0.1', protocol: 'http', localPort: 8080 };
const lines = (chain: string, proto: string, port: string): string =>
  `X-Forwarded-For: ${chain}\r\nX-Forwarded-Proto: ${proto}\r\nX-Forwarded-Port: ${port}\r\n`;
const F = 'X-Forwarded-';

const CHAINS: [rule: string, sent: string, expected: string][] = [
  ['no fields: the lines describe this connection', '', lines('10.0.0.1', 'http', '8080')],
  [
    'X-Forwarded-For of a client: the proxy is added',
    `${F}For: 192.0.2.7\r\n`,
    lines('192.0.2.7, 10.0.0.1', 'http', '8080'),
  ],
  ['lines join in order', `${F}For: a, b\r\n${F}For: c\r\n`, lines('a, b, c, 10.0.0.1', 'http', '8080')],
  ['an empty line adds nothing', `${F}For:\r\n${F}For: c\r\n`, lines('c, 10.0.0.1', 'http', '8080')],
  [
    'X-Forwarded-Proto and -Port pass unchanged',
    `${F}Proto: HTTPS\r\n${F}Port: 443\r\n`,
    lines('10.0.0.1', 'HTTPS', '443'),
  ],
  ['an unknown proto is replaced', `${F}Proto: gopher\r\n`, lines('10.0.0.1', 'http', '8080')],
  ['a list of protos is replaced', `${F}Proto: https, http\r\n`, lines('10.0.0.1', 'http', '8080')],
  ['two proto fields are replaced', `${F}Proto: https\r\n${F}Proto: https\r\n`, lines('10.0.0.1', 'http', '8080')],
  ['port 0 is replaced', `${F}Port: 0\r\n`, lines('10.0.0.1', 'http', '8080')],
  ['a port above 65535 is replaced', `${F}Port: 65536\r\n`, lines('10.0.0.1', 'http', '8080')],
  ['names with underscores count as the real names', 'x_forwarded_for: c\r\n', lines('c, 10.0.0.1', 'http', '8080')],
  ['Forwarded', 'Forwarded: for=c\r\n', `${lines('10.0.0.1', 'http', '8080')}Forwarded: for=c\r\n`],
];

for (const [rule, sent, expected] of CHAINS) {
  test(`from a trusted proxy: ${rule}`, () => assert.equal(told(sent, TRUSTED), expected));
}

test('no forwarding field of an untrusted client passes', () => {
  const forged = `${F}For: c\r\n${F}Proto: https\r\n${F}Port: 443\r\nForwarded: for=c\r\nX: 1\r\n`;
  assert.equal(
    told(forged, forwardedLines('192.0.2.7', 'http', 8080)),
    `X: 1\r\n${lines('192.0.2.7', 'http', '8080')}`,
  );
});

test('forwarding fields of an earlier request do not affect the next one', () => {
  told(`${F}For: c\r\n${F}Proto: https\r\n${F}Port: 443\r\nForwarded: for=c\r\n`, TRUSTED);
  assert.equal(told('', TRUSTED), lines('10.0.0.1', 'http', '8080'));
});
