// The percentage of a canary as weights: exact and even for any number of targets; a rising percentage never removes a
// target that takes part.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canaryWeights } from '../../../sdk/canary-weights.ts';
import { assertHolds } from '../../harness/properties/properties.ts';

const COUNT = fc.integer({ min: 1, max: 250 });
const FEW = fc.integer({ min: 1, max: 100 });
const PERCENTAGE = fc.integer({ min: 0, max: 100 });

function sum(weights: readonly number[]): number {
  return weights.reduce((total, weight) => total + weight, 0);
}

/** Returns the number of canary targets with a weight above 0, and asserts that these are the first of the list. */
function taking(weights: readonly number[]): number {
  const count = weights.filter((weight) => weight > 0).length;
  assert.ok(weights.slice(0, count).every((weight) => weight > 0));
  return count;
}

const EXAMPLES: readonly (readonly [number, number, number, readonly number[], readonly number[]])[] = [
  [1, 1, 10, [90], [10]],
  [3, 3, 10, [30, 30, 30], [10, 0, 0]],
  [2, 2, 50, [25, 25], [50, 0]],
  [2, 2, 51, [49, 49], [51, 51]],
  [7, 3, 40, [43, 43, 43, 43, 43, 43, 42], [100, 100, 0]],
  [3, 1, 99, [1, 0, 0], [99]],
  [5, 2, 100, [0, 0, 0, 0, 0], [50, 50]],
  [3, 1, 0, [100, 100, 100], [0]],
  [1, 0, 0, [100], []],
  [0, 1, 100, [], [100]],
];

for (const [oldCount, newCount, percentage, old, fresh] of EXAMPLES) {
  test(`${percentage} percent with ${oldCount} old and ${newCount} new targets`, () => {
    assert.deepEqual(canaryWeights(oldCount, newCount, percentage), { old, new: fresh });
  });
}

test('weights are whole numbers 0-100 whose sums are in exactly the ratio of the percentage', () => {
  assertHolds(
    fc.property(COUNT, COUNT, PERCENTAGE, (oldCount, newCount, percentage) => {
      const weights = canaryWeights(oldCount, newCount, percentage);
      for (const weight of [...weights.old, ...weights.new]) {
        assert.ok(Number.isInteger(weight) && weight >= 0 && weight <= 100);
      }
      assert.deepEqual([weights.old.length, weights.new.length], [oldCount, newCount]);
      assert.equal(sum(weights.new) * (100 - percentage), sum(weights.old) * percentage);
      assert.ok(sum(weights.old) + sum(weights.new) > 0);
    }),
  );
});

test('weights of a side differ by one at most, and of up to 100 new targets the given percentage takes part', () => {
  assertHolds(
    fc.property(COUNT, FEW, PERCENTAGE, (oldCount, newCount, percentage) => {
      const weights = canaryWeights(oldCount, newCount, percentage);
      for (const side of [weights.old, weights.new]) {
        const positive = side.filter((weight) => weight > 0);
        if (positive.length > 0) assert.ok(Math.max(...positive) - Math.min(...positive) <= 1);
      }
      assert.equal(taking(weights.new), Math.ceil((newCount * percentage) / 100));
    }),
  );
});

test('a higher percentage keeps the new targets that take part', () => {
  assertHolds(
    fc.property(COUNT, COUNT, PERCENTAGE, PERCENTAGE, (oldCount, newCount, one, other) => {
      const before = canaryWeights(oldCount, newCount, Math.min(one, other));
      const after = canaryWeights(oldCount, newCount, Math.max(one, other));
      assert.ok(taking(before.new) <= taking(after.new));
    }),
  );
});

test('no new target gets more traffic than at 100 percent', () => {
  assertHolds(
    fc.property(FEW, FEW, PERCENTAGE, (oldCount, newCount, percentage) => {
      const weights = canaryWeights(oldCount, newCount, percentage);
      const total = sum(weights.old) + sum(weights.new);
      // The weight of a target may exceed an even share by less than 1, because weights are whole numbers.
      for (const weight of weights.new) assert.ok((weight - 1) * newCount < total);
    }),
  );
});
