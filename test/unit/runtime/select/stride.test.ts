// Weighted round robin by a stride: properties that hold for arbitrary weights and positions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Stride } from '../../../../provider/runtime/select/stride.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';
import { countOf, dueOf, weightsArbitrary } from '../../../harness/select/shares.ts';

const MAX_WEIGHT = 100;
const WINDOW = 100;

test('every full cycle follows the weights exactly, from any position', () => {
  assertHolds(
    fc.property(weightsArbitrary, fc.nat(2 ** 32 - 1), (weights, start) => {
      const stride = new Stride(weights);
      const picks = Array.from({ length: stride.length }, (_, k) => stride.at(start + k));
      const expected = dueOf(weights).map((share) => Math.round(share * stride.length));
      assert.deepEqual(
        weights.map((_, index) => countOf(picks, index)),
        expected,
      );
    }),
  );
});

/**
 * The shares are exact only over a whole cycle; over a part of a cycle, their evenness depends on the stride. The test
 * covers every length that the cycle of 20 targets can have, and every number of adjacent slots that one target can
 * have in it. The position of these slots does not matter: the stride is coprime to the length, so slots elsewhere are
 * visited in the same order at other positions.
 */
test('each of 20 targets is within 3.32 of its due over any 100 positions', () => {
  let worst = { off: 0, length: 0, weight: 0 };
  for (let length = 2; length <= 20 * MAX_WEIGHT; length++) {
    const stride = new Stride(new Array(length).fill(1));
    const slots = Array.from({ length: length + WINDOW }, (_, position) => stride.at(position));
    for (let weight = 1; weight <= Math.min(MAX_WEIGHT, length - 1); weight++) {
      const off = farthestFromDue(slots, length, weight);
      if (off > worst.off) worst = { off, length, weight };
    }
  }
  assert.deepEqual({ ...worst, off: worst.off.toFixed(3) }, { off: '3.316', length: 316, weight: 78 });
});

/**
 * Returns the largest deviation of the visits to the first `weight` slots from their share, over all windows of WINDOW
 * positions.
 */
function farthestFromDue(slots: readonly number[], length: number, weight: number): number {
  const due = (WINDOW * weight) / length;
  let count = 0;
  for (let position = 0; position < WINDOW; position++) if ((slots[position] as number) < weight) count++;
  let farthest = Math.abs(count - due);
  for (let position = 0; position < length; position++) {
    if ((slots[position] as number) < weight) count--;
    if ((slots[position + WINDOW] as number) < weight) count++;
    farthest = Math.max(farthest, Math.abs(count - due));
  }
  return farthest;
}

test('picks of 10,000 targets with weights 100 and 99 are exact over a cycle', () => {
  const weights = Array.from({ length: 10_000 }, (_, index) => (index % 2 === 0 ? 100 : 99));
  const stride = new Stride(weights);
  assert.equal(stride.length, 995_000);
  const counts = new Array<number>(weights.length).fill(0);
  for (let position = 0; position < stride.length; position++) (counts[stride.at(position)] as number)++;
  assert.deepEqual(counts, weights);
});

test('nothing is picked without weights, and a target with weight 0 never is', () => {
  assert.equal(new Stride([]).at(0), -1);
  assert.equal(new Stride([0, 0]).at(7), -1);
  const stride = new Stride([0, 2, 0, 4, 0]);
  assert.deepEqual(Array.from({ length: 3 }, (_, k) => stride.at(k)).toSorted(), [1, 3, 3]);
});
