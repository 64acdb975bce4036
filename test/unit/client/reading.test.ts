// What counts as a value of a shape: types do, names that a newer runtime may have do not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read } from '../../../provider/client/reading.ts';
import { apiEvent } from '../../../provider/model/api/events.ts';
import { tokenList } from '../../../provider/model/api/tokens.ts';

const TOKEN = {
  ...{ id: 'one', name: 'ci', createdAt: '2026-11-21T00:00:00.000Z' },
  statements: [{ actions: ['slb:ActionOfANewerRuntime'], resources: ['planet/earth'], since: 'then' }],
  maker: { name: 'somebody' },
};

test('a value keeps names and properties that this release does not know', () => {
  const list = { items: [TOKEN], total: 1 };
  assert.deepEqual(read(tokenList, JSON.stringify(list)), { value: list });
  const event = { type: 'eclipse', at: 'noon' };
  assert.deepEqual(read(apiEvent, JSON.stringify(event)), { value: event });
});

const FAULTS: readonly (readonly [text: string, fault: RegExp])[] = [
  ['<html>', /^Invalid input: expected object/],
  ['[]', /^Invalid input: expected object/],
  ['{}', /^items Invalid input: expected array/],
  [JSON.stringify({ items: [TOKEN, { ...TOKEN, id: 7 }] }), /^items\[1\]\.id Invalid input: expected string/],
];

for (const [text, message] of FAULTS) {
  test(`${text.slice(0, 20)} is no list of tokens, and the place of the fault is named`, () => {
    const { value, fault = '' } = read(tokenList, text);
    assert.equal(value, undefined);
    assert.match(fault, message);
  });
}
