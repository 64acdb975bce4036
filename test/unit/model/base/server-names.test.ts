// The choice of certificates by server name and kind of key.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerNames } from '../../../../provider/model/base/server-names.ts';

const names = new ServerNames([
  { names: ['first.example'], keyType: 'ec', value: 'first' },
  { names: ['a.example', '*.example'], keyType: 'ec', value: 'wild' },
  { names: ['b.example', 'a.example', 'Upper.Example.'], keyType: 'ec', value: 'exact' },
]);

function valuesOf(choice: readonly { readonly value: string }[]): string[] {
  return choice.map(({ value }) => value);
}

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
  test(`${rule}: ${name}`, () => assert.deepEqual(valuesOf(names.find(name)), [expected]));
}

test('a name has one value of each kind of key, of exact names before wildcards; the first entry brings its partners', () => {
  const both = new ServerNames([
    { names: ['*.example'], keyType: 'rsa', value: 'wild rsa' },
    { names: ['www.example', 'other.test'], keyType: 'ec', value: 'ec' },
    { names: ['www.example'], keyType: 'rsa', value: 'hidden by nobody' },
    { names: ['www.example', '*.example'], keyType: 'ec', value: 'second ec' },
    { names: [], keyType: 'ed25519', value: 'nameless' },
  ]);
  const rows: readonly (readonly [string | undefined, readonly string[]])[] = [
    ['www.example', ['ec', 'hidden by nobody']],
    ['api.example', ['wild rsa', 'second ec']],
    ['other.test', ['ec']],
    ['unknown.test', ['wild rsa', 'second ec']],
    [undefined, ['wild rsa', 'second ec']],
  ];
  for (const [name, values] of rows) assert.deepEqual(valuesOf(both.find(name)), values, name);
  assert.equal(both.find('api.example'), both.find(undefined), 'equal choices are one object');
});
