// Formatting of generated Markdown: line breaks, lists, tables and anchors.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anchor, table, wrapped } from '../../../harness/documents/markdown.ts';

const LONG = `${'word '.repeat(22)}\`code in one piece\` end`;

test('a line breaks before it is too long, and never within a code span', () => {
  assert.equal(wrapped(LONG), `${'word '.repeat(22).trim()}\n\`code in one piece\` end`);
});

test('paragraphs and list items begin on new lines, and the further lines of an item are indented', () => {
  assert.equal(
    wrapped(`a\nb\n\n- ${LONG}\n- two\n\nc`),
    `a b\n\n- ${'word '.repeat(22).trim()}\n  \`code in one piece\` end\n- two\n\nc`,
  );
});

test('a line that begins with a number of several digits begins no list', () => {
  assert.equal(wrapped('the status\n504. Then'), 'the status 504. Then');
});

test('a block of code stays unchanged, and is indented like the item that it belongs to', () => {
  assert.equal(wrapped('a\n\n```ts\nf( 1 );\n```\n', '  '), 'a\n\n  ```ts\n  f( 1 );\n  ```');
});

test('a vertical bar in the cell of a table is escaped', () => {
  assert.equal(table(['a', 'b'], [['1 | 2', '3']]), '| a | b |\n| --- | --- |\n| 1 \\| 2 | 3 |');
});

test('the anchor of a heading is the one that GitHub makes', () => {
  assert.equal(anchor('IncorrectStatus.RSByPassToas'), 'incorrectstatusrsbypasstoas');
});
