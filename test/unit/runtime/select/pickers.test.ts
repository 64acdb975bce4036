// Rules that hold for every balancing algorithm, for few targets and for many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Algorithm } from '../../../../provider/runtime/contract/snapshot.ts';
import { createPicker } from '../../../../provider/runtime/select/pickers.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';
import {
  client,
  counts,
  pickingStateOf,
  picksOf,
  type TestTarget,
  testTargets,
} from '../../../harness/select/targets.ts';

const ALGORITHMS: Readonly<Record<Algorithm, true>> = {
  'weighted-round-robin': true,
  'weighted-least-connections': true,
  'source-ip-hash': true,
};

/** Weights of up to 20 targets, which have a credit each, and of more targets than there are credits; some are 0. */
const weightsArbitrary = fc.oneof(
  fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100 })), { maxLength: 20 }),
  fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100 })), { minLength: 65, maxLength: 80 }),
);

for (const algorithm of Object.keys(ALGORITHMS) as Algorithm[]) {
  const pickerOf = (targets: readonly TestTarget[]) => createPicker(algorithm, targets, pickingStateOf());

  test(`${algorithm}: a target with weight 0 is never picked, and every other one is until all are tried`, () => {
    assertHolds(
      fc.property(weightsArbitrary, fc.array(fc.nat(50), { maxLength: 80 }), fc.nat(1000), (weights, busy, from) => {
        const targets = testTargets(weights);
        for (const [index, connections] of busy.entries()) Object.assign(targets[index] ?? {}, { connections });
        const picker = pickerOf(targets);
        const tried = new Set<TestTarget>();
        for (const _ of targets.filter(({ pickingWeight }) => pickingWeight > 0)) {
          const target = picker.pick(client(from), tried);
          assert.ok(target && target.pickingWeight > 0 && !tried.has(target));
          tried.add(target);
        }
        assert.equal(picker.pick(client(from), tried), undefined);
        if (tried.size === 0) assert.equal(picker.pick(client(from)), undefined);
      }),
      { numRuns: 60 },
    );
  });

  test(`${algorithm}: nothing is picked without targets or with weights of 0 only`, () => {
    assert.equal(pickerOf([]).pick(client(1)), undefined);
    assert.equal(pickerOf(testTargets([0, 0])).pick(client(1)), undefined);
  });

  test(`${algorithm}: the only target with a weight is picked for every client`, () => {
    assert.deepEqual(counts(picksOf(pickerOf(testTargets([0, 1, 0])), 50)), { t1: 50 });
  });

  for (const [name, weights] of [
    ['few', [50, 30, 20]],
    ['many', Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 15 : 5))],
  ] as const) {
    test(`${algorithm}: without load the shares of 10,000 clients follow the weights of ${name} targets`, () => {
      const picked = counts(picksOf(pickerOf(testTargets(weights)), 10_000));
      const total = weights.reduce((sum: number, weight) => sum + weight, 0);
      // A hash spreads the clients as unevenly as chance does, so the limit is five standard deviations.
      for (const [index, weight] of weights.entries()) {
        const due = (10_000 * weight) / total;
        const got = picked[`t${index}`] ?? 0;
        const isNear = Math.abs(got - due) <= (algorithm === 'source-ip-hash' ? 5 * Math.sqrt(due) : 3);
        assert.ok(isNear, `t${index}: ${got} for ${due}`);
      }
    });
  }
}
