// The choice of a certificate by server name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerNames } from '../../../../../provider/runtime/embedded/tls/server-names.ts';

const names = new ServerNames([
  { names: ['first.example'], value: 'first' },
  { names: ['a.example', '*.example'], value: 'wild' },
  { names: ['b.example', 'a.example', 'Upper.Example.'], value: 'exact' },
]);

const ROWS: readonly (readonly [string | undefined, string, string])[] = [
  ['b.example', 'exact', 'an exact name wins over a wildcard'],
  ['a.example', 'wild', 'the first of two entries with one name is used'],
  ['c.example', 'wild', 'a wildcard matches one label'],
  ['d.c.example', 'first', 'a wildcard does not match two labels'],
  ['example', 'first', 'nor for none'],
  ['UPPER.example', 'exact', 'case makes no difference'],
  ['b.example.', 'exact', 'a final dot makes no difference'],
  ['other.test', 'first', 'an unknown name gets the first entry'],
  ['', 'first', 'an empty one too'],
  [undefined, 'first', 'and so does a client without SNI'],
];

for (const [name, expected, rule] of ROWS) {
  test(`${rule}: ${name}`, () => assert.equal(names.find(name), expected));
}
