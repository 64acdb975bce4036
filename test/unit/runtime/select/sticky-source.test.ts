// Sticky sessions by source IP: two workers' hands on one table, with a clock that the test moves.
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

test('a client stays with its target in every worker while it comes again within the lifetime', () => {
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

test('the shortest lifetime lasts as long as it says, wherever it begins', () => {
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

test('of first connections in two workers at once the first choice stands for both', () => {
  const { worker } = workersOf(1000);
  const [a, b] = [stickyTarget(1), stickyTarget(2)];
  const workers = [worker([a, b]), worker([a, b])] as const;
  for (const sticky of workers) assert.equal(sticky.find(CLIENT), undefined);
  assert.equal(workers[0].keep(CLIENT, a), a);
  assert.equal(workers[1].keep(CLIENT, b), a);
});

test('a client whose target takes no new traffic, or was tried in vain, moves and stays where it moved to', () => {
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

test('a target that is bound again is another one: clients of the old binding are picked for anew', () => {
  const { worker } = workersOf(1000);
  const target = stickyTarget(1);
  const sticky = worker([target]);
  sticky.keep(CLIENT, target);
  sticky.remove(target);
  assert.equal(sticky.find(CLIENT), undefined);
  sticky.add(stickyTarget(2, target.key));
  assert.equal(sticky.find(CLIENT), undefined);
});

test('two threads that pick for one client in the same moment, new or forgotten, agree each time', async (t) => {
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
