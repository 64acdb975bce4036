// The values and the depth of a JSON text are counted without parsing it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sizeFault } from '../../../../provider/runtime/api/body-parsers.ts';

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
    assert.equal(sizeFault(text, count), undefined, text);
    assert.match(sizeFault(text, count - 1) ?? '', /^has more than/, text);
  }
});

test('a text is as deep as its open brackets outside of strings', () => {
  const deep = (levels: number) => '[{"[[[":'.repeat(levels / 2) + '1'.concat('}]'.repeat(levels / 2));
  assert.equal(sizeFault(deep(32), 1_000), undefined);
  assert.match(sizeFault(deep(34), 1_000) ?? '', /^is deeper than 32/);
  assert.equal(sizeFault(`[${'[],'.repeat(40)}[]]`, 1_000), undefined);
});
