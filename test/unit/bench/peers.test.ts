// The configuration files of the peers, which are templates with placeholders.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fillIn } from '../../bench/peers.ts';

test('each placeholder is replaced everywhere, and one without a value is refused', () => {
  assert.equal(fillIn('listen {{port}}; {{a}}{{port}}', { port: 80, a: 'x' }), 'listen 80; x80');
  assert.throws(() => fillIn('{{port}} {{other}}', { port: 80 }), /no value for \{\{other\}\}/);
});

test('the files of the peers need nothing but the values that are filled in', () => {
  const folder = new URL('../../bench/peers/', import.meta.url);
  const files = readdirSync(folder);
  assert.equal(files.length, 12);
  const values = {
    port: 1,
    backend: 2,
    directory: '/tmp/d',
    loadStream: 'load_module /m.so;',
    smallBody: 'b',
    threads: 2,
    master: 'on',
    reuse: 'always',
    serverClose: '',
  };
  for (const file of files) {
    const filled = fillIn(readFileSync(new URL(file, folder), 'utf8'), values);
    assert.match(filled, /127\.0\.0\.1(:|, port_value: )[12]\b/, file);
    assert.doesNotMatch(filled, /\{\{|0\.0\.0\.0|\/var\//, file);
  }
});
