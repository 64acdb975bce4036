// Weighted round robin over shared memory: the pickers of several workers give one sequence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPickingState, PickingState } from '../../../../provider/runtime/select/picking-state.ts';
import { WeightedRoundRobin } from '../../../../provider/runtime/select/weighted-round-robin.ts';
import { counts, testTargets } from '../../../harness/select/targets.ts';

const SETS: Readonly<Record<string, readonly number[]>> = {
  few: [10, 20, 70],
  many: Array.from({ length: 100 }, (_, index) => 1 + (index % 3)),
};

for (const [name, weights] of Object.entries(SETS)) {
  test(`the pickers of two workers share one cycle of ${name} targets`, () => {
    const targets = testTargets(weights);
    const memory = createPickingState();
    const pickers = [0, 1].map((workerId) => new WeightedRoundRobin(targets, new PickingState(memory, workerId)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const picks = Array.from({ length: total }, (_, k) => pickers[k % 3 === 0 ? 0 : 1]?.pick(''));
    assert.deepEqual(counts(picks), Object.fromEntries(targets.map(({ key, pickingWeight }) => [key, pickingWeight])));
  });
}
