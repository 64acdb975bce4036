// Smooth weighted round robin: properties that hold for arbitrary weights and changes of weights.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SmoothCredits } from '../../../../provider/runtime/select/smooth-credits.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';
import { countOf, dueOf, weightsArbitrary } from '../../../harness/select/shares.ts';

const slotsOf = (weights: readonly number[]): number[] => weights.map((_, index) => index);

function pickerOf(weights: readonly number[], credits: Float64Array): () => number {
  const indexes = slotsOf(weights).filter((index) => (weights[index] as number) > 0);
  const picker = new SmoothCredits(
    indexes.map((index) => weights[index] as number),
    indexes,
    credits,
  );
  return () => indexes[picker.next()] as number;
}

test('every full cycle follows the weights exactly, from any start', () => {
  assertHolds(
    fc.property(weightsArbitrary, fc.nat(500), (weights, start) => {
      const next = pickerOf(weights, new Float64Array(64));
      for (let i = 0; i < start; i++) next();
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const picks = Array.from({ length: total }, next);
      assert.deepEqual(
        weights.map((_, index) => countOf(picks, index)),
        weights,
      );
    }),
  );
});

test('targets with equal weights alternate', () => {
  const next = pickerOf([7, 7, 7], new Float64Array(64));
  assert.deepEqual(Array.from({ length: 9 }, next), [0, 1, 2, 0, 1, 2, 0, 1, 2]);
});

test('a heavy target is not picked in a burst while other targets are due', () => {
  const next = pickerOf([5, 1, 1], new Float64Array(64));
  assert.deepEqual(Array.from({ length: 7 }, next), [0, 0, 1, 0, 2, 0, 0]);
});

test('picks among some targets follow their weights, and the credits of the others stay', () => {
  const credits = new Float64Array(64);
  const picker = new SmoothCredits([6, 3, 2, 1], [0, 1, 2, 3], credits);
  const picks = Array.from({ length: 9 }, () => picker.nextOf(Int32Array.of(1, 2, 3, 0), 3));
  assert.deepEqual([picks[0], ...[0, 1, 2, 3].map((index) => countOf(picks, index))], [1, 0, 5, 3, 1]);
  assert.equal(credits[0], 0);
});

test('without targets nothing is picked', () => {
  assert.equal(new SmoothCredits([], [], new Float64Array(64)).next(), -1);
});

/** Weight of the changing target at each pick, by the manner of the change. The other targets keep their weights. */
const changes: Record<string, (weight: number, pick: number, other: number) => number> = {
  'keeps its weight': (weight) => weight,
  'alternates between two weights': (weight, pick, other) => (pick % 2 === 0 ? weight : other),
  'gets ever higher weights': (_weight, pick) => 1 + (pick % 100),
  'gets arbitrary weights': (_weight, pick, other) => ((pick * 37 + other * pick * pick) % 100) + 1,
  'comes and goes': (weight, pick) => (pick % 2 === 0 ? weight : 0),
};

for (const [name, change] of Object.entries(changes)) {
  test(`over any 100 picks each target is within 3 of its due while one target ${name}`, () => {
    assertHolds(
      fc.property(weightsArbitrary, fc.nat(100), fc.nat(400), fc.nat(19), (initial, other, start, which) => {
        const credits = new Float64Array(64);
        const changing = which % initial.length;
        const weights = [...initial];
        const picks: number[] = [];
        const due = initial.map(() => 0);
        for (let pick = 0; pick < start + 100; pick++) {
          weights[changing] = change(initial[changing] as number, pick, other);
          if (weights.every((weight) => weight === 0)) continue;
          const picked = pickerOf(weights, credits)();
          if (pick < start) continue;
          picks.push(picked);
          for (const [index, share] of dueOf(weights).entries()) (due[index] as number) += share;
        }
        for (const [index, expected] of due.entries()) {
          const off = Math.abs(countOf(picks, index) - expected);
          assert.ok(off <= 3, `target ${index}: ${countOf(picks, index)} for ${expected}`);
        }
      }),
      { numRuns: 300 },
    );
  });
}
