// Arbitrary byte streams of HTTP requests and responses: valid ones from a grammar, and ones with the faults that
// smuggling uses.
import fc from 'fast-check';

/** The last request of every stream of requests. A reader must see it as the next request or not at all. */
const LAST = 'GET /last HTTP/1.1\r\nHost: last\r\nConnection: close\r\n\r\n';

const words = (...all: readonly string[]) => fc.constantFrom(...all);
const data = fc.oneof(
  fc.string({ unit: words('a', '0', '\r', '\n', '\r\n', '\0', '\xff', ' ', 'G'), maxLength: 40 }),
  words('0\r\n\r\n', LAST, '5\r\nhello\r\n0\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n'),
);

const otherLines = fc.array(
  words(
    'X: 1',
    'x-a:\t\xe4 ',
    'Empty:',
    'Cookie: a=b; c="d"',
    'Connection: keep-alive',
    'Connection: X, x-a',
    'Connection: content-length, transfer-encoding, host',
    'Keep-Alive: timeout=5',
    'TE: trailers',
    'Trailer: X-Sum',
    'X-Forwarded-For: 6.6.6.6',
    'X_Forwarded_Ssl: on',
    'X.Forwarded~Host: b',
    'SCRIPT_NAME: /b',
    'X.a: 1',
    'client-ip: 6.6.6.6',
    'Via: 1.0 fred',
    'Proxy-Connection: close',
    'Upgrade: h2c',
    'Accept: */*',
  ),
  { maxLength: 4 },
);

/**
 * Header fields that declare the framing of a message. Request smuggling needs a wrong or a duplicate one of these
 * fields.
 */
const framingLines = words(
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: 05',
  'Content-Length: +5',
  'Content-Length: 5, 5',
  'Content-Length: 5 5',
  'Content_Length: 5',
  'Content-Length : 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding:\x0bchunked',
  'Transfer-Encoding : chunked',
  'Transfer_Encoding: chunked',
  'Transfer.Encoding: chunked',
  'X: y\r\n Transfer-Encoding: chunked',
  'X: y\nTransfer-Encoding: chunked',
  'Host: b',
  'Connection: close',
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c',
  'Expect: 100-continue',
);

const chunk = fc
  .record({ data, size: words('', '0', '00'), extension: words('', '', ';a=b', ' ;a', '\t; a="b c"') })
  .filter((part) => part.data !== '')
  .map((part) => `${part.size}${part.data.length.toString(16)}${part.extension}\r\n${part.data}\r\n`);
const trailers = words(
  '',
  '',
  'X-Sum: 1\r\n',
  'Content-Length: 5\r\n',
  'Cookie: a=b\r\n',
  'X_A: 1\r\nX.Remote.User: root\r\n',
  'Transfer-Encoding: chunked\r\nX-Sum: 1\r\n',
);
const chunks = fc
  .tuple(fc.array(chunk, { maxLength: 3 }), words('0', '000', '0;x'), trailers)
  .map(([parts, last, lines]) => `${parts.join('')}${last}\r\n${lines}\r\n`);

/** Pairs of framing fields and the body that they describe. */
const body = fc.oneof(
  fc.constant([[] as string[], '']),
  data.map((text) => [[`Content-Length: ${text.length}`], text]),
  chunks.map((text) => [['Transfer-Encoding: chunked'], text]),
) as fc.Arbitrary<[string[], string]>;

const startLine = fc
  .tuple(
    words('GET', 'POST', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'M-SEARCH'),
    words('/', '/a/../b', '/%2e%2e/a', '//x', '/a%2Fb?c=/../d', 'http://a/x', 'http://A.:80?q', '/x;y=z'),
    words('1.1', '1.1', '1.1', '1.1', '1.0'),
  )
  .filter(([method, target]) => method !== 'OPTIONS' || target.startsWith('/'));

function joined(start: string, lines: readonly string[], rest: string): string {
  return `${[start, ...lines].join('\r\n')}\r\n\r\n${rest}`;
}

/** A valid request, which no proxy may reject. */
const goodRequest = fc
  .tuple(startLine, otherLines, body, words('', '', '\r\n'))
  .map(([[method, target, version], others, [framing, text], before]) => {
    const isChunked = framing[0]?.startsWith('T') === true;
    const start = `${before}${method} ${target} HTTP/${isChunked ? '1.1' : version}`;
    return joined(start, ['Host: a', ...others, ...framing], text);
  });

/** A valid request with one additional framing field at any place. */
const oddRequest = fc.tuple(goodRequest, framingLines, fc.nat(20)).map(([request, line, place]) => {
  const ends = [...request.slice(0, request.indexOf('\r\n\r\n') + 2).matchAll(/\r\n/g)].map(({ index }) => index + 2);
  const at = ends[place % ends.length] as number;
  return `${request.slice(0, at)}${line}\r\n${request.slice(at)}`;
});

/** A fault: a text that replaces `length` characters at any place of the stream. */
const fault = fc.record({
  place: fc.nat(),
  length: words('0', '1', '1', '2').map(Number),
  text: fc.oneof(
    words(
      '',
      '\n',
      '\r',
      '\r\n',
      '\r\n\r\n',
      '\n\n',
      '\0',
      ' ',
      '\t',
      '\x0b',
      ':',
      ',',
      ';',
      '-',
      '_',
      '0',
      '1',
      'f',
      '\x7f',
      '\xa0',
    ),
    words(' HTTP/1.1', '0\r\n\r\n', 'chunked', LAST),
  ),
  /** Whether the fault is at the end of a line, because faults matter most there. */
  isAtLineEnd: fc.boolean(),
});

function withFaults(
  text: string,
  faults: readonly { place: number; length: number; text: string; isAtLineEnd: boolean }[],
) {
  let faulty = text;
  for (const { place, length, text: instead, isAtLineEnd } of faults) {
    let at = place % (faulty.length + 1);
    if (isAtLineEnd) at = Math.max(0, faulty.indexOf('\r\n', at));
    faulty = faulty.slice(0, at) + instead + faulty.slice(at + length);
  }
  return faulty;
}

export const goodRequests = fc.array(goodRequest, { minLength: 1, maxLength: 3 }).map((all) => all.join('') + LAST);

export const oddRequests = fc
  .tuple(fc.array(fc.oneof(goodRequest, oddRequest), { minLength: 1, maxLength: 3 }), fc.array(fault, { maxLength: 2 }))
  .map(([all, faults]) => withFaults(all.join(''), faults) + LAST);

const interim = words('', '', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n');
const goodResponse = fc
  .tuple(
    interim,
    words('HTTP/1.1 200 OK', 'HTTP/1.1 200 OK', 'HTTP/1.0 200 OK', 'HTTP/1.1 404', 'HTTP/1.1 204 N', 'HTTP/1.1 304 N'),
    otherLines,
    body,
  )
  .map(([before, start, others, [framing, text]]) => {
    // HTTP/1.0 has no chunked transfer coding.
    const line = framing[0]?.startsWith('T') ? start.replace('1.0', '1.1') : start;
    return before + joined(line, [...others, ...framing], text);
  });

export const oddResponses = fc
  .tuple(
    goodResponse,
    fc.option(framingLines),
    fc.array(fault, { maxLength: 2 }),
    words('', '', '', 'x', '\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'),
  )
  .map(([response, line, faults, behind]) => {
    const odd = line === null ? response : response.replace(/\r\n\r\n/, `\r\n${line}\r\n\r\n`);
    return withFaults(odd, faults) + behind;
  });

/** The places at which a stream is cut into packets. */
export const cuts = fc.array(fc.nat(), { maxLength: 6 });

export function cut(text: string, places: readonly number[]): string[] {
  const at = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at
    .slice(1)
    .map((to, index) => text.slice(at[index], to))
    .filter((piece) => piece !== '');
}
