// The chunk decoder: what it rejects, and that neither the split of its input nor the sender's chunks change the data.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BodyPart, BodyReader } from '../../../../../../provider/runtime/embedded/http/message/body.ts';
import { framePart } from '../../../../../../provider/runtime/embedded/http/message/body-framing.ts';
import { ChunkDecoder } from '../../../../../../provider/runtime/embedded/http/message/chunks.ts';
import { CHUNKED, UNTIL_CLOSE } from '../../../../../../provider/runtime/embedded/http/message/framing.ts';
import { assertHolds } from '../../../../../harness/properties/properties.ts';

interface Decoded {
  data: string;
  trailers: string;
  /** Bytes that follow the chunked body on the connection. */
  rest: string;
  status: number | undefined;
  isDone: boolean;
}

function decode(raw: Buffer, cuts: readonly number[] = [], nominated?: readonly string[]): Decoded {
  const decoder = new ChunkDecoder();
  decoder.start(nominated);
  const output = Buffer.alloc(raw.length);
  let data = '';
  let rest = '';
  for (const piece of split(raw, cuts)) {
    const end = decoder.decode(piece, 0, piece.length, output, 0);
    data += output.toString('latin1', 0, decoder.outputTo);
    rest += piece.toString('latin1', end);
  }
  return { data, trailers: decoder.trailers, rest, status: decoder.fault?.status, isDone: decoder.isDone };
}

function split(raw: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (raw.length + 1)).sort((a, b) => a - b), raw.length];
  return places.slice(1).map((to, index) => raw.subarray(places[index], to));
}

/** A chunked body as a sender might write it. */
function encode(chunks: readonly Uint8Array[], extension: string, trailers: string): Buffer {
  const parts = chunks
    .filter(({ length }) => length > 0)
    .flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`), chunk, Buffer.from('\r\n')]);
  return Buffer.concat([...parts, Buffer.from(`0\r\n${trailers}\r\n`, 'latin1')]);
}

/** Returns a body part as chunked bytes, as its receiver gets them. */
function chunked(part: BodyPart): Buffer {
  const { output, from, to } = framePart(part, true);
  return Buffer.from(output.subarray(from, to));
}

const REFUSED: [rule: string, raw: string, status?: number][] = [
  ['no digits', '\r\n'],
  ['an extension without size', ';a=b\r\n'],
  ['a sign', '+5\r\nhello\r\n'],
  ['0x', '0x5\r\nhello\r\n'],
  ['a letter that is no digit', '5g\r\nhello\r\n'],
  ['an underscore', '1_0\r\n'],
  ['a space before the size', ' 5\r\nhello\r\n'],
  ['a space behind the size', '5 \r\nhello\r\n'],
  ['a size beyond all numbers', 'ffffffffffffffff\r\n'],
  ['a size of 17 digits', `${'0'.repeat(16)}5\r\nhello\r\n`],
  ['a bare LF behind the size', '5\nhello\r\n'],
  ['a bare CR behind the size', '5\rhello\r\n'],
  ['a bare LF behind the data', '5\r\nhello\n'],
  ['more data than the size', '5\r\nhello!\r\n'],
  ['a bare LF in an extension', '5;a\nb\r\nhello\r\n'],
  ['NUL in an extension', '5;a\0\r\nhello\r\n'],
  ['an extension over 1 KiB', `5;${'x'.repeat(1025)}\r\nhello\r\n`],
  ...[';', '; ', ';;a', ';a;', '; =x', ';a=', ';a= ', ';a=;b', ';a="x', ';a="x\\"', ';a="x"y', ';a="\x7f"'].map(row),
  ...[';a ', ';a b', ';a=b ', ';a=b c', ';a="b" ', ';a=b=c', ';a="b"="c"', ';a=b"c"', ';"a"', ';a/b', ';\xe4'].map(row),
  ['whitespace over 1 KiB', `5${' '.repeat(1026)};\r\n`],
  ['a bare LF at the end', '0\r\n\n'],
  ['a bare CR at the end', '0\r\n\rX'],
  ['a trailer without colon', '0\r\nX\r\n\r\n'],
  ['a space before the colon of a trailer', '0\r\nX : 1\r\n\r\n'],
  ['a folded trailer', '0\r\nX: 1\r\n 2\r\n\r\n'],
  ['a bare LF in the trailers', '0\r\nX: 1\nY: 2\r\n\r\n'],
  ['a bare CR in the trailers', '0\r\nX: 1\r2\r\n\r\n'],
  ['Transfer.Encoding among the trailers', '0\r\nTransfer.Encoding: x\r\n\r\n'],
  ['129 trailers', `0\r\n${'X: 1\r\n'.repeat(129)}\r\n`],
  ['trailers over 8 KiB', `0\r\nX: ${'x'.repeat(8 * 1024)}\r\n\r\n`, 431],
];

/** A chunk with a malformed extension. */
function row(extension: string): [rule: string, raw: string] {
  return [`the extension ${JSON.stringify(extension)}`, `5${extension}\r\nhello\r\n0\r\n\r\n`];
}

for (const [rule, raw, status] of REFUSED) {
  test(`rejected: ${rule}`, () => {
    const bytes = Buffer.from(raw, 'latin1');
    assert.equal(decode(bytes).status, status ?? 400);
    const bytewise = decode(
      bytes,
      Array.from(bytes, (_, index) => index),
    );
    assert.equal(bytewise.status, status ?? 400);
  });
}

test('sizes in any case, leading zeros, extensions and whitespace before them are accepted', () => {
  const { data, isDone } = decode(
    Buffer.from(
      'A\r\n0123456789\r\n00b;x="y z"\r\n0123456789a\r\n1 \t;\t a ="\\"\xe4;" ; b\t=c;d\r\n!\r\n000;x\r\n\r\n',
      'latin1',
    ),
  );
  assert.equal(data, '01234567890123456789a!');
  assert.ok(isDone);
});

/** Trailers that only a head may have (RFC 9110 6.5.1), whatever their spelling. */
const HEAD_ONLY = [
  ...[
    'Content-Length',
    'Host',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Upgrade',
    'Via',
    'Max-Forwards',
    'Expect',
  ],
  ...['X-Forwarded-For', 'X_Forwarded_Prefix', 'Forwarded', 'X-Real-IP', 'X_Original_URL', 'X-HTTP-Method-Override'],
  ...['Authorization', 'AUTHORIZATION', 'Proxy-Authorization', 'WWW-Authenticate', 'Proxy_Authenticate'],
  ...['Cookie', 'Set-Cookie', 'set_cookie', 'Content-Type', 'content_encoding', 'Content-Range', 'Range', 'If-Match'],
  ...[
    'Cache-Control',
    'Location',
    'Retry-After',
    'Vary',
    'Date',
    'Expires',
    'Age',
    'Accept-Encoding',
    'Sec-Fetch-Site',
  ],
  ...['Access-Control-Allow-Origin', 'Strict-Transport-Security', 'X-Named', 'X_Named', 'x.nAMED'],
  ...[
    'Remote-User',
    'X.Remote.User',
    'X-Api-Key',
    'X-Auth-Token',
    'X-Authorization',
    'Authentication',
    'Proxy',
    'DPoP',
  ],
  ...['Authentication-Info', 'X-Csrf-Token', 'X-Session', 'X-Tenant', 'X-Roles', 'X-Host', 'CF-Connecting-IP', 'X-IP'],
  ...['X-Client-Cert', 'Set.Cookie', 'SCRIPT_NAME', 'X_HTTP_Method_Override', 'If.Match', 'If', 'Translate', 'Bearer'],
  ...['X-Bearer', 'Assertion', 'X-Sudo', 'X_Act.As', 'X-On-Behalf-Of', 'X-Acl', 'X-Privilege', 'X-Ticket', 'X-Sid'],
  ...['X-Otp', 'X-Verified', 'X-Trusted', 'X-Requested-With', 'X-Owner', 'X-Org', 'X-Level'],
];
const TRAILERS = [
  ...['X-Sum', 'ETag', 'grpc-status', 'Grpc-Message', 'grpc-status-details-bin', 'Server-Timing', 'Content-Digest'],
  ...['Content-MD5', 'Digest', 'Repr-Digest', 'x-amz-checksum-crc32c', 'X-Checksum-SHA256', 'Signature', 'X-Fine'],
];

test('trailers that only a head may have are dropped, and so are those that Connection names', () => {
  const sent = [...HEAD_ONLY, ...TRAILERS].map((name) => `${name}:1\r\n`).join('');
  const { trailers, rest } = decode(Buffer.from(`0\r\n${sent}\r\nnext`), [], ['x-named']);
  assert.equal(trailers, TRAILERS.map((name) => `${name}: 1\r\n`).join(''));
  assert.equal(rest, 'next');
});

const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 });
const cuts = fc.array(fc.nat(10_000), { maxLength: 30 });
const extension = fc.constantFrom('', ';a', ';a=b', ' ;a="b c"');
const trailers = fc.constantFrom('', 'X: 1\r\n', 'X: 1\r\nY-Z: \xe4\r\n');

test('any split of a chunked body gives the same data and leaves the bytes after it', () => {
  assertHolds(
    fc.property(chunks, cuts, extension, trailers, (parts, places, ext, lines) => {
      const raw = Buffer.concat([encode(parts, ext, lines), Buffer.from('GET /')]);
      const decoded = decode(raw, places);
      assert.equal(decoded.data, Buffer.concat(parts).toString('latin1'));
      assert.equal(decoded.trailers, lines);
      assert.equal(decoded.rest, 'GET /');
      assert.ok(decoded.isDone);
    }),
  );
});

test('data that is framed again decodes to the same data', () => {
  assertHolds(
    fc.property(chunks, cuts, extension, trailers, (parts, places, ext, lines) => {
      const body = new BodyReader();
      body.start(CHUNKED);
      const out = split(encode(parts, ext, lines), places).map((piece) => {
        assert.equal(body.push(piece, 0, piece.length), piece.length);
        return chunked(body);
      });
      assert.ok(body.isLast);
      const again = decode(Buffer.concat(out));
      assert.equal(again.data, Buffer.concat(parts).toString('latin1'));
      assert.equal(again.trailers, lines);
      assert.ok(again.isDone);
    }),
  );
});

test('a body that ends with its connection becomes chunks with a last chunk', () => {
  assertHolds(
    fc.property(chunks, (parts) => {
      const body = new BodyReader();
      body.start(UNTIL_CLOSE);
      const out = parts.map((part) => {
        body.push(Buffer.from(part), 0, part.length);
        return chunked(body);
      });
      assert.ok(body.end());
      out.push(chunked(body));
      const { data, isDone } = decode(Buffer.concat(out));
      assert.equal(data, Buffer.concat(parts).toString('latin1'));
      assert.ok(isDone);
    }),
  );
});

test('a chunked body cut short is not whole', () => {
  const body = new BodyReader();
  body.start(CHUNKED);
  const raw = Buffer.from('5\r\nhel');
  body.push(raw, 0, raw.length);
  assert.equal(body.end(), false);
});
