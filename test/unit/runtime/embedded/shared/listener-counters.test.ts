// The shared counters of a listener: the columns of all workers add up, each duration is counted in its bucket, and no
// connection of an ended worker counts as open.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { DURATION_BOUNDS_MS } from '../../../../../provider/runtime/contract/engine-statistics.ts';
import {
  clearUnderWay,
  createListenerCounters,
  ListenerColumn,
  readListenerCounters,
} from '../../../../../provider/runtime/embedded/shared/listener-counters.ts';

test('the columns of all workers add up, and each count has a cell of its own', () => {
  const counters = createListenerCounters(2);
  for (const workerId of [0, 1]) {
    const column = new ListenerColumn(counters, workerId);
    column.accepted();
    column.addOpen(3);
    column.handshakeFailed();
    column.denied();
    for (let i = 0; i < 2; i++) column.connectionLimited();
    for (let i = 0; i < 3; i++) column.requestLimited();
    column.request();
    column.targetResponded(200);
    column.targetResponded(503);
    column.localResponded(503);
    column.ruleResponded(301);
    column.ruleResponded(503);
    column.finished(3);
    column.reserveOpen(6 + workerId);
    column.reservePending(1);
  }
  const { durations, ...rest } = readListenerCounters(counters);
  assert.deepEqual(rest, {
    connections: 2,
    openConnections: 7,
    rejectedConnections: 1,
    rejectedHeaders: 0,
    denied: 2,
    limitedConnections: 4,
    limitedRequests: 6,
    handshakeFailures: 2,
    requests: 2,
    rejectedRequests: 1,
    targetResponses: [0, 2, 0, 0, 2],
    localResponses: [0, 0, 0, 0, 2],
    ruleResponses: [0, 0, 2, 0, 2],
    durationSumMs: 6,
  });
  assert.deepEqual(durations, [0, 0, 0, 2, ...Array.from({ length: 11 }, () => 0)]);
});

test('a duration equal to a bound is in its bucket, and one above all bounds is in the last', () => {
  const counters = createListenerCounters(1);
  const column = new ListenerColumn(counters, 0);
  for (const bound of DURATION_BOUNDS_MS) column.finished(bound);
  column.finished((DURATION_BOUNDS_MS.at(-1) as number) + 1);
  assert.deepEqual(
    readListenerCounters(counters).durations,
    Array.from({ length: DURATION_BOUNDS_MS.length + 1 }, () => 1),
  );
});

test('the totals of an ended worker still count, and its open connections do not', () => {
  const counters = createListenerCounters(2);
  const columns = [0, 1].map((workerId) => new ListenerColumn(counters, workerId));
  for (const column of columns) {
    column.accepted();
    column.addOpen(1);
    column.reservePending(2);
  }
  clearUnderWay(counters, 0);
  const { connections, openConnections } = readListenerCounters(counters);
  assert.deepEqual([connections, openConnections], [2, 1]);
  assert.deepEqual([columns[1]?.reservePending(2), columns[1]?.reservePending(2)], [true, false]);
});

test('a limit includes connections from before it was set, and a place given back is free', () => {
  const counters = createListenerCounters(2);
  const [one, other] = [new ListenerColumn(counters, 0), new ListenerColumn(counters, 1)];
  one.addOpen(3);
  assert.deepEqual([other.reserveOpen(4), other.reserveOpen(4), one.reserveOpen(4)], [true, false, false]);
  one.addOpen(-1);
  assert.deepEqual([other.reserveOpen(4), one.reserveOpen(4)], [true, false]);
});

test('threads that reserve at the same time get exactly all places', async (t) => {
  const threads = 4;
  const limit = 1_000;
  const counters = createListenerCounters(threads);
  const module = new URL('../../../../../provider/runtime/embedded/shared/listener-counters.ts', import.meta.url).href;
  // Each thread takes places and gives some back, as connections do, until none is free.
  const source = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { ListenerColumn } from ${JSON.stringify(module)};
    const column = new ListenerColumn(workerData.counters, workerData.id);
    parentPort.once('message', () => {
      let held = 0;
      for (let round = 0; round < 20_000; round++) {
        if (column.reserveOpen(workerData.limit)) held++;
        if (held > 0 && round % 3 === 0) { column.addOpen(-1); held--; }
      }
      while (column.reserveOpen(workerData.limit)) held++;
      parentPort.postMessage(held);
    });
    parentPort.postMessage('ready');`;
  const workers = Array.from({ length: threads }, (_, id) => {
    const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
    return new Worker(url, { workerData: { counters, id, limit } });
  });
  t.after(() => Promise.all(workers.map((worker) => worker.terminate())));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const results = workers.map((worker) => once(worker, 'message') as Promise<[number]>);
  for (const worker of workers) worker.postMessage('go');
  const held = await Promise.all(results);
  assert.equal(
    held.reduce((sum, [count]) => sum + count, 0),
    limit,
  );
  assert.equal(readListenerCounters(counters).openConnections, limit);
});
