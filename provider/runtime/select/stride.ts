// Weighted round robin for many targets as a pure function of a position.

const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** How many strides are compared on each side of the golden ratio. */
const CANDIDATES = 32;

/**
 * The picks repeat after L positions, where L is the sum of the weights divided by their greatest common divisor. Such
 * a cycle has L slots, and each target owns as many adjacent slots as its divided weight. Position k maps to slot (k *
 * stride) mod L with a stride that is coprime to L. Any L consecutive positions therefore follow the weights exactly,
 * and the picks of a heavy target are spread over the cycle.
 */
export class Stride {
  /** The first slot behind those of each target. */
  readonly #ends: Float64Array;
  /**
   * The cycle in as many equal parts as there are targets, and for each part the target that owns its first slot. From
   * there the owner of a slot is one target further on average, so that a pick costs the same for any number of targets.
   */
  readonly #firstOfPart: Int32Array;
  readonly #length: number;
  readonly #stride: number;

  constructor(weights: readonly number[]) {
    const divisor = weights.reduce(greatestCommonDivisor, 0);
    this.#ends = new Float64Array(weights.length);
    let end = 0;
    for (let i = 0; i < weights.length; i++) {
      end += divisor === 0 ? 0 : (weights[i] as number) / divisor;
      this.#ends[i] = end;
    }
    this.#length = end;
    this.#stride = bestStride(end);
    this.#firstOfPart = new Int32Array(weights.length);
    for (let part = 0, index = 0; end > 0 && part < weights.length; part++) {
      while ((this.#ends[index] as number) <= Math.floor((part * end) / weights.length)) index++;
      this.#firstOfPart[part] = index;
    }
  }

  /** The number of positions after which the picks repeat; 0 if no target has a weight. */
  get length(): number {
    return this.#length;
  }

  /** Returns the index of the target at a position up to 2^53, or -1 if no target has a weight. */
  at(position: number): number {
    if (this.#length === 0) return -1;
    // Both factors are below the cycle length L, at most 20,000,000 (10,000 targets of weight 100 in slow start). Their
    // product is therefore exact.
    const slot = ((position % this.#length) * this.#stride) % this.#length;
    const { length } = this.#ends;
    let index = this.#firstOfPart[Math.min(length - 1, Math.floor((slot * length) / this.#length))] as number;
    while (index > 0 && (this.#ends[index - 1] as number) > slot) index--;
    while ((this.#ends[index] as number) <= slot) index++;
    return index;
  }
}

/**
 * Returns the stride with the most even picks: the smaller the largest partial quotient in the continued fraction of
 * stride/length, the more evenly the picks of a part of the cycle are spread. The coprime number next to the golden
 * ratio is not always good: for length 210 it is 131, close to 5/8, which visits the same eight regions again and
 * again.
 */
function bestStride(length: number): number {
  const golden = Math.round(length * GOLDEN);
  let best = 1;
  let bestQuotient = Number.POSITIVE_INFINITY;
  for (let distance = 0; distance <= CANDIDATES; distance++) {
    for (const stride of [golden + distance, golden - distance]) {
      if (stride < 1 || stride >= length || greatestCommonDivisor(stride, length) !== 1) continue;
      const quotient = largestQuotient(length, stride);
      if (quotient < bestQuotient) {
        bestQuotient = quotient;
        best = stride;
      }
    }
  }
  return best;
}

function largestQuotient(dividend: number, divisor: number): number {
  let largest = 0;
  for (let a = dividend, b = divisor; b !== 0; [a, b] = [b, a % b]) largest = Math.max(largest, Math.floor(a / b));
  return largest;
}

function greatestCommonDivisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
