// The shared counters of targets: the columns of all workers add up, and the open flows of one worker can be cleared.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clearActive,
  countersMaker,
  readCounters,
  TargetColumn,
} from '../../../../../provider/runtime/embedded/shared/counters.ts';

test('the columns of all workers add up', () => {
  const counters = countersMaker(3)();
  const columns = [0, 1, 2].map((workerId) => new TargetColumn(counters, workerId));
  for (const column of columns) {
    column.request();
    column.request();
    column.opened();
  }
  columns[1]?.closed();
  assert.deepEqual(readCounters(counters), { requests: 6, active: 2, failedConnects: 0, responses: [0, 0, 0, 0, 0] });
});

test('the requests of an ended worker still count, and its open flows do not', () => {
  const counters = countersMaker(2)();
  for (const workerId of [0, 1]) {
    const column = new TargetColumn(counters, workerId);
    column.request();
    column.opened();
  }
  clearActive(counters, 1);
  assert.deepEqual(readCounters(counters), { requests: 2, active: 1, failedConnects: 0, responses: [0, 0, 0, 0, 0] });
});

test('failed connects are counted, and the first success after them is reported once, whichever workers had them', () => {
  const counters = countersMaker(2)();
  const [first, second] = [new TargetColumn(counters, 0), new TargetColumn(counters, 1)];
  assert.equal(first.clearFailing(), false);
  first.connectFailed();
  second.connectFailed();
  assert.equal(readCounters(counters).failedConnects, 2);
  assert.equal(second.clearFailing(), true);
  assert.equal(first.clearFailing(), false);
});

test('the connections of a target include those of all workers, from the pick to the end', () => {
  const counters = countersMaker(2)();
  const [first, second] = [new TargetColumn(counters, 0), new TargetColumn(counters, 1)];
  first.connecting();
  second.connecting();
  assert.deepEqual([first.connections, second.connections, readCounters(counters).active], [2, 2, 0]);
  first.connectEnded();
  first.opened();
  assert.equal(second.connections, 2);
  clearActive(counters, 1);
  assert.equal(first.connections, 1);
  first.closed();
  assert.equal(second.connections, 0);
});

test('responses are counted by status class over all workers', () => {
  const counters = countersMaker(2)();
  new TargetColumn(counters, 0).responded(200);
  for (const status of [101, 299, 304, 404, 500, 599]) new TargetColumn(counters, 1).responded(status);
  assert.deepEqual(readCounters(counters), { requests: 0, active: 0, failedConnects: 0, responses: [1, 2, 1, 1, 2] });
});

test('targets that share a memory have counters of their own', () => {
  const next = countersMaker(2);
  const all = Array.from({ length: 100 }, next);
  assert.ok(new Set(all.map(({ buffer }) => buffer)).size < 10, 'a message with few memories is cheap');
  for (const [index, counters] of all.entries()) {
    const column = new TargetColumn(counters, index % 2);
    for (let count = 0; count < index; count++) {
      column.opened();
      column.reserveConnection(undefined);
    }
  }
  assert.deepEqual(
    all.map((counters) => readCounters(counters).active),
    all.map((_, index) => index),
  );
  assert.deepEqual(
    all.map((counters) => new TargetColumn(counters, 0).openConnections),
    all.map((_, index) => index),
  );
});
