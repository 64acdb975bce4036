// The access log in a worker: batches of lines, the bound of unwritten text, and the sample rate.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AccessLog, type Batch } from '../../../../../provider/runtime/embedded/access-log/access-log.ts';
import { Budget, createBudget, SharedCount } from '../../../../../provider/runtime/embedded/access-log/budget.ts';
import type { AccessEntry } from '../../../../../provider/runtime/embedded/access-log/line.ts';

const ENTRY: AccessEntry = {
  listener: 'web',
  rule: undefined,
  protocol: 'TCP',
  client: '10.0.0.9:4711',
  target: undefined,
  durationMs: 1,
  bytesIn: 0,
  bytesOut: 0,
  retries: 0,
  error: undefined,
};

function logOf(t: TestContext, sampleRate = 1) {
  const batches: Batch[] = [];
  const [budget, dropped] = [createBudget(), new SharedCount()];
  const log = new AccessLog({ sampleRate, budget, dropped: dropped.cells }, (batch) => batches.push(batch));
  t.after(() => log.flush());
  return { log, batches, budget: new Budget(budget), dropped };
}

test('lines wait for a moment and are posted together; a flush posts each line once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { log, batches } = logOf(t);
  for (let i = 0; i < 3; i++) log.record(ENTRY);
  assert.equal(batches.length, 0);
  t.mock.timers.tick(100);
  assert.deepEqual(
    batches.map(({ text, lines }) => [text.split('\n').length - 1, lines]),
    [[3, 3]],
  );
  log.record(ENTRY);
  log.flush();
  log.flush();
  t.mock.timers.tick(1000);
  assert.deepEqual(
    batches.map(({ lines }) => lines),
    [3, 1],
  );
});

test('many lines are posted at once, in batches of bounded size', (t) => {
  const { log, batches } = logOf(t);
  for (let i = 0; i < 2000; i++) log.record(ENTRY);
  assert.ok(batches.length > 5);
  assert.ok(batches.every(({ text }) => text.length < 33 * 1024));
});

test('unwritten text is bounded: further lines are dropped and counted until some text was written', (t) => {
  const { log, batches, budget, dropped } = logOf(t);
  for (let i = 0; i < 100_000; i++) log.record({ ...ENTRY, error: 'e'.repeat(200) });
  log.flush();
  const lines = batches.reduce((sum, batch) => sum + batch.lines, 0);
  const characters = batches.reduce((sum, { text }) => sum + text.length, 0);
  assert.ok(characters <= 4 * 1024 * 1024 && characters > 4 * 1024 * 1024 - 33 * 1024, String(characters));
  assert.equal(dropped.value, 100_000 - lines);
  budget.give(batches[0]?.text.length ?? 0);
  const before = batches.length;
  log.record(ENTRY);
  log.flush();
  assert.equal(batches.length, before + 1);
});

test('a sample rate leaves out the other entries, and a rate of 1 leaves out none', (t) => {
  const all = logOf(t).log;
  const tenth = logOf(t, 0.1).log;
  let sampled = 0;
  for (let i = 0; i < 10_000; i++) {
    assert.ok(all.isSampled());
    if (tenth.isSampled()) sampled++;
  }
  // The expected number of sampled entries is 1,000, with a standard deviation of 30.
  assert.ok(sampled > 800 && sampled < 1200, String(sampled));
});
