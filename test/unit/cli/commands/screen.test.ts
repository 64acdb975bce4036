// The output of a watching command: on a terminal it is redrawn and cut to the height; elsewhere one text follows the
// other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showOn } from '../../../../provider/cli/commands/screen.ts';

function written(output: { isTTY?: boolean; rows?: number; columns?: number }, text: string): string {
  let all = '';
  showOn({ ...output, write: (part) => (all += part) }, text);
  return all;
}

test('without a terminal, one text follows the other, without control characters', () => {
  assert.equal(written({}, 'a\nb\n'), 'a\nb\n\n');
});

test('on a terminal each line overwrites the previous one, and the rest is erased', () => {
  assert.equal(written({ isTTY: true, rows: 10 }, 'a\nb\n'), '\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J');
});

test('a text that is higher than the terminal is cut, and its last row counts what is missing', () => {
  assert.equal(
    written({ isTTY: true, rows: 4 }, 'a\nb\nc\nd\ne\n'),
    '\x1b[Ha\x1b[K\nb\x1b[K\n... 3 more lines\x1b[K\n\x1b[J',
  );
});

test('a line that is wider than the terminal counts for each row that it takes', () => {
  assert.equal(
    written({ isTTY: true, rows: 5, columns: 3 }, 'abcdefg\nb\nc\n'),
    '\x1b[Habcdefg\x1b[K\n... 2 more lines\x1b[K\n\x1b[J',
  );
});

test('a terminal that does not know its size counts as one of 24 rows and 80 columns', () => {
  assert.equal(written({ isTTY: true, rows: 0, columns: 0 }, 'a\nb\n'), '\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J');
});
