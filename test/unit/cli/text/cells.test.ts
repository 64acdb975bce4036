// The cells that texts take in a terminal: wide characters have two, combining marks none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellsOf, cutTo, filledTo, wrappedTo } from '../../../../provider/cli/text/cells.ts';

test('wide characters take two cells, and combining marks none', () => {
  const cells = ['', 'web', '日本', '🚀', 'e\u0301', 'ｗ', 'ж', '\u0e01\u0e34'].map(cellsOf);
  assert.deepEqual(cells, [0, 3, 4, 2, 1, 2, 1, 1]);
});

test('a cut text has at most so many cells, ends with an ellipsis, and keeps marks at their letters', () => {
  const cut = (text: string) => [0, 1, 2, 3, 4].map((cells) => cutTo(text, cells));
  assert.deepEqual(cut('abcd'), ['', '…', 'a…', 'ab…', 'abcd']);
  assert.deepEqual(cut('日本語'), ['', '…', '…', '日…', '日…']);
  assert.deepEqual(cut('e\u0301e\u0301e\u0301e\u0301'), [
    ...['', '…', 'e\u0301…', 'e\u0301e\u0301…'],
    'e\u0301e\u0301e\u0301e\u0301',
  ]);
  assert.equal(cellsOf(filledTo('日', 5)), 5);
});

test('a long message is wrapped between words, and within a word that is longer than a line', () => {
  assert.deepEqual(wrappedTo('no runtime responds there', 12), ['no runtime', 'responds', 'there']);
  assert.deepEqual(wrappedTo('日本語日本語', 5), ['日本', '語日', '本語']);
});
