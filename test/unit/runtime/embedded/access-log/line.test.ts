// The lines of the access log: their JSON, and the maximum length of a value.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccessEntry, accessLine } from '../../../../../provider/runtime/embedded/access-log/line.ts';

const ENTRY: AccessEntry = {
  listener: 'web',
  rule: undefined,
  protocol: 'HTTP',
  client: '10.0.0.9:4711',
  method: 'GET',
  host: 'shop.example',
  path: '/cart',
  status: 200,
  target: '10.0.0.1:80',
  durationMs: 1.23456,
  bytesIn: 80,
  bytesOut: 1200,
  retries: 0,
  error: undefined,
};
const AT_MS = Date.parse('2026-01-02T03:04:05.678Z');

test('a line is one JSON object with the time in RFC 3339 and without unknown fields', () => {
  assert.equal(
    accessLine(ENTRY, AT_MS, 1),
    '{"time":"2026-01-02T03:04:05.678Z","listener":"web","protocol":"HTTP","client":"10.0.0.9:4711","method":"GET",' +
      '"host":"shop.example","path":"/cart","status":200,"target":"10.0.0.1:80","durationMs":1.235,"bytesIn":80,' +
      '"bytesOut":1200,"retries":0}\n',
  );
});

test('a line of a sample contains the sample rate', () => {
  assert.equal(JSON.parse(accessLine(ENTRY, AT_MS, 0.25)).sampleRate, 0.25);
});

test('control characters, quotes and lone surrogates stay inside their value, and long values are cut', () => {
  const hostile = 'a"\n\r\0\u2028\u001b[2J\ud800';
  const line = accessLine({ ...ENTRY, path: hostile, host: 'h'.repeat(300), error: 'e'.repeat(10_000) }, AT_MS, 1);
  assert.ok(
    [...line.slice(0, -1)].every((character) => character >= ' '),
    line,
  );
  const read = JSON.parse(line);
  assert.equal(read.path, hostile);
  assert.equal(read.host, `${'h'.repeat(255)}…`);
  assert.equal(read.error.length, 257);
});
