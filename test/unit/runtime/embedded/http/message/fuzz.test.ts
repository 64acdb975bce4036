// The pure parsers with arbitrary bytes: they never throw, never read beyond their end, and any split gives one result.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BodyReader } from '../../../../../../provider/runtime/embedded/http/message/body.ts';
import { CHUNKED } from '../../../../../../provider/runtime/embedded/http/message/framing.ts';
import {
  findHeadEnd,
  INCOMPLETE,
  skipEmptyLines,
} from '../../../../../../provider/runtime/embedded/http/message/head-parser.ts';
import { Request, readRequest } from '../../../../../../provider/runtime/embedded/http/message/request.ts';
import { ResponseReader } from '../../../../../../provider/runtime/embedded/http/message/response-reader.ts';
import { responseLines } from '../../../../../../provider/runtime/embedded/http/message/response-text.ts';
import { assertHolds } from '../../../../../harness/properties/properties.ts';
import { cut, cuts, oddRequests, oddResponses } from '../../../../../harness/raw-http/generate.ts';

const RUNS = { numRuns: 2_000 };
const anything = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.string({ unit: fc.constantFrom('\r', '\n', '\r\n', ' ', ':', ';', '0', 'a', 'G', '\0', '\xff'), maxLength: 100 }),
);
const requests = fc.oneof(oddRequests, oddRequests, anything);
const responses = fc.oneof(oddResponses, oddResponses, anything);
const bodies = fc.oneof(
  oddRequests.map((text) => text.slice(text.indexOf('\r\n\r\n') + 4)),
  anything,
);

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

interface Taken {
  readonly heads: readonly string[];
  readonly data: string;
  readonly isRefused: boolean;
}

/** Returns what a client connection reads from the pieces: heads and bodies in order, up to the first fault. */
function take(pieces: readonly string[]): Taken {
  const heads: string[] = [];
  const body = new BodyReader();
  let data = '';
  let held = Buffer.alloc(0);
  let searchedTo = 0;
  for (const piece of pieces) {
    const bytes = Buffer.concat([held, bytesOf(piece)]);
    let at = 0;
    for (;;) {
      at = body.push(bytes, at, bytes.length);
      data += body.bytes.toString('latin1', body.from, body.to);
      if (body.fault !== undefined) return { heads, data, isRefused: true };
      if (!body.isLast) break;
      at = skipEmptyLines(bytes, at, bytes.length);
      const end = findHeadEnd(bytes, at, searchedTo);
      searchedTo = end === INCOMPLETE ? bytes.length - at : 0;
      if (end === INCOMPLETE) break;
      if (typeof end !== 'number') return { heads, data, isRefused: true };
      const request = new Request();
      if (readRequest(bytes, at, end, 'X: 1\r\n', 'h', request) !== undefined) return { heads, data, isRefused: true };
      heads.push(request.head);
      body.start(request.framing);
      at = end;
    }
    held = Buffer.from(bytes.subarray(at));
  }
  return { heads, data, isRefused: false };
}

test('requests: any split gives the same heads, bodies and fault', () => {
  assertHolds(
    fc.property(requests, cuts, (text, places) => {
      const whole = take([text]);
      const pieces = take(cut(text, places));
      // If bytes arrive in parts, a head that cannot become valid may be rejected before its end; then the complete
      // head is rejected too.
      if (pieces.isRefused && !whole.isRefused) assert.equal(take([`${text}\r\n\r\n`]).isRefused, true);
      assert.deepEqual({ ...pieces, isRefused: whole.isRefused }, whole);
      const bytewise = take([...text]);
      assert.deepEqual([bytewise.heads, bytewise.data], [whole.heads, whole.data]);
    }),
    RUNS,
  );
});

test('responses: any split gives the same head, interim responses, rest and fault', () => {
  const read = (pieces: readonly string[]) => {
    const reader = new ResponseReader();
    const request = new Request();
    reader.start();
    let interim = '';
    for (const [index, piece] of pieces.entries()) {
      reader.push(bytesOf(piece));
      let outcome = reader.next(request);
      while (outcome === true && reader.response.isInterim) {
        interim += responseLines(reader.response, false);
        outcome = reader.next(request);
      }
      if (outcome === true) {
        const rest = reader.bytes.toString('latin1', reader.bodyFrom) + pieces.slice(index + 1).join('');
        return { interim, ...reader.response, rest };
      }
      if (outcome !== false) return 'refused';
    }
    return interim;
  };
  assertHolds(
    fc.property(responses, cuts, (text, places) => {
      const whole = read([text]);
      for (const pieces of [cut(text, places), [...text]]) {
        const split = read(pieces);
        // If bytes arrive in parts, a head that cannot become valid may be rejected before its end, and then the
        // complete head is rejected too. Interim responses that were already sent remain part of the result.
        if (split === 'refused' && whole !== 'refused') assert.equal(read([`${text}\r\n\r\n`]), 'refused');
        else assert.deepEqual(split, whole);
      }
    }),
    RUNS,
  );
});

test('chunks: any split gives the same data, trailers, end and fault, and no more data than was read', () => {
  const decode = (pieces: readonly string[]) => {
    const body = new BodyReader();
    body.start(CHUNKED);
    let data = '';
    let rest = '';
    for (const piece of pieces) {
      const bytes = bytesOf(piece);
      const end = body.fault === undefined ? body.push(bytes, 0, bytes.length) : bytes.length;
      assert.ok(end <= bytes.length && body.to - body.from <= bytes.length);
      data += body.bytes.toString('latin1', body.from, body.to);
      if (body.fault !== undefined) return { data, isDone: false, rest: 'fault' };
      rest += piece.slice(end);
    }
    return { data, isDone: body.isLast, rest };
  };
  assertHolds(
    fc.property(bodies, cuts, (text, places) => {
      const whole = decode([text]);
      for (const pieces of [cut(text, places), [...text]]) assert.deepEqual(decode(pieces), whole);
    }),
    RUNS,
  );
});

test('a head is read up to its end, whatever precedes and follows it in the buffer', () => {
  const among = (head: string, before: string, behind: string) => {
    const request = new Request();
    const bytes = bytesOf(before + head + behind);
    const fault = readRequest(bytes, before.length, before.length + head.length, 'X: 1\r\n', 'h', request);
    return fault?.reason ?? { ...request };
  };
  assertHolds(
    fc.property(requests, anything, anything, (text, before, behind) => {
      const end = findHeadEnd(bytesOf(text), 0, 0);
      if (typeof end !== 'number' || end === INCOMPLETE) return;
      const head = text.slice(0, end);
      const alone = among(head, '', '');
      for (const next of ['', behind, 'x'.repeat(50), '\r\n\r\nHost: b\r\n']) {
        assert.deepEqual(among(head, before, next), alone);
      }
    }),
    RUNS,
  );
});
