// The order in which UDP sessions are removed, with a clock that the test sets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionTable } from '../../../../../provider/runtime/embedded/udp/session-table.ts';

const entry = (key: string) => ({ key, usedAtMs: 0 });
const keys = (entries: Iterable<{ key: string }>) => [...entries].map(({ key }) => key).join('');

test('the least recently used session goes if there are too many', () => {
  const table = new SessionTable<{ key: string; usedAtMs: number }>();
  for (const key of 'abc') assert.deepEqual(table.add(entry(key), 1, 3), []);
  assert.equal(table.use('a', 2)?.key, 'a');
  assert.equal(keys(table.add(entry('d'), 3, 3)), 'b');
  assert.equal(keys(table.add(entry('e'), 3, 3)), 'c');
  assert.equal(table.use('b', 4), undefined);
  assert.equal(keys(table), 'ade');
});

test('all sessions above a lowered limit go', () => {
  const table = new SessionTable<{ key: string; usedAtMs: number }>();
  for (const key of 'abcd') table.add(entry(key), 1, 10);
  assert.equal(keys(table.add(entry('e'), 1, 2)), 'abc');
  assert.equal(table.size, 2);
});

test('a session is idle exactly from the idle time on', () => {
  const table = new SessionTable<{ key: string; usedAtMs: number }>();
  table.add(entry('a'), 0, 10);
  table.add(entry('b'), 10, 10);
  table.add(entry('c'), 20, 10);
  table.use('a', 30);
  assert.equal(keys(table.takeIdle(59, 50)), '');
  assert.equal(keys(table.takeIdle(60, 50)), 'b');
  assert.equal(keys(table.takeIdle(79, 50)), 'c');
  assert.equal(keys(table.takeIdle(80, 50)), 'a');
  assert.equal(table.size, 0);
});

test('all sessions can be taken out', () => {
  const table = new SessionTable<{ key: string; usedAtMs: number }>();
  for (const key of 'abc') table.add(entry(key), 1, 10);
  assert.equal(keys(table.takeAll()), 'abc');
  assert.equal(table.size, 0);
});
