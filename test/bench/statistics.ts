// Medians, percentiles and confidence intervals of the benchmark's samples.

export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const middle = sorted.length >> 1;
  const upper = at(sorted, middle);
  return sorted.length % 2 === 1 ? upper : (at(sorted, middle - 1) + upper) / 2;
}

/** Probability with which the interval of a median contains the true median. */
const CONFIDENCE = 0.95;

/**
 * Returns the 95 % interval of the median by order statistics, which assumes nothing about the distribution: the
 * narrowest pair of the k-th smallest and the k-th largest value whose probability is high enough. Fewer than 6 values
 * cannot reach 95 %; their interval is their whole range.
 */
export function medianInterval(values: readonly number[]): readonly [low: number, high: number] {
  const sorted = ascending(values);
  const count = sorted.length;
  // Probability that fewer than k of the values are below the true median: the lower tail of a binomial distribution.
  let [cut, term, tail] = [0, 0.5 ** count, 0.5 ** count];
  while (1 - 2 * tail >= CONFIDENCE && 2 * (cut + 1) < count) {
    cut += 1;
    term *= (count - cut + 1) / cut;
    tail += term;
  }
  const first = Math.max(0, cut - 1);
  return [at(sorted, first), at(sorted, count - 1 - first)];
}

/** Returns the smallest value that at least `percent` of the values do not exceed (nearest rank). */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = ascending(values);
  return at(sorted, Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1));
}

function ascending(values: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('no values');
  return [...values].sort((a, b) => a - b);
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no value ${index}`);
  return value;
}
