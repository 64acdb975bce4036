// The text of a bundled file in ASCII.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inAscii } from '../../.toolchain/publish/bundle.mjs';

test('a text in ASCII means the same in strings, templates and regular expressions', () => {
  const code = "['…', `20→25`, '😀', /^[·é-ü]+$/.test('é·'), /^[😀-😂]$/u.test('😁'), /^·$/.test('é')]";
  const ascii = inAscii(code);
  assert.match(ascii, /^[\0-\x7F]+$/);
  assert.deepEqual(new Function(`return ${ascii}`)(), ['…', '20→25', '😀', true, true, false]);
  assert.equal(inAscii("'plain'"), "'plain'");
});
