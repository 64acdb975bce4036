// Requests that are accepted and requests that are rejected: the head that a target gets, or the status.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findHeadEnd,
  INCOMPLETE,
  skipEmptyLines,
} from '../../../../../../provider/runtime/embedded/http/message/head-parser.ts';
import { Request, readRequest } from '../../../../../../provider/runtime/embedded/http/message/request.ts';
import { forwardedLines } from '../../../../../../provider/runtime/embedded/http/message/rewrite.ts';

const FORWARDED = forwardedLines('192.0.2.7', 'http', 8080);
const DEFAULT_HOST = '198.51.100.1:8080';

/** Returns the status if the request is rejected, otherwise the request. */
function read(raw: string): number | Request {
  const bytes = Buffer.from(raw, 'latin1');
  const from = skipEmptyLines(bytes, 0, bytes.length);
  const end = findHeadEnd(bytes, from, 0);
  if (typeof end !== 'number') return end.status;
  assert.notEqual(end, INCOMPLETE, 'the row holds no whole head');
  const request = new Request();
  return readRequest(bytes, from, end, FORWARDED, DEFAULT_HOST, request)?.status ?? request;
}

const H = 'Host: a\r\n';
const get = (lines: string, target = '/'): string => `GET ${target} HTTP/1.1\r\n${lines}\r\n`;
const post = (lines: string): string => `POST / HTTP/1.1\r\n${H}${lines}\r\n`;
const manyFields = (count: number): string => Array.from({ length: count }, (_, i) => `X-${i}: ${i}\r\n`).join('');

const REFUSED: [rule: string, raw: string, status: number][] = [
  ['both Content-Length and Transfer-Encoding', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'), 400],
  ['both, the other way round', post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n'), 400],
  ['two lengths that differ', post('Content-Length: 5\r\nContent-Length: 6\r\n'), 400],
  ['two equal lengths', post('Content-Length: 5\r\nContent-Length: 5\r\n'), 400],
  ['a list of lengths', post('Content-Length: 5, 5\r\n'), 400],
  ['a length with a sign', post('Content-Length: +5\r\n'), 400],
  ['a negative length', post('Content-Length: -1\r\n'), 400],
  ['a hexadecimal length', post('Content-Length: 0x5\r\n'), 400],
  ['a length with a space in it', post('Content-Length: 1 0\r\n'), 400],
  ['a length with leading zeros', post('Content-Length: 010\r\n'), 400],
  ['an empty length', post('Content-Length:\r\n'), 400],
  ['a length above all numbers', post('Content-Length: 99999999999999999999\r\n'), 400],
  ['a length that is no number', post('Content-Length: five\r\n'), 400],
  ['Transfer-Encoding: gzip, chunked', post('Transfer-Encoding: gzip, chunked\r\n'), 400],
  ['Transfer-Encoding: chunked, chunked', post('Transfer-Encoding: chunked, chunked\r\n'), 400],
  ['Transfer-Encoding: identity', post('Transfer-Encoding: identity\r\n'), 400],
  ['Transfer-Encoding: chunked, identity', post('Transfer-Encoding: chunked, identity\r\n'), 400],
  ['Transfer-Encoding: xchunked', post('Transfer-Encoding: xchunked\r\n'), 400],
  ['Transfer-Encoding: "chunked"', post('Transfer-Encoding: "chunked"\r\n'), 400],
  ['Transfer-Encoding: chunked;q=1', post('Transfer-Encoding: chunked;q=1\r\n'), 400],
  ['an empty Transfer-Encoding', post('Transfer-Encoding:\r\n'), 400],
  ['two Transfer-Encoding fields', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'), 400],
  ['Transfer_Encoding', post('Transfer_Encoding: chunked\r\n'), 400],
  ['Content_Length', post('Content_Length: 5\r\n'), 400],
  ['Content.Length', post('content.length: 5\r\n'), 400],
  ['Transfer~Encoding', post('Transfer~Encoding: chunked\r\n'), 400],
  ['a vertical tab before chunked', post('Transfer-Encoding: \x0bchunked\r\n'), 400],
  ['chunked in HTTP/1.0', `POST / HTTP/1.0\r\n${H}Transfer-Encoding: chunked\r\n\r\n`, 400],
  ['a space before the colon', post('Content-Length : 5\r\n'), 400],
  ['a tab before the colon', post('Transfer-Encoding\t: chunked\r\n'), 400],
  ['a folded line', post('X: 1\r\n Content-Length: 5\r\n'), 400],
  ['a folded line with a tab', post('X: 1\r\n\tfolded\r\n'), 400],
  ['a first field line that begins with a space', get(` ${H}`), 400],
  ['a bare LF after a field', `GET / HTTP/1.1\r\n${H}X: 1\nY: 2\r\n\r\n`, 400],
  ['a bare LF after the request line', `GET / HTTP/1.1\n${H}\r\n`, 400],
  ['only bare LFs', 'GET / HTTP/1.1\nHost: a\n\n', 400],
  ['a bare CR in a value', get(`${H}X: 1\rContent-Length: 5\r\n`), 400],
  ['a bare CR at the end of a value', get(`${H}X: 1\r\r\n`), 400],
  ['a bare CR in the request line', `GET /\r HTTP/1.1\r\n${H}\r\n`, 400],
  ['NUL in a value', get(`${H}X: a\0b\r\n`), 400],
  ['NUL in a name', get(`${H}X\0: b\r\n`), 400],
  ['a control character in a value', get(`${H}X: \x01\r\n`), 400],
  ['DEL in a value', get(`${H}X: \x7f\r\n`), 400],
  ['a line without colon', get(`${H}nonsense\r\n`), 400],
  ['an empty name', get(`${H}: 1\r\n`), 400],
  ['a name with a space', get(`${H}X Y: 1\r\n`), 400],
  ['a name beyond ASCII', get(`${H}\xe4: 1\r\n`), 400],
  ['no Host in HTTP/1.1', get('X: 1\r\n'), 400],
  ['two Hosts', get('Host: a\r\nHost: b\r\n'), 400],
  ['two equal Hosts', get('Host: a\r\nHost: a\r\n'), 400],
  ['two Hosts in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n', 400],
  ['an empty Host', get('Host:\r\n'), 400],
  ['a Host with a space', get('Host: a b\r\n'), 400],
  ['a list of Hosts', get('Host: a, b\r\n'), 400],
  ['two Hosts joined', get('Host: a,b\r\n'), 400],
  ['a Host with a path', get('Host: a/b\r\n'), 400],
  ['a Host with user information', get('Host: u@a\r\n'), 400],
  ['a Host with a bad port', get('Host: a:80a\r\n'), 400],
  ['a Host with a port over 65535', get('Host: a:65536\r\n'), 400],
  ['a Host with two ports', get('Host: a:1:2\r\n'), 400],
  ['a Host that is half an IPv6 address', get('Host: [::1\r\n'), 400],
  ['a Host with bytes beyond ASCII', get('Host: \xe4\r\n'), 400],
  ['an absolute target with another host', get(H, 'http://b/'), 400],
  ['an absolute target with another port', get(H, 'http://a:81/'), 400],
  ['an absolute target with user information', get(H, 'http://u@a/'), 400],
  ['an absolute target without host', get(H, 'http:///'), 400],
  ['an absolute target of another scheme', get(H, 'ftp://a/'), 400],
  ['a target without slash', get(H, 'a'), 400],
  ['a target in authority-form', get(H, 'a:80'), 400],
  ['a target with a fragment', get(H, '/#x'), 400],
  ['a target beyond ASCII', get(H, '/\xe4'), 400],
  ['a target with NUL', get(H, '/\0'), 400],
  ['* for GET', get(H, '*'), 400],
  ['two spaces before the target', `GET  / HTTP/1.1\r\n${H}\r\n`, 400],
  ['two spaces after the target', `GET /  HTTP/1.1\r\n${H}\r\n`, 400],
  ['a tab for a space', `GET\t/ HTTP/1.1\r\n${H}\r\n`, 400],
  ['a space after the version', `GET / HTTP/1.1 \r\n${H}\r\n`, 400],
  ['a space before the method', ` GET / HTTP/1.1\r\n${H}\r\n`, 400],
  ['a method that is no token', `G(T / HTTP/1.1\r\n${H}\r\n`, 400],
  ['no method', `/ HTTP/1.1\r\n${H}\r\n`, 400],
  ['an HTTP/0.9 line', 'GET /\r\n\r\n', 400],
  ['HTTP/0.9 by name', `GET / HTTP/0.9\r\n${H}\r\n`, 400],
  ['HTTP/2.0', `GET / HTTP/2.0\r\n${H}\r\n`, 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['HTTP/1.2', `GET / HTTP/1.2\r\n${H}\r\n`, 400],
  ['HTTP/1.10', `GET / HTTP/1.10\r\n${H}\r\n`, 400],
  ['a version in small letters', `GET / http/1.1\r\n${H}\r\n`, 400],
  ['a version of another protocol', `GET / ICAP/1.0\r\n${H}\r\n`, 400],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01', 400],
  ['CONNECT', `CONNECT a:443 HTTP/1.1\r\n${H}\r\n`, 405],
  ['a head over 32 KiB', get(`${H}X: ${'x'.repeat(32 * 1024)}\r\n`), 431],
  ['the beginning of a head over 32 KiB', `GET / HTTP/1.1\r\nX: ${'x'.repeat(32 * 1024)}`, 431],
  ['129 fields', get(H + manyFields(128)), 431],
];

for (const [rule, raw, status] of REFUSED) {
  test(`rejected: ${rule}`, () => assert.equal(read(raw), status));
}

interface Taken {
  /** The head that the target gets, with `~` in place of the three lines about the connection. */
  head: string;
  framing?: number;
  isKeepAlive?: boolean;
  isUpgrade?: boolean;
}

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const plain = `GET / HTTP/1.1\r\n${H}~\r\n`;

const TAKEN: [rule: string, raw: string, taken: Taken][] = [
  ['a plain request', get(H), { head: plain, framing: 0, isKeepAlive: true }],
  ['empty lines before a request', `\r\n\r\n${get(H)}`, { head: plain }],
  [
    'a length',
    post('Content-Length: 5\r\n'),
    { head: `POST / HTTP/1.1\r\n${H}Content-Length: 5\r\n~\r\n`, framing: 5 },
  ],
  [
    'a GET with a body',
    get(`${H}Content-Length: 5\r\n`),
    { head: `GET / HTTP/1.1\r\n${H}Content-Length: 5\r\n~\r\n`, framing: 5 },
  ],
  [
    'a length of 0',
    post('Content-Length: 0\r\n'),
    { head: `POST / HTTP/1.1\r\n${H}Content-Length: 0\r\n~\r\n`, framing: 0 },
  ],
  [
    'chunks',
    post('Transfer-Encoding: Chunked\r\n'),
    { head: `POST / HTTP/1.1\r\n${H}~Transfer-Encoding: chunked\r\n\r\n`, framing: -1 },
  ],
  ['whitespace around a value', get('Host:   a \t\r\n'), { head: 'GET / HTTP/1.1\r\nHost:   a \t\r\n~\r\n' }],
  ['obs-text in a value', get(`${H}X: \xe4\r\n`), { head: `GET / HTTP/1.1\r\n${H}X: \xe4\r\n~\r\n` }],
  ['an empty value', get(`${H}X:\r\n`), { head: `GET / HTTP/1.1\r\n${H}X:\r\n~\r\n` }],
  ['128 fields', get(H + manyFields(127)), { head: `GET / HTTP/1.1\r\n${H}${manyFields(127)}~\r\n` }],
  ['Connection: close', get(`${H}Connection: close\r\n`), { head: plain, isKeepAlive: false }],
  [
    'hop-by-hop fields are dropped',
    get(`${H}Keep-Alive: timeout=5\r\nX: 1\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: x\r\nTE: gzip\r\n`),
    { head: `GET / HTTP/1.1\r\n${H}X: 1\r\n~\r\n` },
  ],
  [
    'fields that Connection names are dropped',
    get(`${H}X-A: 1\r\nConnection: X-a, close, x-C\r\nX-B: 2\r\nX-C: 3\r\n`),
    { head: `GET / HTTP/1.1\r\n${H}X-B: 2\r\n~\r\n`, isKeepAlive: false },
  ],
  [
    'Connection cannot drop framing fields',
    `POST / HTTP/1.1\r\n${H}Content-Length: 5\r\nConnection: Content-Length, Host\r\n\r\n`,
    { head: `POST / HTTP/1.1\r\n${H}Content-Length: 5\r\n~\r\n`, framing: 5 },
  ],
  [
    'Connection cannot drop Transfer-Encoding',
    post('Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n'),
    { head: `POST / HTTP/1.1\r\n${H}~Transfer-Encoding: chunked\r\n\r\n`, framing: -1 },
  ],
  [
    'X-Forwarded-* of the client are dropped',
    get(
      `X-Forwarded-For: 1.1.1.1\r\n${H}x-forwarded-proto: https\r\nX-FORWARDED-PORT: 1\r\nX-Forwarded-For: 2.2.2.2\r\n`,
    ),
    { head: plain },
  ],
  ['X_Forwarded.For is dropped too', get(`${H}X_Forwarded.For: 1.1.1.1\r\n`), { head: plain }],
  [
    'Connection drops the fields that it names in another spelling',
    get(`${H}X-A: 1\r\nX.B: 1\r\nConnection: x_a, X-B, Content.Length\r\nX_A: 2\r\n`),
    { head: plain },
  ],
  [
    'Expect passes',
    post('Content-Length: 5\r\nExpect: 100-continue\r\n'),
    { head: `POST / HTTP/1.1\r\n${H}Content-Length: 5\r\nExpect: 100-continue\r\n~\r\n` },
  ],
  [
    'Expect of HTTP/1.0 is dropped',
    `POST / HTTP/1.0\r\n${H}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n`,
    { head: `POST / HTTP/1.1\r\n${H}Content-Length: 5\r\n~\r\n` },
  ],
  [
    'TE: trailers is set again',
    get(`${H}TE: gzip, trailers\r\nConnection: TE\r\n`),
    { head: `GET / HTTP/1.1\r\n${H}~Connection: TE\r\nTE: trailers\r\n\r\n` },
  ],
  ['an upgrade', get(H + UPGRADE), { head: `GET / HTTP/1.1\r\n${H}~${UPGRADE}\r\n`, isUpgrade: true }],
  [
    'an upgrade of a request with a body of known length',
    post(`${UPGRADE}Content-Length: 5\r\n`),
    { head: `POST / HTTP/1.1\r\n${H}Content-Length: 5\r\n~${UPGRADE}\r\n`, isUpgrade: true },
  ],
  [
    'an upgrade of a request with chunks is dropped',
    post(`${UPGRADE}Transfer-Encoding: chunked\r\n`),
    { head: `POST / HTTP/1.1\r\n${H}~Transfer-Encoding: chunked\r\n\r\n`, isUpgrade: false },
  ],
  [
    'h2c is dropped with its fields',
    get(`${H}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n`),
    { head: plain, isUpgrade: false },
  ],
  [
    'h2c in a list is dropped',
    get(`${H}Connection: Upgrade\r\nUpgrade: websocket, H2C\r\n`),
    { head: plain, isUpgrade: false },
  ],
  ['h2c in a second field is dropped', get(`${H}${UPGRADE}Upgrade: h2c\r\n`), { head: plain, isUpgrade: false }],
  [
    'an upgrade that Connection does not name is dropped',
    get(`${H}Upgrade: websocket\r\n`),
    { head: plain, isUpgrade: false },
  ],
  ['an upgrade of HTTP/1.0 is dropped', `GET / HTTP/1.0\r\n${H}${UPGRADE}\r\n`, { head: plain, isUpgrade: false }],
  ['HTTP/1.0', `GET / HTTP/1.0\r\n${H}\r\n`, { head: plain, isKeepAlive: false }],
  ['HTTP/1.0 without Host', 'GET / HTTP/1.0\r\n\r\n', { head: `GET / HTTP/1.1\r\nHost: ${DEFAULT_HOST}\r\n~\r\n` }],
  [
    'HTTP/1.0 with keep-alive',
    `GET / HTTP/1.0\r\n${H}Connection: Keep-Alive\r\n\r\n`,
    { head: plain, isKeepAlive: true },
  ],
  [
    'an absolute target',
    get('Host: A.Example.\r\n', 'http://a.example:80/x?y'),
    { head: 'GET /x?y HTTP/1.1\r\nHost: A.Example.\r\n~\r\n' },
  ],
  ['an absolute target without path', get(H, 'HTTP://a?y'), { head: `GET /?y HTTP/1.1\r\n${H}~\r\n` }],
  [
    'an absolute target of HTTP/1.0',
    'GET http://a:81/ HTTP/1.0\r\n\r\n',
    { head: 'GET / HTTP/1.1\r\nHost: a:81\r\n~\r\n' },
  ],
  ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${H}\r\n`, { head: `OPTIONS * HTTP/1.1\r\n${H}~\r\n` }],
  [
    'OPTIONS of an absolute target without path',
    `OPTIONS http://a HTTP/1.1\r\n${H}\r\n`,
    { head: `OPTIONS * HTTP/1.1\r\n${H}~\r\n` },
  ],
  ['dot segments are removed', get(H, '/a/./b/../c?d/../e'), { head: `GET /a/c?d/../e HTTP/1.1\r\n${H}~\r\n` }],
  ['escaped dots are removed', get(H, '/a/%2E%2e/b'), { head: `GET /b HTTP/1.1\r\n${H}~\r\n` }],
  ['dots in an absolute target are removed', get(H, 'http://a/../b'), { head: `GET /b HTTP/1.1\r\n${H}~\r\n` }],
  ['%2F is unchanged', get(H, '/a%2F..%2fb'), { head: `GET /a%2F..%2fb HTTP/1.1\r\n${H}~\r\n` }],
  ['an IPv6 Host', get('Host: [::1]:80\r\n'), { head: 'GET / HTTP/1.1\r\nHost: [::1]:80\r\n~\r\n' }],
  ['an unknown method', `BREW /x HTTP/1.1\r\n${H}\r\n`, { head: `BREW /x HTTP/1.1\r\n${H}~\r\n` }],
  [
    'characters that browsers do not escape',
    get(H, '/a|b"{}^`\\<>[]'),
    { head: `GET /a|b"{}^\`\\<>[] HTTP/1.1\r\n${H}~\r\n` },
  ],
];

for (const [rule, raw, taken] of TAKEN) {
  test(`accepted: ${rule}`, () => {
    const request = read(raw);
    assert.ok(request instanceof Request, `refused with ${request}`);
    const host = /^Host: (.*)\r$/im.exec(taken.head)?.[1]?.trim();
    const via = /^\S+ \S+ HTTP\/(1.\d)/m.exec(raw)?.[1];
    assert.equal(
      request.head,
      taken.head.replace('~', `${FORWARDED}X-Forwarded-Host: ${host}\r\nVia: ${via} weir\r\n`),
    );
    if (taken.framing !== undefined) assert.equal(request.framing, taken.framing);
    if (taken.isKeepAlive !== undefined) assert.equal(request.isKeepAlive, taken.isKeepAlive);
    if (taken.isUpgrade !== undefined) assert.equal(request.upgrade !== undefined, taken.isUpgrade);
  });
}

test('a head of exactly 32 KiB is accepted, and one byte more is not', () => {
  const fill = 32 * 1024 - get(`${H}X: \r\n`).length;
  assert.ok(read(get(`${H}X: ${'x'.repeat(fill)}\r\n`)) instanceof Request);
  assert.equal(read(get(`${H}X: ${'x'.repeat(fill + 1)}\r\n`)), 431);
});

/** Requests by their Via fields, and whether they run in a circle. */
const CIRCLES: [rule: string, fields: string, isCircle: boolean][] = [
  ['nine Weirs', 'Via: 1.1 weir\r\n'.repeat(9), false],
  ['ten Weirs, a field each', 'Via: 1.1 weir\r\n'.repeat(10), true],
  ['ten Weirs in one field', `via: ${'1.1 weir,'.repeat(10)}\r\n`, true],
  [
    'Weirs of every version, with other proxies between',
    `VIA: 1.0\tweir, 2 x, HTTP/1.1  weir, ,3 weir ,\r\n`.repeat(4),
    true,
  ],
  ['Weirs with comments', `Via: ${'1.1 weir (a, (b\\)), 1.1 c), '.repeat(10)}\r\n`, true],
  ['Weirs after a comment that does not end', `Via: 1.1 x (, ${'1.1 weir, '.repeat(10)}\r\n`, true],
  [
    'other proxies',
    `Via: ${'1.1 weird, 1.1 weir.example, 1.1 weir:80, 1.1 a-weir, weir, 1.1 x weir, weir/1.1 y, '.repeat(10)}\r\n`,
    false,
  ],
  ['Weirs in comments', 'Via: 1.1 x (y, 1.1 weir, z)\r\n'.repeat(10), false],
  ['Weirs in another field', 'X-Via: 1.1 weir\r\n'.repeat(10), false],
];

for (const [rule, fields, isCircle] of CIRCLES) {
  test(`Via: ${rule} ${isCircle ? 'get' : 'do not get'} 508`, () => {
    const request = read(get(H + fields));
    if (isCircle) assert.equal(request, 508);
    else assert.ok((request as Request).head.startsWith(`GET / HTTP/1.1\r\n${H}${fields}`));
  });
}

const LOGINS: [field: string, isLogin: boolean][] = [
  ['Authorization: NTLM TlRMTVNTUAAB', true],
  ['AUTHORIZATION: negotiate YII=', true],
  ['authorization:Negotiate', true],
  ['Authorization: Nego2 x', true],
  ['Proxy-Authorization: ntlm TlRM', true],
  ['Authorization: Basic x\r\nAuthorization: NTLM x', true],
  ['WWW-Authenticate: Basic realm="a, b", NTLM, Bearer', true],
  ['WWW_Authenticate: Negotiate', true],
  ['Proxy-Authenticate: Digest realm=a ,\tNegotiate', true],
  ['WWW-Authenticate: Basic realm="\\"", ,NTLM', true],
  ['WWW-Authenticate: Basic realm="x, NTLM', true],
  ['Authorization: NTLM;TlRM', true],
  ['Authorization: NTLM=TlRM', true],
  ['Authorization: Negotiate =YII', true],
  ['Authorization: , ,\tNTLM', true],
  ['Authorization: \xa0NTLM TlRM', true],
  ['Authorization: "" NTLM TlRM', true],
  ['Authorization: NTLM"x"', true],
  ['Authorization: Basic x NTLM y', true],
  ['Authorization: Basic x, NTLM =y', true],
  ['Authorization: CredSSP x', true],
  ['Authorization: SPNEGO x', true],
  ['WWW-Authenticate: Basic realm="x" NTLM', true],
  ['WWW-Authenticate: Digest realm="C:\\", NTLM, Basic realm="x"', true],
  ['WWW-Authenticate: Basic realm=a", NTLM, b="c"', true],
  ['WWW-Authenticate: Digest realm=x", a="\r\nWWW-Authenticate: Digest realm="b, NTLM"', true],
  ['WWW.Authenticate: Kerberos', true],
  ['Persistent-Auth: true', true],
  ['Persistent-Auth: false', false],
  ['Authorization: Bearer ntlm.negotiate', false],
  ['Authorization: bearer Negotiate', false],
  ['Authorization: Basic bnRsbTpuZWdvCg==', false],
  ['Authorization: Digest username="NTLM x", nego="x", realm=ntlm, qop=auth', false],
  ['Authorization: Digest nego="x", ntlm=y', false],
  ['Authorization: AWS4-HMAC-SHA256 Credential=A/b, SignedHeaders=host;x-a, Signature=0', false],
  ['WWW-Authenticate: Basic realm="x, NTLM", ntlm=y, Bearer NTLM', false],
  ['WWW-Authenticate: Basic realm="Negotiate"\r\nWWW-Authenticate: Digest realm="x, NTLM", Bearer', false],
  ['WWW-Authenticate: Digest realm="NTLM, \\", Negotiate"', false],
  ['X-Authorization: NTLM x', false],
];

for (const [field, isLogin] of LOGINS) {
  test(`a login of the connection, or none: ${JSON.stringify(field)}`, () => {
    const request = read(get(`${H}${field}\r\n`));
    assert.equal((request as Request).hasLogin, isLogin);
  });
}

test('an IPv4 client of an IPv6 socket is forwarded with its IPv4 address', () => {
  assert.match(forwardedLines('::ffff:192.0.2.7', 'http', 80), /^X-Forwarded-For: 192\.0\.2\.7\r\n/);
  assert.match(forwardedLines('2001:db8::7', 'http', 80), /^X-Forwarded-For: 2001:db8::7\r\n/);
});
