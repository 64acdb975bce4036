// The clock of the leases: it follows a monotonic clock, and counts no time in which the process stood still.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunningClock } from '../../../../../provider/runtime/control/leases/running-clock.ts';

test('a step of more than two seconds counts as two', () => {
  let atMs = 50_000;
  const clock = new RunningClock(() => atMs);
  const steps = [0, 900, 1_000, 2_000, 60_000, 10];
  const read = steps.map((step) => {
    atMs += step;
    return clock.read();
  });
  assert.deepEqual(read, [0, 900, 1_900, 3_900, 5_900, 5_910]);
});
