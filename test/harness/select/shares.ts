// Weights and their shares, for the tests of the pickers.
import fc from 'fast-check';

/** Up to 20 targets: small weights, for short cycles, and the whole range. */
export const weightsArbitrary = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 20 }),
  fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 20 }),
);

export function countOf(picks: readonly number[], index: number): number {
  return picks.filter((pick) => pick === index).length;
}

/** Each target's share of one pick. */
export function dueOf(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
