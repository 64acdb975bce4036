// Payloads of UDP health checks: the bytes that a text with escapes stands for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAYLOAD, payloadBytes } from '../../../../provider/model/base/payload.ts';

const ROWS: readonly (readonly [text: string, bytes: string])[] = [
  ['', ''],
  ['ping', '70696e67'],
  ['é', 'c3a9'],
  ['a\\x00\\xFf', '6100ff'],
  ['\\\\', '5c'],
  ['\\\\x41', '5c783431'],
  ['\\x5cx41', '5c783431'],
  ['two\nlines', '74776f0a6c696e6573'],
];

for (const [text, bytes] of ROWS) {
  test(`${JSON.stringify(text)} is ${bytes === '' ? 'no byte' : bytes}`, () => {
    assert.match(text, PAYLOAD);
    assert.equal(payloadBytes(text).toString('hex'), bytes);
  });
}

test('a backslash that begins no escape is refused', () => {
  for (const text of ['\\', 'a\\n', '\\x', '\\x4', '\\xg0', '\\\\\\']) assert.doesNotMatch(text, PAYLOAD);
});
