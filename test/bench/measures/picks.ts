// Time of a pick among 10, 1,000 and 10,000 targets by each balancing algorithm.
import { setImmediate as iteration } from 'node:timers/promises';
import type { Algorithm } from '../../../provider/runtime/contract/snapshot.ts';
import { createPicker } from '../../../provider/runtime/select/pickers.ts';
import { client, pickingStateOf, testTargets } from '../../harness/select/targets.ts';
import { median } from '../statistics.ts';
import { type Measure, roundsOf } from './measure.ts';

const ALGORITHMS: readonly Algorithm[] = ['weighted-round-robin', 'weighted-least-connections', 'source-ip-hash'];
const SIZES = [10, 1_000, 10_000] as const;
const PICKS = 200_000;
const WARM_UP_ROUNDS = 2;
const WEIGHTS = [100, 50, 25, 75];
const CLIENTS = Array.from({ length: 4096 }, (_, i) => client(i));

/**
 * A value is the largest growth of the time from 10 targets on, divided by the growth of the logarithm: 1 is exactly
 * logarithmic, 0.25 a time that does not grow up to 10,000 targets.
 */
export const measurePicks: Measure = async (context) => {
  const results = [];
  for (const algorithm of ALGORITHMS) {
    const pickers = SIZES.map((size) => pickerOf(algorithm, size));
    const times = SIZES.map((): number[] => []);
    for (let round = 0; round < WARM_UP_ROUNDS; round++) for (const pick of pickers) pick();
    for (const _ of roundsOf(context)) {
      for (const [i, pick] of pickers.entries()) times[i]?.push(pick());
      await iteration();
    }
    const values = (times[0] ?? []).map((base, round) => {
      const growth = SIZES.slice(1).map((size, i) => (times[i + 1]?.[round] ?? Number.NaN) / base / Math.log10(size));
      return Math.max(...growth);
    });
    const note = times.map((all) => `${median(all).toFixed(0)} ns`).join(', ');
    results.push([`pick-${algorithm}`, { values, note }] as const);
  }
  return Object.fromEntries(results);
};

/** Returns a function that picks PICKS times and returns the time of a pick in nanoseconds. */
function pickerOf(algorithm: Algorithm, size: number): () => number {
  const targets = testTargets(Array.from({ length: size }, (_, i) => WEIGHTS[i % WEIGHTS.length] ?? 1));
  const picker = createPicker(algorithm, targets, pickingStateOf());
  return () => {
    const startedAtMs = performance.now();
    for (let i = 0; i < PICKS; i++) picker.pick(CLIENTS[i % CLIENTS.length] ?? '');
    return ((performance.now() - startedAtMs) * 1e6) / PICKS;
  };
}
