// A listener's shared counters: columns add up, durations fall into their buckets, an ended worker leaves nothing open.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clearOpen,
  createListenerCounters,
  ListenerColumn,
  readListenerCounters,
} from '../../../../provider/runtime/embedded/listener-counters.ts';
import { DURATION_BOUNDS_MS } from '../../../../provider/runtime/engine.ts';

test('the columns of all workers add up, each count in a cell of its own', () => {
  const counters = createListenerCounters(2);
  for (const workerId of [0, 1]) {
    const column = new ListenerColumn(counters, workerId);
    column.accepted();
    column.addOpen(3);
    column.request();
    column.targetAnswered(200);
    column.targetAnswered(503);
    column.ownAnswered(503);
    column.finished(3);
  }
  const { durations, ...rest } = readListenerCounters(counters);
  assert.deepEqual(rest, {
    connections: 2,
    openConnections: 6,
    requests: 2,
    targetAnswers: [0, 2, 0, 0, 2],
    ownAnswers: [0, 0, 0, 0, 2],
    durationSumMs: 6,
  });
  assert.deepEqual(durations, [0, 0, 0, 2, ...Array.from({ length: 11 }, () => 0)]);
});

test('a duration on a bound is within it; what is above all bounds has the last bucket', () => {
  const counters = createListenerCounters(1);
  const column = new ListenerColumn(counters, 0);
  for (const bound of DURATION_BOUNDS_MS) column.finished(bound);
  column.finished((DURATION_BOUNDS_MS.at(-1) as number) + 1);
  assert.deepEqual(
    readListenerCounters(counters).durations,
    Array.from({ length: DURATION_BOUNDS_MS.length + 1 }, () => 1),
  );
});

test('a worker that ended leaves its totals and no open connection', () => {
  const counters = createListenerCounters(2);
  for (const workerId of [0, 1]) {
    const column = new ListenerColumn(counters, workerId);
    column.accepted();
    column.addOpen(1);
  }
  clearOpen(counters, 0);
  const { connections, openConnections } = readListenerCounters(counters);
  assert.deepEqual([connections, openConnections], [2, 1]);
});
