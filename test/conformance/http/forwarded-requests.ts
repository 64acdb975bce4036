// Requests that every data plane forwards, as bytes, with the requests that the backend must see: each exactly once and
// in order.
import type { Step } from '../../harness/raw-http/raw.ts';

export interface ForwardedRequest {
  /** HTTP method and request target, with a space between. */
  readonly line: string;
  readonly body?: string;
  /** Field lines that the backend must receive, and names of fields that it must not receive. */
  readonly has?: readonly string[];
  readonly lacks?: readonly string[];
  readonly trailers?: readonly string[];
}

interface ForwardedRow {
  readonly rule: string;
  readonly section: string;
  readonly send: string | readonly Step[];
  /** All requests that reach the backend, in order. */
  readonly seen: readonly (ForwardedRequest | string)[];
  /**
   * State of the connection after the requests. 'open': the next request on the connection gets its response. 'closed':
   * the connection ends after the responses. A number: a local response with this status follows, then the connection
   * ends. 'cut': the connection ends, and the incomplete request gets no response.
   */
  readonly ending?: 'open' | 'closed' | 'cut' | number;
  /** Number of interim responses that the client receives. */
  readonly interim?: number;
  /** Sends the request only in whole packets, not byte by byte, because an interim response might arrive in between. */
  readonly isWhole?: true;
}

const H = 'Host: a\r\n';
const get = (lines = '', target = '/', method = 'GET'): string => `${method} ${target} HTTP/1.1\r\n${H}${lines}\r\n`;
const post = (lines: string, body: string): string => `POST / HTTP/1.1\r\n${H}${lines}\r\n${body}`;
const old = (lines: string): string => `GET / HTTP/1.0\r\n${lines}\r\n`;
const chunked = (body: string, lines = ''): string => post(`${lines}Transfer-Encoding: chunked\r\n`, body);
const length = (text: string): string => `Content-Length: ${text.length}\r\n`;

const HELLO: ForwardedRequest = { line: 'POST /', body: 'hello' };
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
const KEEP = 'Connection: keep-alive\r\n';

/** Names under which some server believes what it is told of a client, in the spellings that such servers read. */
const FORGED_NAMES = [
  ...['x.forwarded.for', 'x~real~ip', 'x!forwarded!host', 'x*real*ip', 'client.ip', 'true.client-ip', 'x-forward-for'],
  ...['x-scheme', 'x-url-scheme', 'front-end-https', 'script_name', 'path_info', 'x-original-uri', 'x_original.host'],
  ...['cf-connecting-ip', 'fastly-client-ip', 'x-envoy-external-address', 'proxy-client-ip', 'wl-proxy-client-ip'],
  ...['remote-user', 'x-remote-user', 'remote_addr', 'x-host', 'x-ssl-client-cert', 'client-cert', 'proxy', '$wsru'],
];
/** Fields of applications, which look alike. */
const NOT_FORGED = ['Authorization: Bearer x', 'X-Api-Key: x', 'X-User-Id: 7', 'X-Method-Override: PUT'];
const FORGED = [...FORGED_NAMES.map((name) => `${name}: forged`), ...NOT_FORGED].map((line) => `${line}\r\n`).join('');

const BODIES: readonly ForwardedRow[] = [
  { rule: 'a GET', section: 'RFC 9112 3', send: get(), seen: ['GET /'] },
  { rule: 'a body by length', section: 'RFC 9112 6.2', send: post(length('hello'), 'hello'), seen: [HELLO] },
  {
    rule: 'a body that is a request',
    section: 'RFC 9112 6.2',
    send: post(length(SMUGGLED), SMUGGLED),
    seen: [{ line: 'POST /', body: SMUGGLED }],
  },
  {
    rule: 'a chunk that is a request',
    section: 'RFC 9112 7.1',
    send: chunked(`${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`),
    seen: [{ line: 'POST /', body: SMUGGLED, lacks: ['content-length'] }],
  },
  {
    rule: 'a chunk that looks like the last one',
    section: 'RFC 9112 7.1',
    send: chunked('5\r\n0\r\n\r\n\r\n0\r\n\r\n'),
    seen: [{ line: 'POST /', body: '0\r\n\r\n' }],
  },
  {
    rule: 'a GET with a body and Content-Length',
    section: 'RFC 9110 9.3.1',
    send: get(length(SMUGGLED)) + SMUGGLED,
    seen: [{ line: 'GET /', body: SMUGGLED }],
  },
  {
    rule: 'a GET with a chunked body',
    section: 'RFC 9110 9.3.1',
    send: `${get('Transfer-Encoding: chunked\r\n')}5\r\nhello\r\n0\r\n\r\n`,
    seen: [{ line: 'GET /', body: 'hello' }],
  },
  {
    rule: 'a HEAD with a body',
    section: 'RFC 9110 9.3.2',
    send: `${get(length('hello'), '/', 'HEAD')}hello`,
    seen: [{ line: 'HEAD /', body: 'hello' }],
  },
  { rule: 'a POST without length has no body', section: 'RFC 9112 6.3', send: post('', ''), seen: ['POST /'] },
  { rule: 'a length of 0', section: 'RFC 9112 6.3', send: post('Content-Length: 0\r\n', ''), seen: ['POST /'] },
  {
    rule: 'whitespace around a length',
    section: 'RFC 9110 5.5',
    send: post('Content-Length: \t 5 \t\r\n', 'hello'),
    seen: [HELLO],
  },
  {
    rule: 'a lower-case Content-Length without a space after the colon',
    section: 'RFC 9110 5.1',
    send: post('cONTENT-lENGTH:5\r\n', 'hello'),
    seen: [HELLO],
  },
  {
    rule: 'chunked in mixed case',
    section: 'RFC 9112 7',
    send: post('TRANSFER-encoding:\tChUnKeD \r\n', '5\r\nhello\r\n0\r\n\r\n'),
    seen: [HELLO],
  },
  {
    rule: 'chunk sizes in every valid spelling',
    section: 'RFC 9112 7.1',
    send: chunked('001\r\nh\r\n2;a=b\r\nel\r\n2 \t;c="d e"\r\nlo\r\n000\r\n\r\n'),
    seen: [HELLO],
  },
  {
    rule: 'a chunked body without data',
    section: 'RFC 9112 7.1',
    send: chunked('0\r\n\r\n'),
    seen: [{ line: 'POST /', body: '' }],
  },
  {
    rule: 'trailers are forwarded except those that only a head may have',
    section: 'RFC 9110 6.5.1',
    send: chunked(
      `5\r\nhello\r\n0\r\nX-Sum: 1\r\n${[
        ...['Content-Length: 9', 'Transfer-Encoding: x', 'Host: b', 'Connection: close', 'Content-Type: text/html'],
        ...['Authorization: Basic x', 'Proxy-Authorization: x', 'Cookie: a=b', 'Set-Cookie: a=b', 'COOKIE: a=b'],
        ...[
          'X-Forwarded-For: 6.6.6.6',
          'X_Real_IP: 6.6.6.6',
          'X-Original-URL: /admin',
          'Via: 1.1 x',
          'Range: bytes=0-',
        ],
        ...['Remote-User: root', 'X_Remote_User: root', 'X-Api-Key: x', 'X.Auth.Token: x', 'X-Authorization: x'],
        ...['Authentication-Info: x', 'Proxy: x', 'Cf.Connecting.IP: 6.6.6.6', 'SCRIPT_NAME: /b', 'Set.Cookie: a=b'],
      ].join('\r\n')}\r\nETag: "1"\r\nx-amz-checksum-crc32: x\r\ngrpc-status: 0\r\n\r\n`,
    ),
    seen: [{ ...HELLO, trailers: ['X-Sum: 1', 'ETag: "1"', 'x-amz-checksum-crc32: x', 'grpc-status: 0'] }],
  },
  {
    rule: 'trailers that Connection names are not forwarded',
    section: 'RFC 9110 7.6.1',
    send: chunked('5\r\nhello\r\n0\r\nX-A: 1\r\nX_A: 1\r\nx.a: 1\r\nX-B: 2\r\n\r\n', 'Connection: x-a\r\n'),
    seen: [{ ...HELLO, trailers: ['X-B: 2'] }],
  },
  {
    rule: 'a large chunk over many packets',
    section: 'RFC 9112 7.1',
    send: chunked(`30d40\r\n${'x'.repeat(200_000)}\r\n0\r\n\r\n`),
    seen: [{ line: 'POST /', body: 'x'.repeat(200_000) }],
  },
];

const HEADS: readonly ForwardedRow[] = [
  { rule: 'empty lines before a request', section: 'RFC 9112 2.2', send: `\r\n\r\n\r\n${get()}`, seen: ['GET /'] },
  {
    rule: 'an empty line between a body and the next request',
    section: 'RFC 9112 2.2',
    send: `${post(length('hello'), 'hello')}\r\n${get('', '/second')}`,
    seen: [HELLO, 'GET /second'],
  },
  {
    rule: 'bytes beyond ASCII in a value',
    section: 'RFC 9110 5.5',
    send: get('X: \xe4\xff\r\n'),
    seen: [{ line: 'GET /', has: ['X: \xe4\xff'] }],
  },
  { rule: 'an empty value', section: 'RFC 9110 5.5', send: get('X:\r\n'), seen: [{ line: 'GET /', has: ['X: '] }] },
  {
    rule: 'fields with equal names stay separate',
    section: 'RFC 9110 5.2',
    send: get('X: 1\r\nX: 1\r\n'),
    seen: [{ line: 'GET /', has: ['X: 1', 'X: 1'] }],
  },
  { rule: 'an unknown method', section: 'RFC 9110 9.1', send: get('', '/', 'M-SEARCH'), seen: ['M-SEARCH /'] },
  { rule: 'a lower-case method', section: 'RFC 9110 9.1', send: get('', '/', 'get'), seen: ['get /'] },
  {
    rule: '128 fields',
    section: 'RFC 6585 5',
    send: get('X: 1\r\n'.repeat(127)),
    seen: [{ line: 'GET /', has: Array.from({ length: 127 }, () => 'X: 1') }],
  },
  {
    rule: 'a head of 32 KiB',
    section: 'RFC 6585 5',
    send: get(`X: ${'x'.repeat(32 * 1024 - 32)}\r\n`),
    seen: [{ line: 'GET /', has: [`X: ${'x'.repeat(32 * 1024 - 32)}`] }],
  },
];

const CONNECTIONS: readonly ForwardedRow[] = [
  {
    rule: 'Connection: Content-Length does not remove the length',
    section: 'RFC 9110 7.6.1',
    send: post(`Connection: Content-Length\r\n${length('hello')}`, 'hello'),
    seen: [HELLO],
  },
  {
    rule: 'Connection: Transfer-Encoding does not remove the transfer coding',
    section: 'RFC 9110 7.6.1',
    send: chunked('5\r\nhello\r\n0\r\n\r\n', 'Connection: transfer-encoding\r\n'),
    seen: [HELLO],
  },
  {
    rule: 'Connection: Host does not remove the Host',
    section: 'RFC 9110 7.6.1',
    send: get('Connection: Host\r\n'),
    seen: [{ line: 'GET /', has: ['Host: a'] }],
  },
  {
    rule: 'fields that Connection names are not forwarded',
    section: 'RFC 9110 7.6.1',
    send: get('X-A: 1\r\nConnection: x-a,\tX_B\r\nX-B: 2\r\nX-C: 3\r\nx.a: 4\r\n'),
    seen: [{ line: 'GET /', has: ['X-C: 3'], lacks: ['x-a', 'x.a', 'x-b', 'connection'] }],
  },
  {
    rule: 'hop-by-hop fields are not forwarded',
    section: 'RFC 9110 7.6.1',
    send: get('Keep-Alive: 5\r\nProxy-Connection: close\r\nProxy-Authorization: x\r\nTE: gzip\r\nUpgrade: x\r\n'),
    seen: [{ line: 'GET /', lacks: ['keep-alive', 'proxy-connection', 'proxy-authorization', 'te', 'upgrade'] }],
  },
  {
    rule: 'TE: trailers is forwarded',
    section: 'RFC 9110 10.1.4',
    send: get('TE: trailers, gzip;q=0.5\r\nConnection: TE\r\n'),
    seen: [{ line: 'GET /', has: ['TE: trailers', 'Connection: TE'] }],
  },
  {
    rule: 'forwarding fields from an untrusted client are replaced',
    section: 'RFC 7239 8.1',
    send: get(
      ['For: 6.6.6.6', 'Proto: https', 'Port: 1', 'Host: b', 'Server: b', 'Ssl: on', 'Scheme: https', 'Prefix: /b']
        .flatMap((rest) => [`X-Forwarded-${rest}\r\n`, `x_forwarded_${rest}\r\n`, `X_FORWARDED-${rest}\r\n`])
        .join(''),
    ),
    seen: [
      {
        line: 'GET /',
        has: ['X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Proto: http', 'X-Forwarded-Port: ', 'X-Forwarded-Host: a'],
        lacks: [
          ...['x-forwarded-server', 'x-forwarded-ssl', 'x-forwarded-scheme', 'x-forwarded-prefix'],
          ...['x_forwarded_for', 'x_forwarded_host', 'x_forwarded_ssl', 'x_forwarded-prefix', 'x_forwarded-proto'],
        ],
      },
    ],
  },
  {
    rule: "other fields about the client, or about its request's URL, from an untrusted client are not forwarded",
    section: 'RFC 7239 8.1',
    send: get(
      ['X-Real-IP', 'True-Client-IP', 'Client-IP', 'X-Original-URL', 'X-Rewrite-URL', 'X_Real_IP', 'client_ip']
        .map((name) => `${name}: 6.6.6.6\r\n`)
        .join(''),
    ),
    seen: [
      {
        line: 'GET /',
        has: ['X-Real-IP: 127.0.0.1'],
        lacks: ['true-client-ip', 'client-ip', 'x-original-url', 'x-rewrite-url', 'x_real_ip', 'client_ip'],
      },
    ],
  },
  {
    rule: 'what an untrusted client says about itself is forwarded in no spelling, with an upgrade or HTTP/1.0 neither',
    section: 'RFC 7239 8.1',
    send: `${get(FORGED)}${get(`Connection: Upgrade\r\nUpgrade: x\r\n${FORGED}`)}${old(`${H}${KEEP}${FORGED}`)}`,
    seen: Array.from({ length: 3 }, () => {
      return { line: 'GET /', has: ['X-Real-IP: 127.0.0.1', ...NOT_FORGED], lacks: FORGED_NAMES };
    }),
  },
  {
    rule: 'a request names the load balancer behind the proxies before it',
    section: 'RFC 9110 7.6.3',
    send: get(`Via: 1.0 fred, 1.1 weir.example (x, 1.1 weir)\r\n${'via: 1.1 weir\r\n'.repeat(8)}`),
    seen: [{ line: 'GET /', has: ['Via: 1.0 fred, 1.1 weir.example (x, 1.1 weir)', 'Via: 1.1 weir'] }],
  },
  {
    rule: 'a request of HTTP/1.0 names that version',
    section: 'RFC 9110 7.6.3',
    send: old(H + KEEP),
    seen: [{ line: 'GET /', has: ['Via: 1.0 weir'] }],
  },
  {
    rule: 'Connection: close',
    section: 'RFC 9112 9.6',
    send: get('Connection: close\r\n') + SMUGGLED,
    seen: ['GET /'],
    ending: 'closed',
  },
  {
    rule: 'Connection: close in a list of options',
    section: 'RFC 9112 9.6',
    send: get('Connection: x, CLOSE\r\n') + SMUGGLED,
    seen: ['GET /'],
    ending: 'closed',
  },
  {
    rule: 'close wins over keep-alive',
    section: 'RFC 9112 9.3',
    send: get('Connection: keep-alive, close\r\n') + SMUGGLED,
    seen: ['GET /'],
    ending: 'closed',
  },
  { rule: 'HTTP/1.0 closes', section: 'RFC 9112 9.3', send: old(H) + SMUGGLED, seen: ['GET /'], ending: 'closed' },
  { rule: 'HTTP/1.0 with keep-alive', section: 'RFC 9112 9.3', send: old(H + KEEP), seen: ['GET /'] },
  {
    rule: 'HTTP/1.0 without Host gets a Host',
    section: 'RFC 9112 3.2',
    send: old(KEEP),
    seen: [{ line: 'GET /', has: ['Host: '] }],
  },
  {
    rule: 'Expect in HTTP/1.0 is ignored',
    section: 'RFC 9110 10.1.1',
    send: `POST / HTTP/1.0\r\n${H}${KEEP}Expect: 100-continue\r\n${length('hello')}\r\nhello`,
    seen: [{ ...HELLO, lacks: ['expect'] }],
  },
  {
    rule: 'three pipelined requests get their responses in order',
    section: 'RFC 9112 9.3.2',
    send: get('', '/1') + post(length('hello'), 'hello') + get('', '/3'),
    seen: ['GET /1', HELLO, 'GET /3'],
  },
  {
    rule: 'an invalid request after a valid one gets a local response',
    section: 'RFC 9112 9.3.2',
    send: `${get('', '/1')}GET /2 HTTP/1.1\r\n\r\n${SMUGGLED}`,
    seen: ['GET /1'],
    ending: 400,
  },
  {
    rule: 'bytes after the declared length are read as the next request',
    section: 'RFC 9112 6.2',
    send: `${post(length('hello'), 'hello')}hello${SMUGGLED}`,
    seen: [HELLO, 'helloGET /smuggled'],
  },
];

const TARGETS: readonly ForwardedRow[] = [
  ...(
    [
      ['an absolute target', 'http://a/x?y', '/x?y'],
      ['an absolute target in upper case, with port and final dot', 'HTTP://A.:80/x', '/x'],
      ['an absolute target without path', 'http://a', '/'],
      ['an absolute target with a query only', 'http://a?x', '/?x'],
      ['dot segments', '/a/./b/../c', '/a/c'],
      ['dot segments above the root', '/../../a', '/a'],
      ['escaped dots', '/a/%2e%2E/b', '/b'],
      ['partly escaped dots', '/a/.%2e/b', '/b'],
      ['a dot segment at the end', '/a/b/..', '/a/'],
      ['dots in an absolute target', 'http://a/x/../y', '/y'],
      ['dots in the query are kept', '/a?/../b', '/a?/../b'],
      ['an escaped slash is kept', '/a%2Fb', '/a%2Fb'],
      ['two slashes are kept', '//a//b', '//a//b'],
      ['segments with dots in their names are kept', '/...a/.b/c..', '/...a/.b/c..'],
      ['characters that browsers do not escape', '/a|b"<>{}^`\\', '/a|b"<>{}^`\\'],
    ] as const
  ).map(
    ([rule, target, line]): ForwardedRow => ({
      rule,
      section: target.startsWith('/') ? 'RFC 3986 6.2.2' : 'RFC 9112 3.2.2',
      send: get('', target),
      seen: [`GET ${line}`],
    }),
  ),
  { rule: 'OPTIONS *', section: 'RFC 9112 3.2.4', send: get('', '*', 'OPTIONS'), seen: ['OPTIONS *'] },
  {
    rule: 'OPTIONS with an absolute target without path',
    section: 'RFC 9112 3.2.4',
    send: get('', 'http://a', 'OPTIONS'),
    seen: ['OPTIONS *'],
  },
  ...['A.example', 'a:8080', 'a:', '[::1]:80', '[2001:db8::1]', '127.0.0.1', 'a_b', '%61'].map(
    (host): ForwardedRow => ({
      rule: `Host: ${host}`,
      section: 'RFC 9110 7.2',
      send: `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
      seen: [{ line: 'GET /', has: [`Host: ${host}`] }],
    }),
  ),
];

const EXPECT = `Expect: 100-continue\r\n${length('hello')}`;

const UPGRADES: readonly ForwardedRow[] = [
  {
    rule: 'Expect: 100-continue, with the body sent after the 100',
    section: 'RFC 9110 10.1.1',
    send: [post(EXPECT, ''), { heard: 'HTTP/1.1 100' }, 'hello'],
    seen: [{ ...HELLO, has: ['Expect: 100-continue'] }],
    interim: 1,
  },
  {
    rule: 'Expect: 100-continue, with the body sent at once',
    section: 'RFC 9110 10.1.1',
    send: [post(EXPECT, 'hello')],
    seen: [HELLO],
    isWhole: true,
  },
  {
    rule: 'Expect: 100-continue, with chunks sent after the 100',
    section: 'RFC 9110 10.1.1',
    send: [chunked('', 'Expect: 100-continue\r\n'), { heard: 'HTTP/1.1 100' }, '5\r\nhello\r\n0\r\n\r\n'],
    seen: [HELLO],
    interim: 1,
  },
  {
    rule: 'Expect: 100-continue without a body',
    section: 'RFC 9110 10.1.1',
    send: get('Expect: 100-continue\r\n'),
    seen: ['GET /'],
  },
  {
    rule: 'the backend ignores an upgrade: the following bytes are the next request',
    section: 'RFC 9110 7.8',
    send: get('Connection: Upgrade\r\nUpgrade: websocket\r\n') + get('', '/second'),
    seen: [{ line: 'GET /', has: ['Upgrade: websocket', 'Connection: Upgrade'] }, 'GET /second'],
  },
  {
    rule: 'Upgrade that Connection does not name is not forwarded',
    section: 'RFC 9110 7.8',
    send: get('Upgrade: websocket\r\n'),
    seen: [{ line: 'GET /', lacks: ['upgrade'] }],
  },
  {
    rule: 'Upgrade on a request with a body of known length is forwarded; the backend may ignore it',
    section: 'RFC 9110 7.8',
    send: post(`Connection: Upgrade\r\nUpgrade: tcp\r\n${length('hello')}`, 'hello') + get('', '/second'),
    seen: [{ ...HELLO, has: ['Upgrade: tcp', 'Connection: Upgrade'] }, 'GET /second'],
  },
  {
    rule: 'Upgrade on a request with a body in chunks is not forwarded, the body is',
    section: 'RFC 9110 7.8',
    send: chunked('5\r\nhello\r\n0\r\n\r\n', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'),
    seen: [{ ...HELLO, lacks: ['upgrade', 'connection'] }],
  },
  {
    rule: 'Upgrade in HTTP/1.0 is ignored',
    section: 'RFC 9110 7.8',
    send: old(`${H}Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n`),
    seen: [{ line: 'GET /', lacks: ['upgrade'] }],
  },
  ...['h2c', 'H2C', 'websocket, h2c', 'h2c-14', '\th2c'].map(
    (protocol): ForwardedRow => ({
      rule: `Upgrade: ${protocol.trim()} is not forwarded, nor are its settings`,
      section: 'RFC 9113 3.1',
      send: get(`Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABk\r\n`),
      seen: [{ line: 'GET /', lacks: ['upgrade', 'http2-settings', 'connection'] }],
    }),
  ),
  {
    rule: 'Upgrade: h2c on a request with a body is not forwarded',
    section: 'RFC 9113 3.1',
    send: post(
      `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n${length('hello')}`,
      'hello',
    ),
    seen: [{ ...HELLO, lacks: ['upgrade', 'http2-settings'] }],
  },
  {
    rule: 'HTTP2-Settings that Connection does not name is not forwarded',
    section: 'RFC 9113 3.1',
    send: get('HTTP2-Settings: AA\r\n'),
    seen: [{ line: 'GET /', lacks: ['http2-settings'] }],
  },
];

const ENDS: readonly ForwardedRow[] = [
  { rule: 'EOF before any byte', section: 'RFC 9112 9.5', send: ['FIN'], seen: [], ending: 'cut' },
  { rule: 'EOF in the request line', section: 'RFC 9112 8', send: ['GET / HT', 'FIN'], seen: [], ending: 'cut' },
  {
    rule: 'EOF before the empty line after the fields',
    section: 'RFC 9112 8',
    send: [`GET / HTTP/1.1\r\n${H}`, 'FIN'],
    seen: [],
    ending: 'cut',
  },
  {
    rule: 'EOF within the empty line',
    section: 'RFC 9112 8',
    send: [`GET / HTTP/1.1\r\n${H}\r`, 'FIN'],
    seen: [],
    ending: 'cut',
  },
  {
    rule: 'EOF after a complete request',
    section: 'RFC 9112 9.6',
    send: [get(), 'FIN'],
    seen: ['GET /'],
    ending: 'closed',
  },
  {
    rule: 'EOF before the body',
    section: 'RFC 9112 8',
    send: [post(length('hello'), ''), 'FIN'],
    seen: [],
    ending: 'cut',
  },
  {
    rule: 'EOF in a body',
    section: 'RFC 9112 8',
    send: [post(length('hello'), 'hell'), 'FIN'],
    seen: [],
    ending: 'cut',
  },
  { rule: 'EOF in a chunk size', section: 'RFC 9112 8', send: [chunked('5'), 'FIN'], seen: [], ending: 'cut' },
  { rule: 'EOF in a chunk', section: 'RFC 9112 8', send: [chunked('5\r\nhel'), 'FIN'], seen: [], ending: 'cut' },
  {
    rule: 'EOF after a chunk',
    section: 'RFC 9112 8',
    send: [chunked('5\r\nhello\r\n'), 'FIN'],
    seen: [],
    ending: 'cut',
  },
  {
    rule: 'EOF after the last chunk',
    section: 'RFC 9112 8',
    send: [chunked('5\r\nhello\r\n0\r\n'), 'FIN'],
    seen: [],
    ending: 'cut',
  },
  {
    rule: 'EOF in the trailers',
    section: 'RFC 9112 8',
    send: [chunked('0\r\nX: 1\r\n'), 'FIN'],
    seen: [],
    ending: 'cut',
  },
  {
    rule: 'EOF in a second request',
    section: 'RFC 9112 8',
    send: [`${get()}GET /second HTTP/1.1\r\n`, 'FIN'],
    seen: ['GET /'],
    ending: 'closed',
  },
];

export const FORWARDED_REQUESTS: readonly ForwardedRow[] = [
  ...BODIES,
  ...HEADS,
  ...CONNECTIONS,
  ...TARGETS,
  ...UPGRADES,
  ...ENDS,
];
