import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageMs, bootTime } from '../../../../../provider/runtime/control/health/boot-time.ts';

const HOUR_MS = 3_600_000;

test('within one boot the date does not count; across boots it does, unless it is in the future', () => {
  const boot = (bootId: string, monotonicMs: number) => ({ bootId, monotonicMs });
  const rows = [
    [{ atMs: 5 * HOUR_MS, boot: boot('a', 1000) }, 4000],
    [{ atMs: 0, boot: boot('a', 1000) }, 4000],
    [{ atMs: 0, boot: boot('a', 6000) }, undefined],
    [{ atMs: 2 * HOUR_MS - 1000, boot: boot('b', 1000) }, 1000],
    [{ atMs: 2 * HOUR_MS + 1000, boot: boot('b', 1000) }, undefined],
    [{ atMs: 2 * HOUR_MS - 1000, boot: undefined }, 1000],
  ] as const;
  for (const [moment, age] of rows) assert.equal(ageMs(moment, { atMs: 2 * HOUR_MS, boot: boot('a', 5000) }), age);
  const [earlier, later] = [bootTime(), bootTime()];
  assert.ok(process.platform !== 'linux' || (ageMs({ atMs: 1, boot: earlier }, { atMs: 0, boot: later }) ?? -1) >= 0);
});
