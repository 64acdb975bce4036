// Weighted round robin, the picker that follows the weights exactly; all workers share its state.
import type { PickableTarget, Picker } from './picker.ts';
import { NO_SLOT, type PickingState } from './picking-state.ts';
import { SmoothCredits } from './smooth-credits.ts';
import { Stride } from './stride.ts';

/**
 * How many picks of the shared state a retry may use to find a target that was not tried yet. After them, the retry
 * takes any target that is left.
 */
const MAX_RETRY_PICKS = 8;

/**
 * Up to CREDIT_SLOTS targets are picked by shared credits, which stay fair when targets change between two picks. More
 * targets are picked by `Stride`, whose cost does not grow with their number. A rebuilt picker continues with the
 * shared state.
 */
export class WeightedRoundRobin<T extends PickableTarget> implements Picker<T> {
  readonly isByClient = false;
  readonly #targets: readonly T[];
  readonly #pickingState: PickingState;
  readonly #credits: SmoothCredits | undefined;
  #stride: Stride | undefined;

  /** All targets must have a picking weight above 0. */
  constructor(targets: readonly T[], pickingState: PickingState) {
    this.#targets = targets;
    this.#pickingState = pickingState;
    const slots = targets.map(({ slot }) => slot);
    if (!slots.includes(NO_SLOT)) {
      const weights = targets.map(({ pickingWeight }) => pickingWeight);
      this.#credits = new SmoothCredits(weights, slots, pickingState.credits);
    }
  }

  pick(_client: string, tried?: ReadonlySet<T>): T | undefined {
    const first = this.#next();
    if (tried === undefined || first === undefined || !tried.has(first)) return first;
    for (let again = 1; again < MAX_RETRY_PICKS; again++) {
      const target = this.#next();
      if (target && !tried.has(target)) return target;
    }
    return this.#targets.find((target) => !tried.has(target));
  }

  #next(): T | undefined {
    if (this.#targets.length <= 1) return this.#targets[0];
    if (this.#credits && this.#pickingState.tryLock()) {
      const index = this.#credits.next();
      this.#pickingState.unlock();
      return this.#targets[index];
    }
    this.#stride ??= new Stride(this.#targets.map(({ pickingWeight }) => pickingWeight));
    return this.#targets[this.#stride.at(this.#pickingState.nextPosition())];
  }
}
