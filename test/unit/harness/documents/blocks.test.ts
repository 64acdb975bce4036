import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anchorsOf, indentedLines, linksOf, parseMarkdown, spansOf } from '../../../harness/documents/blocks.ts';

test('a block has its language, its file, its text and its line, and is no part of the prose', () => {
  const { blocks, prose } = parseMarkdown('one\n\n```ts shop.ts\n# no heading\n```\n\n```text\n```\ntwo');
  assert.deepEqual(blocks, [
    { language: 'ts', file: 'shop.ts', text: '# no heading\n', line: 4 },
    { language: 'text', file: undefined, text: '\n', line: 8 },
  ]);
  assert.equal(prose, 'one\n\n\ntwo');
  assert.throws(() => parseMarkdown('```ts\n'), /line 1: the block of code has no end/);
});

test('an indented block is found, and what goes on in a list is none', () => {
  assert.deepEqual(indentedLines('a\n\n    npm test\n'), ['    npm test']);
  assert.deepEqual(indentedLines('- a\n    b\n'), []);
});

test('headings have the anchors that GitHub makes, and equal ones are told apart', () => {
  const headings = '# From `pulumi up` to a write\n## A, b & c\n## A, b & c\n';
  assert.deepEqual([...anchorsOf(parseMarkdown(headings))], ['from-pulumi-up-to-a-write', 'a-b--c', 'a-b--c-1']);
});

test('links within the tree and spans of code are found, and a link in a span is none', () => {
  const document = parseMarkdown('[a](b.md#c) [d](https://example.com) `[e](f.md)` and\n`npm run\nup`');
  assert.deepEqual(linksOf(document), ['b.md#c']);
  assert.deepEqual(spansOf(document), ['[e](f.md)', 'npm run up']);
});
