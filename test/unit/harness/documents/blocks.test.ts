// The Markdown parser for the tests of the documents.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anchorsOf, indentedLines, linksOf, parseMarkdown, spansOf } from '../../../harness/documents/blocks.ts';

test('a block of code has a language, a file name, a text and a line number, and is no part of the prose', () => {
  const { blocks, prose } = parseMarkdown('one\n\n```ts shop.ts\n# no heading\n```\n\n```text\n```\ntwo');
  assert.deepEqual(blocks, [
    { language: 'ts', file: 'shop.ts', text: '# no heading\n', line: 4 },
    { language: 'text', file: undefined, text: '\n', line: 8 },
  ]);
  assert.equal(prose, 'one\n\n\ntwo');
  assert.throws(() => parseMarkdown('```ts\n'), /line 1: the block of code has no end/);
});

test('an indented block of code is found, but an indented line of a list is no block of code', () => {
  assert.deepEqual(indentedLines('a\n\n    npm test\n'), ['    npm test']);
  assert.deepEqual(indentedLines('- a\n    b\n'), []);
});

test('headings have the anchors that GitHub makes, and equal headings have different anchors', () => {
  const headings = '# From `pulumi up` to a write\n## A, b & c\n## A, b & c\n';
  assert.deepEqual([...anchorsOf(parseMarkdown(headings))], ['from-pulumi-up-to-a-write', 'a-b--c', 'a-b--c-1']);
});

test('links within the repository and code spans are found, but a link in a code span is no link', () => {
  const document = parseMarkdown('[a](b.md#c) [d](https://example.com) `[e](f.md)` and\n`npm run\nup`');
  assert.deepEqual(linksOf(document), ['b.md#c']);
  assert.deepEqual(spansOf(document), ['[e](f.md)', 'npm run up']);
});
