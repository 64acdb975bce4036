// Weights of targets and the shares of picks that they mean, for tests of pickers.
import fc from 'fast-check';

/** Weights of up to 20 targets: small ones, which give short cycles, and ones from the whole range. */
export const weightsArbitrary = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 20 }),
  fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 20 }),
);

export function countOf(picks: readonly number[], index: number): number {
  return picks.filter((pick) => pick === index).length;
}

/** The share of one pick that each target is due. */
export function dueOf(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
