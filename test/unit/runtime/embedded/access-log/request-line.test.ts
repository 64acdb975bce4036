// Method and path of a request line for the access log, without secrets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathOf, requestLineOf } from '../../../../../provider/runtime/embedded/access-log/request-line.ts';

const ROWS: readonly (readonly [head: string, method: string | undefined, path: string | undefined])[] = [
  ['GET /a/b?token=secret HTTP/1.1\r\n', 'GET', '/a/b'],
  ['GET /a#secret', 'GET', '/a'],
  ['CONNECT shop.example:443 HTTP/1.1', 'CONNECT', 'shop.example:443'],
  ['get / HTTP/1.1', 'get', '/'],
  ['GET http://user:secret@a.example/b?c HTTP/1.1', 'GET', '/b'],
  ['GET ?secret HTTP/1.1', undefined, undefined],
  ['GET', undefined, undefined],
  ['GET  /two-spaces', undefined, undefined],
  ['\x16\x03\x01\x02', undefined, undefined],
  [`GET /${'a'.repeat(5000)}`, 'GET', `/${'a'.repeat(1023)}`],
];

test('a head that was not accepted is logged with method and path, never with the query', () => {
  for (const [head, method, path] of ROWS) {
    assert.deepEqual(requestLineOf(Buffer.from(`\r\n${head}`, 'latin1'), 2), { method, path });
  }
});

test('the path of a request target excludes the query', () => {
  assert.deepEqual(['/', '/a?b', '*'].map(pathOf), ['/', '/a', '*']);
});
