// The values of a JSON text are counted without parsing it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasMoreValues } from '../../../../provider/runtime/api/body-parsers.ts';

test('values count by the punctuation outside of strings, whatever strings contain', () => {
  const table: [text: string, count: number][] = [
    ['{"a":1,"b":[1,2,3]}', 5],
    ['[[[[]]]]', 4],
    ['{"a,{[":"b,{["}', 1],
    ['{"a\\",{[":1}', 1],
    // A backslash before the closing quote belongs to an escaped backslash, so the string ends there.
    ['{"a\\\\":[1,2]}', 3],
    ['{"\\"":[1,2],"\\\\\\"":[1,2]}', 6],
    ['"never ended, [', 0],
  ];
  for (const [text, count] of table) {
    assert.equal(hasMoreValues(text, count), false, text);
    assert.equal(hasMoreValues(text, count - 1), true, text);
  }
});
