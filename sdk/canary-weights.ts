// How a percentage becomes weights: whole numbers whose sums are in exactly the ratio asked for. Pure.

const MAX_WEIGHT = 100;

interface CanaryWeights {
  readonly old: readonly number[];
  /** In the order in which new targets take part. */
  readonly new: readonly number[];
}

interface Side {
  /** Of all traffic, in percent. */
  readonly share: number;
  readonly count: number;
  /** How many of them take part, the first ones. */
  readonly takers: number;
}

/**
 * The weights of targets of which the new ones get `percentage` percent of the traffic, a whole number 0-100.
 *
 * The sums of both sides are multiples of their shares, so the ratio is exact whatever the number of targets. A side's
 * sum is spread over those that take part evenly: to equal weights where whole numbers up to 100 can do that, else to
 * the largest that differ by one at most. Of the new targets only as many take part as the percentage of them, so that
 * none gets more than it will at 100.
 */
export function canaryWeights(oldCount: number, newCount: number, percentage: number): CanaryWeights {
  const sides = [
    { share: 100 - percentage, count: oldCount, takers: oldCount },
    { share: percentage, count: newCount, takers: Math.ceil((newCount * percentage) / 100) },
  ] as const;
  const served = sides.filter(({ share }) => share > 0);
  const largest = Math.min(...served.map(({ share, takers }) => Math.floor((MAX_WEIGHT * takers) / share)));
  const even = served.map(({ share, takers }) => takers / gcd(takers, share)).reduce(lcm);
  const scale = Math.min(even, largest);
  return { old: spread(sides[0], scale), new: spread(sides[1], scale) };
}

function spread({ share, count, takers }: Side, scale: number): number[] {
  const sum = share * scale;
  return Array.from({ length: count }, (_, place) => {
    if (sum === 0 || place >= takers) return 0;
    return Math.floor(sum / takers) + (place < sum % takers ? 1 : 0);
  });
}

function gcd(one: number, other: number): number {
  return other === 0 ? one : gcd(other, one % other);
}

function lcm(one: number, other: number): number {
  return (one / gcd(one, other)) * other;
}
