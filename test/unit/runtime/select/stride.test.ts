// The stride through the slots, as properties over weights and positions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Stride } from '../../../../provider/runtime/select/stride.ts';
import { countOf, dueOf, weightsArbitrary } from './shares.ts';

test('every full cycle is exactly in proportion, from any position', () => {
  fc.assert(
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

test('over any 100 positions each target is within 3 of its due', () => {
  fc.assert(
    fc.property(weightsArbitrary, fc.nat(2 ** 32 - 1), (weights, start) => {
      const stride = new Stride(weights);
      const picks = Array.from({ length: 100 }, (_, k) => stride.at(start + k));
      for (const [index, share] of dueOf(weights).entries()) {
        const off = Math.abs(countOf(picks, index) - 100 * share);
        assert.ok(off <= 3, `target ${index}: ${countOf(picks, index)} for ${100 * share}`);
      }
    }),
    { numRuns: 1000 },
  );
});

test('10,000 targets of weight 100 and 99 are exact over a cycle', () => {
  const weights = Array.from({ length: 10_000 }, (_, index) => (index % 2 === 0 ? 100 : 99));
  const stride = new Stride(weights);
  assert.equal(stride.length, 995_000);
  const counts = new Array<number>(weights.length).fill(0);
  for (let position = 0; position < stride.length; position++) (counts[stride.at(position)] as number)++;
  assert.deepEqual(counts, weights);
});

test('without any weight nothing is picked, and weight 0 never is', () => {
  assert.equal(new Stride([]).at(0), -1);
  assert.equal(new Stride([0, 0]).at(7), -1);
  const stride = new Stride([0, 2, 0, 4, 0]);
  assert.deepEqual(Array.from({ length: 3 }, (_, k) => stride.at(k)).toSorted(), [1, 3, 3]);
});
