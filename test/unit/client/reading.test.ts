// Reading of received values by a shape: a wrong type is a fault, but a name that only a newer runtime has is not.
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
  test(`${text.slice(0, 20)} is not a list of tokens, and the fault names its place`, () => {
    const { value, fault = '' } = read(tokenList, text);
    assert.equal(value, undefined);
    assert.match(fault, message);
  });
}
