import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spreadMs } from '../../../../provider/runtime/health/spread.ts';

test('checks of 1,000 targets are spread over the interval, each always at the same time', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `web 10.0.${index >> 8}.${index & 255}:80`);
  const times = names.map((name) => spreadMs(5000, name));
  assert.deepEqual(
    names.map((name) => spreadMs(5000, name)),
    times,
  );
  assert.ok(times.every((time) => time > 0 && time <= 5000));
  const tenths = Array.from({ length: 10 }, (_, tenth) => times.filter((time) => Math.floor(time / 500) === tenth));
  // Each tenth of the interval should contain 100 of the 1,000 checks, with a standard deviation of 10.
  for (const tenth of tenths) assert.ok(tenth.length > 60 && tenth.length < 140, `${tenth.length}`);
});
