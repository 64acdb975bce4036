import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misprint } from '../../../harness/documents/printed.ts';

test('what is shown must be printed line by line, whatever the indentation and the trailing spaces', () => {
  assert.equal(misprint('a\n  b\n', '  a  \n\nb'), undefined);
  assert.equal(misprint('a\nb', 'a\nc'), 'not printed: b');
  assert.equal(misprint('a', 'a\nb'), 'more was printed than is shown');
  assert.equal(misprint('a\nb', 'a'), 'not printed: b');
});

test('three dots stand for any text of a line, and alone for any lines', () => {
  assert.equal(misprint('token ... until ...', 'token x until y'), undefined);
  assert.equal(misprint('...\nb\n...\nd', 'a\nb\nb\nc\nd'), undefined);
  assert.equal(misprint('...\nb\n...', 'a\nc'), 'not printed: b');
  assert.equal(misprint('...', ''), undefined);
  assert.equal(misprint('a.b', 'axb'), 'not printed: a.b');
});
