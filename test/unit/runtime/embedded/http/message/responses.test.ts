// Responses that are accepted and responses that are rejected: the lines that the client gets, or a 502.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHUNKED, UNTIL_CLOSE } from '../../../../../../provider/runtime/embedded/http/message/framing.ts';
import { findHeadEnd, INCOMPLETE } from '../../../../../../provider/runtime/embedded/http/message/head-parser.ts';
import { Request } from '../../../../../../provider/runtime/embedded/http/message/request.ts';
import { Response, readResponse } from '../../../../../../provider/runtime/embedded/http/message/response.ts';
import { isChunkedFor, responseLines } from '../../../../../../provider/runtime/embedded/http/message/response-text.ts';

type To = Partial<Pick<Request, 'isHead' | 'minor' | 'upgrade'>>;

/** `undefined` for a response that is rejected. */
function read(raw: string, to: To = {}): Response | undefined {
  const bytes = Buffer.from(raw, 'latin1');
  const end = findHeadEnd(bytes, 0, 0);
  if (typeof end !== 'number') return undefined;
  assert.notEqual(end, INCOMPLETE, 'the row holds no whole head');
  const response = new Response();
  const fault = readResponse(bytes, 0, end, Object.assign(new Request(), to), response);
  return fault === undefined ? response : undefined;
}

const ok = (lines: string): string => `HTTP/1.1 200 OK\r\n${lines}\r\n`;

const REFUSED: [rule: string, raw: string, to?: To][] = [
  ['both Content-Length and Transfer-Encoding', ok('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n')],
  ['both, to HEAD', ok('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'), { isHead: true }],
  ['two lengths that differ', ok('Content-Length: 5\r\nContent-Length: 6\r\n')],
  ['a malformed length', ok('Content-Length: 5x\r\n')],
  ['Transfer-Encoding: gzip, chunked', ok('Transfer-Encoding: gzip, chunked\r\n')],
  ['Transfer-Encoding: gzip', ok('Transfer-Encoding: gzip\r\n')],
  ['Transfer_Encoding', ok('Transfer_Encoding: chunked\r\n')],
  ['chunked in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['a bare LF', 'HTTP/1.1 200 OK\r\nX: 1\nY: 2\r\n\r\n'],
  ['only bare LFs', 'HTTP/1.1 200 OK\nX: 1\n\n'],
  ['a bare CR', ok('X: 1\r2\r\n')],
  ['NUL', ok('X: \0\r\n')],
  ['a control character in the reason', 'HTTP/1.1 200 O\x01\r\n\r\n'],
  ['no version', '200 OK\r\n\r\n'],
  ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
  ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n'],
  ['another protocol', 'SSH-2.0-x\r\n\r\n'],
  ['two spaces before the status', 'HTTP/1.1  200 OK\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
  ['an empty line first', `\r\n${ok('')}`],
  ['a 101 without a request for it', 'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
  ['a 101 to another protocol', 'HTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\n', { upgrade: 'websocket' }],
  ['a 101 without a protocol', 'HTTP/1.1 101 X\r\nConnection: Upgrade\r\n\r\n', { upgrade: 'websocket' }],
  ['a head over 32 KiB', ok(`X: ${'x'.repeat(32 * 1024)}\r\n`)],
  ['129 fields', ok('X: 1\r\n'.repeat(129))],
];

for (const [rule, raw, to] of REFUSED) {
  test(`rejected: ${rule}`, () => assert.equal(read(raw, to), undefined));
}

interface Taken {
  lines: string;
  framing: number;
  isKeepAlive?: boolean;
  isClosedByEnd?: boolean;
}

const CHUNKED_LINE = 'Transfer-Encoding: chunked\r\n';

const TAKEN: [rule: string, raw: string, taken: Taken, to?: To][] = [
  [
    'a length',
    ok('Content-Length: 5\r\n'),
    { lines: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n', framing: 5, isKeepAlive: true },
  ],
  [
    'chunks',
    ok('Transfer-Encoding: chunked\r\nX: 1\r\n'),
    { lines: `HTTP/1.1 200 OK\r\nX: 1\r\n${CHUNKED_LINE}`, framing: CHUNKED, isKeepAlive: true },
  ],
  [
    'chunks to HTTP/1.0',
    ok('Transfer-Encoding: chunked\r\n'),
    { lines: 'HTTP/1.1 200 OK\r\n', framing: CHUNKED, isClosedByEnd: true },
    { minor: 0 },
  ],
  [
    'a body that ends with the connection becomes chunks',
    ok('X: 1\r\n'),
    {
      lines: `HTTP/1.1 200 OK\r\nX: 1\r\n${CHUNKED_LINE}`,
      framing: UNTIL_CLOSE,
      isKeepAlive: false,
      isClosedByEnd: false,
    },
  ],
  [
    'a body that ends with the connection is unchanged for HTTP/1.0',
    ok(''),
    { lines: 'HTTP/1.1 200 OK\r\n', framing: UNTIL_CLOSE, isClosedByEnd: true },
    { minor: 0 },
  ],
  [
    'HTTP/1.0 of the target',
    'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n',
    { lines: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n', framing: 5, isKeepAlive: false },
  ],
  [
    'HTTP/1.0 of the target with keep-alive',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n',
    { lines: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n', framing: 5, isKeepAlive: true },
  ],
  [
    'Connection: close',
    ok('Content-Length: 5\r\nConnection: close\r\n'),
    { lines: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n', framing: 5, isKeepAlive: false },
  ],
  [
    'hop-by-hop fields are dropped',
    ok(
      'Connection: keep-alive, X-A\r\nKeep-Alive: timeout=5\r\nX-A: 1\r\nX-B: 2\r\nContent-Length: 0\r\nUpgrade: h2c\r\n',
    ),
    { lines: 'HTTP/1.1 200 OK\r\nX-B: 2\r\nContent-Length: 0\r\n', framing: 0, isKeepAlive: true },
  ],
  [
    'Connection cannot drop Content-Length',
    ok('Connection: content-length\r\nContent-Length: 5\r\n'),
    { lines: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n', framing: 5 },
  ],
  [
    'HEAD keeps the length and has no body',
    ok('Content-Length: 5\r\n'),
    { lines: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n', framing: 0, isKeepAlive: true },
    { isHead: true },
  ],
  [
    'HEAD of chunks has no body',
    ok('Transfer-Encoding: chunked\r\n'),
    { lines: 'HTTP/1.1 200 OK\r\n', framing: 0, isKeepAlive: true },
    { isHead: true },
  ],
  [
    'HEAD of a body that ends with the connection',
    ok(''),
    { lines: 'HTTP/1.1 200 OK\r\n', framing: 0, isKeepAlive: true },
    { isHead: true },
  ],
  [
    '204 loses its length',
    'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
    { lines: 'HTTP/1.1 204 No Content\r\n', framing: 0, isKeepAlive: true },
  ],
  [
    '304 keeps its length',
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
    { lines: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n', framing: 0 },
  ],
  ['100', 'HTTP/1.1 100 Continue\r\n\r\n', { lines: 'HTTP/1.1 100 Continue\r\n', framing: 0 }],
  [
    '103 with a length',
    'HTTP/1.1 103 Early Hints\r\nLink: x\r\nContent-Length: 5\r\n\r\n',
    { lines: 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n', framing: 0 },
  ],
  [
    '101',
    'HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\nX: 1\r\n\r\n',
    {
      lines: 'HTTP/1.1 101 Switching\r\nX: 1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n',
      framing: 0,
      isKeepAlive: false,
    },
    { upgrade: 'websocket' },
  ],
  [
    'no reason',
    'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n',
    { lines: 'HTTP/1.1 200 \r\nContent-Length: 0\r\n', framing: 0 },
  ],
  [
    'no reason and no space',
    'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n',
    { lines: 'HTTP/1.1 200 \r\nContent-Length: 0\r\n', framing: 0 },
  ],
  [
    'obs-text in the reason',
    'HTTP/1.1 200 \xe4\r\nContent-Length: 0\r\n\r\n',
    { lines: 'HTTP/1.1 200 \xe4\r\nContent-Length: 0\r\n', framing: 0 },
  ],
];

for (const [rule, raw, taken, to] of TAKEN) {
  test(`accepted: ${rule}`, () => {
    const response = read(raw, to);
    assert.ok(response, 'refused');
    const isChunked = isChunkedFor(to?.minor ?? 1, response);
    assert.equal(responseLines(response, isChunked), taken.lines);
    assert.equal(response.framing, taken.framing);
    if (taken.isKeepAlive !== undefined) assert.equal(response.isKeepAlive, taken.isKeepAlive);
    if (taken.isClosedByEnd !== undefined) assert.equal(response.hasUnknownLength && !isChunked, taken.isClosedByEnd);
  });
}
