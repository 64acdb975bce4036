// The weights of a canary: whole numbers whose sums are in exactly the ratio of the percentage. Pure.

const MAX_WEIGHT = 100;

interface CanaryWeights {
  readonly old: readonly number[];
  /** The weights of the new targets, in the order in which they begin to get traffic. */
  readonly new: readonly number[];
}

interface Side {
  /** The part of all traffic that the old or the new targets get together, in percent. */
  readonly share: number;
  readonly count: number;
  /** How many targets of this side get traffic. They are the first ones of the side. */
  readonly takers: number;
}

/**
 * The weights with which the new targets together get `percentage` percent of the traffic, a whole number from 0 to
 * 100.
 *
 * The sums of both sides are multiples of their shares, so the ratio is exact whatever the number of targets. Each sum
 * is spread evenly over the targets that get traffic: to equal weights if whole numbers up to 100 allow that, otherwise
 * to the largest weights that differ by at most one. Of the new targets only that percentage, rounded up, gets traffic,
 * so that none gets more than it will get at 100 percent.
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
