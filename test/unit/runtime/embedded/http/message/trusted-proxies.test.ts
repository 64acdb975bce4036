// Trusted proxies: which addresses are trusted, and what a target gets about the client behind a proxy.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { ABOUT_CLIENT_NAMES } from '../../../../../../provider/model/base/about-client-names.ts';
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
  [['::/0'], '10.0.0.1', false],
  [['::/0'], '::ffff:10.0.0.1', false],
  [['::/0'], '2001:db8::1', true],
  [['::ffff:10.0.0.0/104'], '10.0.0.1', true],
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

/** Returns the header lines that a target gets between Host and Via. */
function told(sent: string, forwarded: string | TrustedConnection): string {
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${sent}\r\n`, 'latin1');
  const request = new Request();
  assert.equal(readRequest(bytes, 0, findHeadEnd(bytes, 0, 0) as number, forwarded, 'a', request), undefined);
  return request.head.slice('GET / HTTP/1.1\r\nHost: a\r\n'.length, -'Via: 1.1 weir\r\n\r\n'.length);
}

const PROXIES = new TrustedProxies(['10.0.0.0/8', '2001:db8::/32']);

const CLIENTS: [chain: string, client: string | undefined][] = [
  ['192.0.2.6', '192.0.2.6'],
  ['192.0.2.6, 192.0.2.7', '192.0.2.7'],
  ['192.0.2.6,192.0.2.7,10.0.0.3 ,\t2001:db8::1', '192.0.2.7'],
  ['10.0.0.2, 10.0.0.3', '10.0.0.2'],
  ['unknown, 10.0.0.3', '10.0.0.3'],
  ['192.0.2.6, , 10.0.0.3', '10.0.0.3'],
  [', 10.0.0.3', '10.0.0.3'],
  ['192.0.2.6, unknown', undefined],
  ['192.0.2.6,', undefined],
  [',', undefined],
  ['', undefined],
  ['192.0.2.6:443', '192.0.2.6'],
  ['[2001:DB9:0::7]:443, [2001:db8::1]', '2001:db9::7'],
  ['::ffff:192.0.2.6', '192.0.2.6'],
  ['fe80::1%eth0', undefined],
  ['192.0.2.6:', undefined],
  ['"192.0.2.6"', undefined],
  ['192.0.2.6 192.0.2.7', undefined],
];

for (const [chain, client] of CLIENTS) {
  test(`the client in ${JSON.stringify(chain)} is ${client}`, () => assert.equal(PROXIES.clientIn(chain), client));
}

const TRUSTED: TrustedConnection = {
  remoteAddress: '::ffff:10.0.0.1',
  protocol: 'http',
  localPort: 8080,
  clientIn: (chain) => PROXIES.clientIn(chain),
};
const F = 'X-Forwarded-';
const lines = (values: { for?: string; proto?: string; port?: string; host?: string; ip?: string } = {}): string => {
  const { for: chain = '10.0.0.1', proto = 'http', port = '8080', host = 'a', ip = '10.0.0.1' } = values;
  return `${F}For: ${chain}\r\n${F}Proto: ${proto}\r\n${F}Port: ${port}\r\n${F}Host: ${host}\r\nX-Real-IP: ${ip}\r\n`;
};

const MISSPELT = [
  ...['x_forwarded.for: 192.0.2.6', 'X-Forwarded_For: 192.0.2.6', 'X_FORWARDED_PROTO: https', 'X.Forwarded-Port: 443'],
  ...['X_FORWARDED_HOST: b', 'X~Real!IP: 192.0.2.6', 'X-Real_IP: 192.0.2.6'],
]
  .map((line) => `${line}\r\n`)
  .join('');

const CHAINS: [rule: string, sent: string, expected: string][] = [
  ['no fields: the lines describe this connection', '', lines()],
  [
    'X-Forwarded-For of a client: the proxy is added, and the client is the real one',
    `${F}For: 192.0.2.6, 192.0.2.7\r\n`,
    lines({ for: '192.0.2.6, 192.0.2.7, 10.0.0.1', ip: '192.0.2.7' }),
  ],
  ['lines join in order', `${F}For: a, b\r\n${F}For: c\r\n`, lines({ for: 'a, b, c, 10.0.0.1' })],
  ['an empty line adds nothing', `${F}For:\r\n${F}For: c\r\n`, lines({ for: 'c, 10.0.0.1' })],
  [
    'X-Forwarded-Proto, -Port and -Host pass unchanged',
    `${F}Proto: HTTPS\r\n${F}Port: 443\r\n${F}Host: b.example:443\r\n`,
    lines({ proto: 'HTTPS', port: '443', host: 'b.example:443' }),
  ],
  [
    'their chains pass, in one field or in several',
    `${F}Proto: https, http\r\n${F}Port: 443,80\r\n${F}Host: b\r\n${F}Proto: http\r\n${F}Host: c\r\n`,
    lines({ proto: 'https, http, http', port: '443,80', host: 'b, c' }),
  ],
  ['a proxy of WebSockets names their scheme', `${F}Proto: https, wss\r\n`, lines({ proto: 'https, wss' })],
  [
    'X-Real-IP is the client behind several trusted proxies',
    `${F}For: 192.0.2.6, 192.0.2.7, 10.0.0.2, 10.0.0.3\r\n`,
    lines({ for: '192.0.2.6, 192.0.2.7, 10.0.0.2, 10.0.0.3, 10.0.0.1', ip: '192.0.2.7' }),
  ],
  ['an unknown proto is replaced', `${F}Proto: gopher\r\n`, lines()],
  ['a chain with an unknown proto is replaced', `${F}Proto: https, gopher\r\n`, lines()],
  ['port 0 is replaced', `${F}Port: 0\r\n`, lines()],
  ['a port above 65535 is replaced', `${F}Port: 65536\r\n`, lines()],
  ['a malformed host is replaced', `${F}Host: b/c\r\n`, lines()],
  [
    'X-Real-IP passes',
    `${F}For: 192.0.2.7\r\nX-Real-IP: 2001:db8::7\r\n`,
    lines({ for: '192.0.2.7, 10.0.0.1', ip: '2001:db8::7' }),
  ],
  ['a malformed X-Real-IP is replaced', 'X-Real-IP: 192.0.2.7:80\r\n', lines()],
  ['two X-Real-IP are replaced', 'X-Real-IP: 192.0.2.7\r\nX-Real-IP: 192.0.2.8\r\n', lines()],
  [
    'other spellings of the five count for nothing and do not pass, before the real names and after them',
    `${MISSPELT}${F}For: 192.0.2.7\r\nx-forwarded-proto: https\r\n${MISSPELT}`,
    lines({ for: '192.0.2.7, 10.0.0.1', proto: 'https', ip: '192.0.2.7' }),
  ],
  ['other spellings without the real names', MISSPELT, lines()],
  ['Forwarded', 'Forwarded: for=c\r\n', `${lines()}Forwarded: for=c\r\n`],
];

for (const [rule, sent, expected] of CHAINS) {
  test(`from a trusted proxy: ${rule}`, () => assert.equal(told(sent, TRUSTED), expected));
}

/** Fields of every kind that pass from a trusted proxy as they are, and never from another client. */
const ABOUT_CLIENT = [
  ...['X-Forwarded-Server', 'X-Forwarded-Ssl', 'X-Forwarded-Prefix', 'X-Forwarded', 'X-Forward-For', 'Forwarded-Host'],
  ...['Client-IP', 'True-Client-IP', 'X-Cluster-Client-IP', 'X-Akamai-Client-IP', 'X-Azure-ClientIP', 'X-Remote-Addr'],
  ...['CF-Connecting-IPv6', 'Fastly-SSL', 'X-Envoy-External-Address', 'WL-Proxy-SSL', 'X-ProxyUser-IP', '$WSRU'],
  ...['X-Original-URL', 'X-Original-Remote-Addr', 'X-Rewrite-URL', 'X-Scheme', 'X-Url-Scheme', 'Front-End-Https'],
  ...['X-Host', 'X-HTTP-Host-Override', 'SCRIPT_NAME', 'Path-Info', 'Client-Cert-Chain', 'X-SSL-Client-Cert'],
  ...[
    'SSL-Client-S-DN',
    'Remote-User',
    'X-Remote-Group',
    'SM_USER',
    'OIDC_CLAIM_email',
    'X-WebAuth-User',
    'X-Amzn-Oidc-Identity',
    'IV-User',
  ],
];

for (const name of ABOUT_CLIENT) {
  test(`${name} passes only from a trusted proxy, in any spelling`, () => {
    const spellings = [..."_.~!#$%&'*+^`|"].map((character) => name.replaceAll(/[-_]/g, character));
    const sent = [name, name.toLowerCase(), name.toUpperCase(), name.replace('-', '_'), name.replace('-', '.')]
      .concat(spellings)
      .map((spelling) => `${spelling}: x\r\n`)
      .join('');
    assert.equal(told(sent, TRUSTED), `${sent}${lines()}`);
    const own = forwardedLines('192.0.2.7', 'http', 8080);
    assert.equal(told(`${sent}X: 1\r\n`, own), `X: 1\r\n${own}X-Forwarded-Host: a\r\n`);
  });
}

test('each name of the list is dropped, and the README of the runtime has the same list', async () => {
  const own = forwardedLines('192.0.2.7', 'http', 8080);
  for (const name of Object.values(ABOUT_CLIENT_NAMES).flat())
    assert.equal(told(`${name.replace('*', 'Any')}: x\r\n`, own), `${own}X-Forwarded-Host: a\r\n`, name);
  const readme = await readFile(new URL('../../../../../../provider/runtime/README.md', import.meta.url), 'utf8');
  const [, rows = ''] = /^\| about \| headers.*\n.*\n((?:\|.*\n)+)/m.exec(readme) ?? [];
  const written = rows.split('\n').map((row) => [...row.matchAll(/`(.+?)`/g)].map(([, name]) => name?.toLowerCase()));
  const listed = Object.values(ABOUT_CLIENT_NAMES).map((names) => names.map((name) => name.replace(/^-/, '$')));
  assert.deepEqual(written, [...listed, []]);
});

test('Proxy passes from nobody', () => {
  assert.equal(told('Proxy: http://192.0.2.9\r\nproxy:\r\n', TRUSTED), lines());
});

test('no forwarding field of an untrusted client passes, and no other name is taken for one', () => {
  const forged = `${F}For: c\r\nX.Forwarded~For: c\r\n${F}Proto: https\r\n${F}Port: 443\r\n${F}Host: b\r\nX_Real-IP: c\r\nForwarded: for=c\r\n`;
  const others = [
    ...['X', 'XForwarded-For', 'X-Forwarding-Rule', 'X-Real', 'X-Client-Id', 'X-Client-Version', 'X-Origin', 'Te2'],
    ...['Authorization', 'Cookie', 'X-Api-Key', 'X-User-Id', 'X-Auth-Token', 'X-HTTP-Method-Override', 'Host-Name'],
    ...['Destination', 'CF-Access-Client-Secret', 'Impersonate-User', 'X-Request-ID', 'Client', 'Forward', 'Via', 'IP'],
  ]
    .map((name) => `${name}: 1\r\n`)
    .join('');
  assert.equal(
    told(forged + others, forwardedLines('192.0.2.7', 'http', 8080)),
    `${others}${F}For: 192.0.2.7\r\n${F}Proto: http\r\n${F}Port: 8080\r\nX-Real-IP: 192.0.2.7\r\n${F}Host: a\r\n`,
  );
});

test('forwarding fields of an earlier request do not affect the next one', () => {
  told(`${F}For: c\r\n${F}Proto: https\r\n${F}Port: 443\r\nForwarded: for=c\r\nClient-IP: c\r\n`, TRUSTED);
  assert.equal(told('', TRUSTED), lines());
});
