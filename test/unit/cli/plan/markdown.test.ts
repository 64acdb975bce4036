// Names and values from users in Markdown, where all their characters are text and not markup.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { code, markdownTable } from '../../../../provider/cli/plan/markdown.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';

const ROWS: readonly (readonly [text: string, markdown: string])[] = [
  ['b1', '`b1`'],
  ['<img src=x>', '<code>&#60;img src&#61;x&#62;</code>'],
  ['a <!-- weir plan shop/dev -->', '<code>a &#60;&#33;&#45;&#45; weir plan shop&#47;dev &#45;&#45;&#62;</code>'],
  ['a|b', '<code>a&#124;b</code>'],
  ['a`b', '<code>a&#96;b</code>'],
  ['a\\', '<code>a&#92;</code>'],
  [' a', '<code> a</code>'],
  ['a\nb', '<code>a&#92;u000ab</code>'],
  ['`</code>@all', '<code>&#96;&#60;&#47;code&#62;&#64;all</code>'],
  ['', '<code></code>'],
];

for (const [text, markdown] of ROWS) {
  test(`${JSON.stringify(text)} is written as ${markdown}`, () => assert.equal(code(text), markdown));
}

test('any text fits in one cell of a table and ends where its code ends', () => {
  assertHolds(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const [, , row = '', ...more] = markdownTable(['a', 'b'], [[code(text), 'end']]).split(/\r\n|[\n\r\u2028\u2029]/);
      assert.deepEqual(more, []);
      assert.equal(row.split('|').length, 4);
      const inner = /^\| (`[^`]*`|<code>[^<`]*<\/code>) \| end \|$/.exec(row);
      assert.ok(inner !== null, row);
    }),
  );
});
