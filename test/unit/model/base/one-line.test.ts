// Texts in one line, or in lines, without characters that nobody sees.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inLines, inOneLine } from '../../../../provider/model/base/one-line.ts';

test('characters that move a cursor or begin a line are shown as escapes, and all others unchanged', () => {
  assert.equal(inOneLine('b1\n\u001b[2Jb2\u2028ü→名前é'), 'b1\\u000a\\u001b[2Jb2\\u2028ü→名前é');
});

test('characters without a shape or with another direction are shown as escapes too', () => {
  const unseen = [
    ...['\u0000', '\t', '\r', '\u007f', '\u0085', '\u009b', '\u00a0', '\u00ad', '\u034f', '\u061c', '\u115f', '\u180e'],
    ...['\u2003', '\u200b', '\u200d', '\u200e', '\u202e', '\u2060', '\u2066', '\u2069', '\u2800', '\u3164', '\ufe0f'],
    ...['\ufeff', '\ufff9', '\ud800', '\udfff', '\ue000'],
  ];
  for (const character of unseen) {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0');
    assert.equal(inOneLine(`a${character}b`), `a\\u${code}b`);
    assert.equal(inLines(`a${character}b\n`), `a\\u${code}b\n`);
  }
  assert.equal(inOneLine('\u{e0041}\u{1f600}'), '\\udb40\\udc41\u{1f600}');
});

test('an escaped JSON text means the same, and an escaped text stays as it is', () => {
  const value = { 'a\u202e\u{e0041}': 'b\u009b\u2028 c\\"' };
  const text = inLines(JSON.stringify(value, null, 2));
  assert.doesNotMatch(text, /[\u202e\u009b\u2028]/);
  assert.deepEqual(JSON.parse(text), value);
  assert.equal(inLines(text), text);
});
