// Sticky sessions by source IP: two workers share one client table, with a clock that the test moves.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createClientTable } from '../../../../provider/runtime/select/client-table.ts';
import { StickySource } from '../../../../provider/runtime/select/sticky-source.ts';
import type { Race } from '../../../harness/select/sticky-race.ts';
import { clientAt, stickyTarget, type TestStickyTarget } from '../../../harness/select/sticky-targets.ts';

function workersOf(lifetimeMs: number) {
  const clock = { nowMs: 1_000_000 };
  const memory = createClientTable();
  const worker = (targets: readonly TestStickyTarget[]) => {
    const sticky = new StickySource<TestStickyTarget>(lifetimeMs, memory, () => clock.nowMs);
    for (const target of targets) sticky.add(target);
    return sticky;
  };
  return { clock, worker };
}

const CLIENT = clientAt('192.0.2.1');

test('a client stays with its target in every worker if it returns within the lifetime', () => {
  const { clock, worker } = workersOf(1000);
  const [a, b] = [stickyTarget(1), stickyTarget(2)];
  const workers = [worker([a, b]), worker([b, a])] as const;
  assert.equal(workers[0].find(CLIENT), undefined);
  assert.equal(workers[0].keep(CLIENT, b), b);
  for (let visit = 0; visit < 10; visit++) {
    clock.nowMs += 990;
    assert.equal(workers[visit % 2]?.find(CLIENT), b);
  }
  assert.equal(workers[0].find(clientAt('192.0.2.2')), undefined);
  clock.nowMs += 1100;
  assert.equal(workers[0].find(CLIENT), undefined);
});

test('the shortest lifetime is never cut short, wherever in a tick it begins', () => {
  for (let offset = 0; offset < 100; offset += 7) {
    const { clock, worker } = workersOf(50);
    const target = stickyTarget(1);
    const sticky = worker([target]);
    clock.nowMs += offset;
    sticky.keep(CLIENT, target);
    clock.nowMs += 49.9;
    assert.equal(sticky.find(CLIENT), target, `from ${offset}`);
    clock.nowMs += 100.1;
    assert.equal(sticky.find(CLIENT), undefined);
  }
});

test('the first choice counts for both workers if a new client connects to two at once', () => {
  const { worker } = workersOf(1000);
  const [a, b] = [stickyTarget(1), stickyTarget(2)];
  const workers = [worker([a, b]), worker([a, b])] as const;
  for (const sticky of workers) assert.equal(sticky.find(CLIENT), undefined);
  assert.equal(workers[0].keep(CLIENT, a), a);
  assert.equal(workers[1].keep(CLIENT, b), a);
});

test('a client moves for good if its target takes no new traffic or was tried in vain', () => {
  const { worker } = workersOf(1000);
  const [a, b] = [stickyTarget(1), stickyTarget(2)];
  const sticky = worker([a, b]);
  sticky.keep(CLIENT, a);
  assert.equal(sticky.find(CLIENT, new Set([a])), undefined);
  assert.equal(sticky.keep(CLIENT, b, new Set([a])), b);
  assert.equal(sticky.find(CLIENT), b);
  b.isPickable = false;
  assert.equal(sticky.find(CLIENT), undefined);
  assert.equal(sticky.keep(CLIENT, a), a);
  b.isPickable = true;
  assert.equal(sticky.find(CLIENT), a);
});

test('clients of an earlier binding are picked for again after their target is bound again', () => {
  const { worker } = workersOf(1000);
  const target = stickyTarget(1);
  const sticky = worker([target]);
  sticky.keep(CLIENT, target);
  sticky.remove(target);
  assert.equal(sticky.find(CLIENT), undefined);
  sticky.add(stickyTarget(2, target.key));
  assert.equal(sticky.find(CLIENT), undefined);
});

test('two threads that pick for one new or forgotten client at the same moment always agree', async (t) => {
  const race = { table: createClientTable(), arrivals: new SharedArrayBuffer(4), threads: 2, rounds: 1000 };
  const threads = [1, 2].map((own) => {
    const workerData: Race = { ...race, own };
    return new Worker(new URL('../../../harness/select/sticky-race.ts', import.meta.url), { workerData });
  });
  t.after(() => Promise.all(threads.map((thread) => thread.terminate())));
  const [a, b] = await Promise.all(threads.map(async (thread) => (await once(thread, 'message'))[0] as number[]));
  assert.equal(a?.length, race.rounds);
  assert.deepEqual(a, b);
});
