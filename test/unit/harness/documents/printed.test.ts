// The comparison of a command's output with the output that a document shows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misprint } from '../../../harness/documents/printed.ts';

test('every line of a document must be printed; indentation, trailing spaces and empty lines do not matter', () => {
  assert.equal(misprint('a\n  b\n', '  a  \n\nb'), undefined);
  assert.equal(misprint('a\nb', 'a\nc'), 'the command did not print: b');
  assert.equal(misprint('a', 'a\nb'), 'the command printed more than the document shows');
  assert.equal(misprint('a\nb', 'a'), 'the command did not print: b');
});

test('three dots within a line stand for any text, and a line of three dots stands for any lines', () => {
  assert.equal(misprint('token ... until ...', 'token x until y'), undefined);
  assert.equal(misprint('...\nb\n...\nd', 'a\nb\nb\nc\nd'), undefined);
  assert.equal(misprint('...\nb\n...', 'a\nc'), 'the command did not print: b');
  assert.equal(misprint('...', ''), undefined);
  assert.equal(misprint('a.b', 'axb'), 'the command did not print: a.b');
});
