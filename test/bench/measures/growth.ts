// The growth of a function's time with the size of what it searches.
import { setImmediate as iteration } from 'node:timers/promises';
import type { GoalValues } from '../judgement.ts';
import { median } from '../statistics.ts';
import { type MeasureContext, roundsOf } from './measure.ts';

const SIZES = [10, 1_000, 10_000] as const;
const WARM_UP_ROUNDS = 2;

/**
 * Measures the function that `made` returns for each size, which returns its time in nanoseconds. A value is the largest
 * growth of the time from size 10 on, divided by the growth of the logarithm: 1 is exactly logarithmic, 0.25 a time that
 * does not grow up to size 10,000.
 */
export async function growthBySize(
  context: MeasureContext,
  made: (size: number) => () => number,
): Promise<GoalValues[string]> {
  const timed = SIZES.map(made);
  const times = SIZES.map((): number[] => []);
  for (let round = 0; round < WARM_UP_ROUNDS; round++) for (const run of timed) run();
  for (const _ of roundsOf(context)) {
    for (const [i, run] of timed.entries()) times[i]?.push(run());
    await iteration();
  }
  const values = (times[0] ?? []).map((base, round) => {
    const growth = SIZES.slice(1).map((size, i) => (times[i + 1]?.[round] ?? Number.NaN) / base / Math.log10(size));
    return Math.max(...growth);
  });
  return { values, note: times.map((all) => `${median(all).toFixed(0)} ns`).join(', ') };
}

/** The time of one of `count` calls in nanoseconds. */
export function timeOf(count: number, call: (index: number) => void): number {
  const startedAtMs = performance.now();
  for (let index = 0; index < count; index++) call(index);
  return ((performance.now() - startedAtMs) * 1e6) / count;
}
