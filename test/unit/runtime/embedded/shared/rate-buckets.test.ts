// Token buckets: how many events pass at once and over time, for one worker and for several.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createRateBuckets, RateBuckets } from '../../../../../provider/runtime/embedded/shared/rate-buckets.ts';

const SECOND = 1_000_000_000n;

function taken(buckets: RateBuckets, name: string, rate: { perSecond: number; burst: number }, atNs: bigint): number {
  let count = 0;
  for (let i = 0; i < 100; i++) if (buckets.take(buckets.keyOf(name), rate, atNs)) count++;
  return count;
}

test('a burst passes at once, then as many as come back, and never more than a burst', () => {
  const buckets = new RateBuckets(createRateBuckets());
  const rate = { perSecond: 10, burst: 25 };
  assert.equal(taken(buckets, 'a', rate, SECOND), 25);
  assert.equal(taken(buckets, 'a', rate, SECOND + SECOND / 10n - 1n), 0);
  assert.equal(taken(buckets, 'a', rate, SECOND + SECOND / 10n), 1);
  assert.equal(taken(buckets, 'a', rate, 2n * SECOND), 9);
  assert.equal(taken(buckets, 'a', rate, 60n * SECOND), 25);
  assert.equal(taken(buckets, 'b', rate, 60n * SECOND), 25);
  assert.equal(taken(buckets, 'b', { perSecond: 10, burst: 1 }, 62n * SECOND), 0);
  assert.equal(taken(buckets, 'b', { perSecond: 10, burst: 1 }, 63n * SECOND), 1);
});

test('a bucket keeps its tokens beside 100,000 others', () => {
  const buckets = new RateBuckets(createRateBuckets());
  const rate = { perSecond: 1, burst: 5 };
  assert.equal(taken(buckets, 'own', rate, SECOND), 5);
  for (let i = 0; i < 100_000; i++) buckets.take(buckets.keyOf(`other ${i}`), rate, SECOND);
  assert.equal(taken(buckets, 'own', rate, SECOND), 0);
});

test('workers that take tokens of one bucket at the same moment get exactly the burst together', async () => {
  const memory = createRateBuckets();
  const module = new URL('../../../../../provider/runtime/embedded/shared/rate-buckets.ts', import.meta.url);
  const code = `
    const { workerData, parentPort } = require('node:worker_threads');
    import(workerData.module).then(({ RateBuckets }) => {
      const buckets = new RateBuckets(workerData.memory);
      const begun = new Int32Array(workerData.begun);
      Atomics.add(begun, 0, 1);
      while (Atomics.load(begun, 0) < 4);
      const counts = [];
      for (let name = 0; name < 50; name++) {
        const key = buckets.keyOf('bucket ' + name);
        let count = 0;
        for (let i = 0; i < 400; i++) if (buckets.take(key, { perSecond: 1, burst: 1000 }, 1000000000n)) count++;
        counts.push(count);
      }
      parentPort.postMessage(counts);
    });`;
  const begun = new SharedArrayBuffer(4);
  const workers = Array.from({ length: 4 }, () => {
    return new Worker(code, { eval: true, workerData: { memory, begun, module: module.href } });
  });
  const counts = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0] as number[]));
  await Promise.all(workers.map((worker) => worker.terminate()));
  const sums = counts[0]?.map((_, name) => counts.reduce((sum, of) => sum + (of[name] ?? 0), 0));
  assert.deepEqual(sums, Array(50).fill(1000));
});
