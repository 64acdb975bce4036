// The Maglev table for 1 to 10,000 targets: every slot is taken, in proportion to the weights.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAGLEV_SIZE, maglevTable } from '../../../../provider/runtime/select/maglev.ts';
import { testTargets } from '../../../harness/select/targets.ts';

const SETS: Readonly<Record<string, readonly number[]>> = {
  'one target': [7],
  'two targets': [100, 1],
  '20 targets': Array.from({ length: 20 }, (_, index) => 1 + ((index * 37) % 100)),
  '500 light targets and a heavy one': [100, ...new Array<number>(500).fill(1)],
  '10,000 targets': new Array<number>(10_000).fill(100),
};

for (const [name, weights] of Object.entries(SETS)) {
  test(`${name}: each target has its share of the slots within two`, () => {
    const taken = new Array<number>(weights.length).fill(0);
    for (const index of maglevTable(testTargets(weights))) (taken[index] as number)++;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const off = weights.map((weight, index) => Math.abs((taken[index] ?? 0) - (MAGLEV_SIZE * weight) / total));
    assert.ok(Math.max(...off) <= 2, `${Math.max(...off)}`);
  });
}
