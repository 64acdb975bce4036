// Responses of hostile backends, as bytes, and what the client receives: a 502, a truncated response or a valid one.
import { type Act, HOSTILE_TARGET as TARGET } from '../../harness/raw-http/hostile-backend.ts';

/**
 * What the client receives. A number: a local response with this status. 'broken': the head and an incomplete body. An
 * object: this response; with `isReused`, the connection to the backend may carry the next request.
 */
export type Outcome =
  | number
  | 'broken'
  | {
      readonly status: number;
      readonly body?: string;
      readonly has?: readonly string[];
      readonly lacks?: readonly string[];
      readonly interim?: number;
      readonly trailers?: readonly string[];
      readonly isReused?: true;
    };

export interface HostileRow {
  readonly rule: string;
  readonly section: string;
  /** Bytes and other actions of the backend after it has received the head of the request. */
  readonly play: string | readonly Act[];
  readonly client: Outcome;
  /** The request; the default is a GET in HTTP/1.1. */
  readonly request?: string;
  /**
   * Sends the response only in whole packets, not byte by byte, because the client may receive the head before the
   * fault.
   */
  readonly isWhole?: true;
}

const EVIL = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
const ok = (lines: string, body = ''): string => `HTTP/1.1 200 OK\r\n${lines}\r\n${body}`;
const five = (body: string): string => ok('Content-Length: 5\r\n', body);
const chunked = (body: string): string => ok('Transfer-Encoding: chunked\r\n', body);
const HELLO = { status: 200, body: 'hello' };
const H = 'Host: a\r\n';
const GET = `GET ${TARGET} HTTP/1.1\r\n${H}\r\n`;
const GET_1_0 = `GET ${TARGET} HTTP/1.0\r\n${H}\r\n`;
const HEAD = `HEAD ${TARGET} HTTP/1.1\r\n${H}\r\n`;
const UPGRADE = `GET ${TARGET} HTTP/1.1\r\n${H}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

type Plain = readonly [rule: string, section: string, play: string | readonly Act[]];

const REJECTED: readonly Plain[] = [
  [
    'both Content-Length and Transfer-Encoding',
    'RFC 9112 6.3',
    ok('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${EVIL}`),
  ],
  ['two lengths that differ', 'RFC 9112 6.3', ok('Content-Length: 5\r\nContent-Length: 6\r\n', 'hello!')],
  ['a list of lengths that differ', 'RFC 9110 8.6', ok('Content-Length: 5, 6\r\n', 'hello!')],
  [
    'equal lengths beside Transfer-Encoding',
    'RFC 9112 6.3',
    ok('Content-Length: 5, 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  ],
  ['a length on two lines', 'RFC 9112 5.2', ok('Content-Length: 5\r\n 6\r\n', 'hello')],
  [
    'a space before the colon beside another length',
    'RFC 9112 5.1',
    ok('Content-Length : 6\r\nContent-Length: 5\r\n', 'hello!'),
  ],
  [
    'a space before the colon beside another framing',
    'RFC 9112 5.1',
    ok('Transfer-Encoding : chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'),
  ],
  ['a folded line before the first field', 'RFC 9112 2.2', ok(' X: 1\r\nContent-Length: 0\r\n')],
  ['a negative length', 'RFC 9110 8.6', ok('Content-Length: -5\r\n', 'hello')],
  ['a hexadecimal length', 'RFC 9110 8.6', ok('Content-Length: 0x5\r\n', 'hello')],
  ['an endless length', 'RFC 9110 8.6', ok('Content-Length: 99999999999999999999\r\n', 'hello')],
  ['Transfer-Encoding: gzip, chunked', 'RFC 9112 6.1', ok('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n')],
  ['Transfer-Encoding: identity', 'RFC 9112 6.1', [ok('Transfer-Encoding: identity\r\n', 'hello'), 'FIN']],
  [
    'two Transfer-Encodings',
    'RFC 9112 6.1',
    ok('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  ],
  ['Transfer-Encoding in HTTP/1.0', 'RFC 9112 6.1', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['Transfer_Encoding', 'RFC 9110 16.3.1', ok('Transfer_Encoding: chunked\r\n', '0\r\n\r\n')],
  ['Content.Length', 'RFC 9110 16.3.1', ok('Content.Length: 0\r\nContent-Length: 0\r\n')],
  ['a bare LF', 'RFC 9112 2.2', ok('X: 1\nContent-Length: 0\r\n')],
  ['only bare LFs', 'RFC 9112 2.2', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
  [
    'a bare CR, so that a client reads a Set-Cookie',
    'RFC 9112 2.2',
    ok('X: 1\rSet-Cookie: a=b\r\nContent-Length: 0\r\n'),
  ],
  ['NUL in a value', 'RFC 9110 5.5', ok('X: \0\r\nContent-Length: 0\r\n')],
  ['an escape character in a value', 'RFC 9110 5.5', ok('X: \x1b[2J\r\nContent-Length: 0\r\n')],
  ['a name with a space', 'RFC 9110 5.1', ok('X Y: 1\r\nContent-Length: 0\r\n')],
  ['a line without colon', 'RFC 9112 5', ok('nonsense\r\nContent-Length: 0\r\n')],
  ['a control character in the reason', 'RFC 9112 4', 'HTTP/1.1 200 O\x01\r\nContent-Length: 0\r\n\r\n'],
  ['status 000', 'RFC 9110 15', 'HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n'],
  ['status 099', 'RFC 9110 15', 'HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n'],
  ['a status of two digits', 'RFC 9112 4', 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a status of four digits', 'RFC 9112 4', 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a negative status', 'RFC 9112 4', 'HTTP/1.1 -20 OK\r\nContent-Length: 0\r\n\r\n'],
  ['no status', 'RFC 9112 4', 'HTTP/1.1\r\nContent-Length: 0\r\n\r\n'],
  ['no version', 'RFC 9112 4', '200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['HTTP/2', 'RFC 9112 2.3', 'HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['HTTP/0.9', 'RFC 9112 2.3', ['<html>hello</html>', 'FIN']],
  ['another protocol', 'RFC 9112 4', ['SSH-2.0-OpenSSH_9.2\r\n', 'FIN']],
  ['a TLS alert', 'RFC 9112 4', '\x15\x03\x01\0\x02\x02\x46'],
  ['an empty line first', 'RFC 9112 2.2', `\r\n${five('hello')}`],
  ['101 that nobody asked for', 'RFC 9110 7.8', `${SWITCH}GET /evil HTTP/1.1\r\n${H}\r\n`],
  ['a head over 32 KiB', 'RFC 9112 5', ok(`X: ${'x'.repeat(33 * 1024)}\r\nContent-Length: 0\r\n`)],
  ['a head that never ends', 'RFC 9112 5', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(64 * 1024)}`],
  ['129 fields', 'RFC 9112 5', ok(`${'X: 1\r\n'.repeat(128)}Content-Length: 0\r\n`)],
  ['FIN without a byte', 'RFC 9112 8', ['FIN']],
  ['FIN in the status line', 'RFC 9112 8', ['HTTP/1.1 20', 'FIN']],
  ['FIN in the fields', 'RFC 9112 8', ['HTTP/1.1 200 OK\r\nContent-Le', 'FIN']],
  ['FIN before the empty line', 'RFC 9112 8', ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n', 'FIN']],
  ['a reset in the fields', 'RFC 9112 8', ['HTTP/1.1 200 OK\r\nContent-Le', 'RST']],
];

const BROKEN: readonly Plain[] = [
  ['FIN before the body', 'RFC 9112 8', [five(''), 'FIN']],
  ['FIN in a body', 'RFC 9112 8', [five('hell'), 'FIN']],
  ['a reset in a body', 'RFC 9112 8', [five('hell'), { sent: 'hell' }, 'RST']],
  ['FIN in a chunk', 'RFC 9112 8', [chunked('5\r\nhel'), 'FIN']],
  ['FIN after a chunk', 'RFC 9112 8', [chunked('5\r\nhello\r\n'), 'FIN']],
  ['FIN after the last chunk', 'RFC 9112 8', [chunked('5\r\nhello\r\n0\r\n'), 'FIN']],
  ['a reset after a chunk', 'RFC 9112 8', [chunked('5\r\nhello\r\n'), { sent: 'hello' }, 'RST']],
  ['an invalid size after the head', 'RFC 9112 7.1', [chunked(''), { sent: '\r\n\r\n' }, 'zz\r\n']],
  ['an invalid size in the middle', 'RFC 9112 7.1', [chunked('5\r\nhello\r\n'), { sent: 'hello' }, `-1\r\n${EVIL}`]],
  ['no CRLF after a chunk', 'RFC 9112 7.1', [chunked('5\r\nhello'), { sent: 'hello' }, `XX0\r\n\r\n${EVIL}`]],
  ['a bare LF after a size', 'RFC 9112 7.1', [chunked('5\r\nhello\r\n'), { sent: 'hello' }, '5\nhello\r\n0\r\n\r\n']],
  ['a malformed trailer', 'RFC 9112 7.1.2', [chunked('5\r\nhello\r\n'), { sent: 'hello' }, '0\r\nX Y: 1\r\n\r\n']],
];

const SEEN: readonly HostileRow[] = [
  {
    rule: 'an invalid chunk size at once',
    section: 'RFC 9112 7.1',
    play: chunked('zz\r\n'),
    client: 502,
    isWhole: true,
  },
  { rule: 'bytes after a length', section: 'RFC 9112 6.3', play: five(`hello${EVIL}`), client: HELLO },
  {
    rule: 'bytes after a declared length, sent later',
    section: 'RFC 9112 6.3',
    play: [five('hello'), { sent: 'hello' }, EVIL],
    client: HELLO,
  },
  {
    rule: 'bytes after the last chunk',
    section: 'RFC 9112 7.1',
    play: chunked(`5\r\nhello\r\n0\r\n\r\n${EVIL}`),
    client: HELLO,
  },
  {
    rule: 'a body of 204',
    section: 'RFC 9112 6.3',
    play: `HTTP/1.1 204 No Content\r\n\r\n${EVIL}`,
    client: { status: 204 },
  },
  {
    rule: 'a length of 204',
    section: 'RFC 9110 8.6',
    play: `HTTP/1.1 204 No Content\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`,
    client: { status: 204, lacks: ['content-length'] },
  },
  {
    rule: 'a body of 304',
    section: 'RFC 9112 6.3',
    play: `HTTP/1.1 304 N\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`,
    client: { status: 304 },
  },
  {
    rule: 'a body to HEAD',
    section: 'RFC 9112 6.3',
    play: five(`hello${EVIL}`),
    client: { status: 200 },
    request: HEAD,
  },
  {
    rule: 'chunks to HEAD',
    section: 'RFC 9112 6.3',
    play: chunked('5\r\nhello\r\n0\r\n\r\n'),
    client: { status: 200 },
    request: HEAD,
  },
  {
    rule: 'a head to HEAD',
    section: 'RFC 9110 9.3.2',
    play: five(''),
    client: { status: 200, has: ['Content-Length: 5'], isReused: true },
    request: HEAD,
  },
  {
    rule: 'a body that ends with the connection',
    section: 'RFC 9112 6.3',
    play: [ok('', 'hello'), 'FIN'],
    client: HELLO,
  },
  {
    rule: 'a body of HTTP/1.0 that ends with the connection',
    section: 'RFC 9112 6.3',
    play: ['HTTP/1.0 200 OK\r\n\r\nhello', 'FIN'],
    client: HELLO,
  },
  {
    rule: 'a body that ends with a reset',
    section: 'RFC 9112 8',
    play: [ok('', 'hello'), { sent: 'hello' }, 'RST'],
    client: 'broken',
  },
  {
    rule: 'a body that ends with a reset, for an HTTP/1.0 client: its connection is reset too',
    section: 'RFC 9112 8',
    play: [ok('', 'hello'), { sent: 'hello' }, 'RST'],
    client: 'broken',
    request: GET_1_0,
  },
  {
    rule: 'chunks to HTTP/1.0',
    section: 'RFC 9112 7.1',
    play: chunked('5\r\nhello\r\n0\r\n\r\n'),
    client: { ...HELLO, lacks: ['transfer-encoding'], isReused: true },
    request: GET_1_0,
  },
  { rule: 'a length', section: 'RFC 9112 6.3', play: five('hello'), client: { ...HELLO, isReused: true } },
  {
    rule: 'chunks',
    section: 'RFC 9112 7.1',
    play: chunked('5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n'),
    client: { ...HELLO, trailers: ['X-Sum: 1'], isReused: true },
  },
  {
    rule: 'a status line without a reason and without the space before it',
    section: 'RFC 9112 4',
    play: 'HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello',
    client: { ...HELLO, isReused: true },
  },
  {
    rule: 'Connection: close',
    section: 'RFC 9112 9.6',
    play: ok('Connection: close\r\nContent-Length: 5\r\n', 'hello'),
    client: HELLO,
  },
  {
    rule: 'HTTP/1.0 with a length',
    section: 'RFC 9112 9.3',
    play: 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    client: HELLO,
  },
  {
    rule: 'hop-by-hop fields are not forwarded, and Connection cannot remove framing fields',
    section: 'RFC 9110 7.6.1',
    play: ok(
      'Connection: X-A, Content-Length\r\nX-A: 1\r\nX.A: 2\r\nKeep-Alive: 9\r\nUpgrade: h2c\r\nContent-Length: 5\r\n',
      'hello',
    ),
    client: { ...HELLO, lacks: ['x-a', 'x.a', 'keep-alive', 'upgrade', 'connection'], isReused: true },
  },
  {
    rule: 'trailers are forwarded except those that only a head may have, or that Connection names',
    section: 'RFC 9110 6.5.1',
    play: ok(
      'Connection: X-A\r\nTransfer-Encoding: chunked\r\n',
      `5\r\nhello\r\n0\r\nX-A: 1\r\nX-Sum: 1\r\n${[
        ...['Set-Cookie: a=b', 'set_cookie: a=b', 'Location: /b', 'Content-Length: 9', 'WWW-Authenticate: NTLM'],
        ...['Access-Control-Allow-Origin: *', 'Content-Type: text/html', 'Cache-Control: public', 'Vary: *'],
        ...['X_A: 2', 'X.A: 3', 'Set.Cookie: a=b', 'X-Auth-Token: x', 'Remote-User: root', 'X.Real.IP: 6.6.6.6'],
      ].join('\r\n')}\r\ngrpc-status: 0\r\n\r\n`,
    ),
    client: { ...HELLO, trailers: ['X-Sum: 1', 'grpc-status: 0'], isReused: true },
  },
  {
    rule: 'interim responses before the final one',
    section: 'RFC 9110 15.2',
    play: `HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\n${five('hello')}`,
    client: { ...HELLO, interim: 2, isReused: true },
  },
  {
    rule: 'interim responses to HTTP/1.0',
    section: 'RFC 9110 15.2',
    play: `HTTP/1.1 100 C\r\n\r\n${five('hello')}`,
    client: { ...HELLO, isReused: true },
    request: GET_1_0,
  },
  {
    rule: 'an interim response with a length has no body',
    section: 'RFC 9112 6.3',
    play: `HTTP/1.1 103 E\r\nContent-Length: 5\r\n\r\n${five('hello')}`,
    client: { ...HELLO, interim: 1, isReused: true },
  },
  {
    rule: 'a flood of interim responses',
    section: 'RFC 9110 15.2',
    play: 'HTTP/1.1 103 E\r\n\r\n'.repeat(2_000),
    client: { status: 502, interim: 100 },
  },
  {
    rule: 'interim responses without a final one',
    section: 'RFC 9112 8',
    play: ['HTTP/1.1 103 E\r\n\r\n', 'FIN'],
    client: { status: 502, interim: 1 },
  },
  {
    rule: 'interim responses without a final one in time',
    section: 'RFC 9110 15.6.5',
    play: 'HTTP/1.1 103 E\r\n\r\n',
    client: { status: 504, interim: 1 },
  },
  { rule: 'no response in time', section: 'RFC 9110 15.6.5', play: [], client: 504 },
  { rule: 'half a head in time', section: 'RFC 9110 15.6.5', play: 'HTTP/1.1 200 OK\r\nX: ', client: 504 },
  { rule: 'a body that stops halfway', section: 'RFC 9112 8', play: five('hell'), client: 'broken' },
  {
    rule: 'a body in small pieces with pauses',
    section: 'RFC 9112 6.3',
    play: [...ok('Content-Length: 5\r\n', 'hello')],
    client: { ...HELLO, isReused: true },
  },
  {
    rule: 'a response before the end of the request: the rest of the request is not a new request',
    section: 'RFC 9112 9.3',
    play: five('hello'),
    client: { ...HELLO, has: ['Connection: close'] },
    request: `POST ${TARGET} HTTP/1.1\r\n${H}Content-Length: 999\r\n\r\n${GET}`,
  },
  {
    rule: 'a response before the end of a chunked request',
    section: 'RFC 9112 9.3',
    play: five('hello'),
    client: { ...HELLO, has: ['Connection: close'] },
    request: `POST ${TARGET} HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
  },
  {
    rule: '101 without Upgrade',
    section: 'RFC 9110 15.2.2',
    play: 'HTTP/1.1 101 X\r\nConnection: Upgrade\r\n\r\n',
    client: 502,
    request: UPGRADE,
  },
  {
    rule: '101 to a protocol that the client did not request',
    section: 'RFC 9110 7.8',
    play: 'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    client: 502,
    request: UPGRADE,
  },
  {
    rule: '101 with two lengths',
    section: 'RFC 9112 6.3',
    play: 'HTTP/1.1 101 X\r\nUpgrade: websocket\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    client: 502,
    request: UPGRADE,
  },
];

/** Responses that are repaired, and what the client receives: nothing of the fault crosses to it. */
const REPAIRED: readonly HostileRow[] = [
  ...[600, 999].map(
    (status): HostileRow => ({
      rule: `status ${status} is a server error`,
      section: 'RFC 9110 15',
      play: `HTTP/1.1 ${status} Request denied\r\nX: 1\r\nContent-Length: 5\r\n\r\nhello`,
      client: { status: 500, body: 'hello', has: ['X: 1'], isReused: true },
    }),
  ),
  ...['5\r\nContent-Length: 5', '5, 5', '5,5\r\nContent-Length:\t5', '05'].map(
    (lengths): HostileRow => ({
      rule: `equal lengths: ${JSON.stringify(lengths)}`,
      section: 'RFC 9112 6.3',
      play: ok(`X: 1\r\nContent-Length: ${lengths}\r\n`, `hello${EVIL}`),
      client: { ...HELLO, has: ['Content-Length: 5', 'X: 1'] },
    }),
  ),
  {
    rule: 'folded lines become one line each',
    section: 'RFC 9112 5.2',
    play: ok('X: 1\r\n 2\r\n\t3: 4\r\nContent-Length:\r\n 5\r\nY: 1\r\n \r\n', 'hello'),
    client: { ...HELLO, has: ['X: 1 2 3: 4', 'Content-Length: 5', 'Y: 1'], lacks: ['3'], isReused: true },
  },
  {
    rule: 'whitespace before a colon, of the framing and of the fields that end at this hop',
    section: 'RFC 9112 5.1',
    play: ok('Content-Length \t: 5\r\nX : 1\r\nConnection : X-A\r\nX-A\t: 1\r\nKeep-Alive : 9\r\n', 'hello'),
    client: {
      ...HELLO,
      has: ['Content-Length: 5', 'X: 1'],
      lacks: ['x-a', 'keep-alive', 'connection'],
      isReused: true,
    },
  },
  {
    rule: 'blanks behind chunk sizes and their extensions, folded trailers and trailers with a space before the colon',
    section: 'RFC 9112 7.1',
    play: ok(
      'Transfer-Encoding : chunked\r\n',
      '3  \t\r\nhel\r\n2 ;a=1 \r\nlo\r\n0 \r\nX-Sum : 1\r\n 2\r\nSet-Cookie : a=b\r\n\r\n',
    ),
    client: { ...HELLO, trailers: ['X-Sum: 1 2'], isReused: true },
  },
  {
    rule: 'an interim response with a folded line',
    section: 'RFC 9112 5.2',
    play: `HTTP/1.1 103 E\r\nLink : x\r\n y\r\n\r\n${five('hello')}`,
    client: { ...HELLO, interim: 1, isReused: true },
  },
];

export const HOSTILE: readonly HostileRow[] = [
  ...REJECTED.map(([rule, section, play]): HostileRow => ({ rule, section, play, client: 502 })),
  ...BROKEN.map(([rule, section, play]): HostileRow => ({ rule, section, play, client: 'broken' })),
  ...SEEN,
  ...REPAIRED,
].map((row) => ({ request: GET, ...row }));
