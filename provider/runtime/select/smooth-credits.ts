// Smooth weighted round robin as a pure step over an array of credits, which several pickers may share.

/** Tolerance for equal credits: rounding errors must not choose between equal targets, or the order would drift. */
const TIE = 1e-9;

/**
 * Each pick adds to every target's credit its share of one pick, and takes one pick from the target with the highest
 * credit, which is picked. A credit thus is the number of picks that a target is still due. Shares stay exact even if
 * weights or targets change between two picks. Credits belong to slots, so that a target that is bound again continues
 * with its credit.
 */
export class SmoothCredits {
  readonly #slots: readonly number[];
  readonly #shares: readonly number[];
  readonly #credits: Float64Array;

  /** `weights[i]` > 0 is the weight of the target that uses `credits[slots[i]]`. */
  constructor(weights: readonly number[], slots: readonly number[], credits: Float64Array) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.#shares = weights.map((weight) => weight / total);
    this.#slots = slots;
    this.#credits = credits;
  }

  /** Returns the index of the picked target, or -1 if there are no targets. Costs one pass over the targets. */
  next(): number {
    const slots = this.#slots;
    const shares = this.#shares;
    const credits = this.#credits;
    let richest = -1;
    let most = 0;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] as number;
      const credit = (credits[slot] as number) + (shares[i] as number);
      credits[slot] = credit;
      if (richest < 0 || credit > most + TIE) {
        richest = i;
        most = credit;
      }
    }
    if (richest >= 0) credits[slots[richest] as number] = most - 1;
    return richest;
  }

  /**
   * Picks like `next` among the targets whose indexes are the first `count` > 0 entries of `indexes`. The credits of
   * the other targets stay unchanged.
   */
  nextOf(indexes: Int32Array, count: number): number {
    let total = 0;
    for (let i = 0; i < count; i++) total += this.#shares[indexes[i] as number] as number;
    let richest = -1;
    let most = 0;
    for (let i = 0; i < count; i++) {
      const index = indexes[i] as number;
      const slot = this.#slots[index] as number;
      const credit = (this.#credits[slot] as number) + (this.#shares[index] as number) / total;
      this.#credits[slot] = credit;
      if (richest < 0 || credit > most + TIE) {
        richest = index;
        most = credit;
      }
    }
    this.#credits[this.#slots[richest] as number] = most - 1;
    return richest;
  }
}
