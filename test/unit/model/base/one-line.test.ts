// Conversion of a text of several lines into a single line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOneLine } from '../../../../provider/model/base/one-line.ts';

test('characters that move a cursor or begin a line are shown as escapes, and all others unchanged', () => {
  assert.equal(inOneLine('b1\n\u001b[2Jb2\u2028ü→'), 'b1\\u000a\\u001b[2Jb2\\u2028ü→');
});
