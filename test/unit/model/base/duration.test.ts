// Durations in the form of Go, and texts that are none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationMs } from '../../../../provider/model/base/duration.ts';

test('a duration is read as Go reads it, and a text that is none or below 0 is refused', () => {
  const rows: readonly (readonly [text: unknown, ms: number | undefined])[] = [
    ['0', 0],
    ['0s', 0],
    ['1.5s', 1_500],
    ['.5m', 30_000],
    ['1h30m', 5_400_000],
    ['+2s50ms', 2_050],
    ['1us', 0.001],
    ['1µs', 0.001],
    ['', undefined],
    ['10', undefined],
    ['10 s', undefined],
    ['-1s', undefined],
    ['1d', undefined],
    ['1s!', undefined],
    ['soon', undefined],
    [10, undefined],
  ];
  for (const [text, ms] of rows) assert.equal(durationMs(text), ms, String(text));
});
