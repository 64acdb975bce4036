// The picker of one listener in one worker: weighted round robin whose state all workers share through shared memory.
import { SmoothCredits } from './smooth-credits.ts';
import { Stride } from './stride.ts';

/** How many targets of a listener have a slot, that is a credit of their own. */
export const CREDIT_SLOTS = 64;
/** A target beyond the slots. */
export const NO_SLOT = -1;

const LOCK = 0;
const CURSOR = 1;
const HEADER_BYTES = 64;
/**
 * The lock is held for well under a microsecond, so that a lock not had by then belongs to a thread that is not
 * running. Such a pick is taken from the cursor instead: shares bend by one pick, nobody waits.
 */
const SPINS = 1000;

export interface WeightedTarget {
  /** 0-100; 0 is never picked. */
  readonly weight: number;
  readonly slot: number;
}

/** The state that the workers share of one listener's picking; it lives as long as the listener. */
export function createSelection(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + CREDIT_SLOTS * Float64Array.BYTES_PER_ELEMENT);
}

/** Frees the lock of a worker that ended while it held it. */
export function releaseSelection(selection: SharedArrayBuffer, workerId: number): void {
  Atomics.compareExchange(new Int32Array(selection, 0, 2), LOCK, workerId + 1, 0);
}

/**
 * Up to CREDIT_SLOTS targets are picked by shared credits, which stay fair through any change between two picks; more
 * by the stride, whose cost does not grow with their number. Built anew when the eligible targets or weights change;
 * the shared state goes on.
 */
export class WeightedRoundRobin<T extends WeightedTarget> {
  readonly #targets: readonly T[];
  readonly #control: Int32Array;
  readonly #owner: number;
  readonly #credits: SmoothCredits | undefined;
  #stride: Stride | undefined;

  constructor(eligible: readonly T[], selection: SharedArrayBuffer, workerId: number) {
    const targets = eligible.filter((target) => target.weight > 0);
    this.#targets = targets;
    this.#control = new Int32Array(selection, 0, 2);
    this.#owner = workerId + 1;
    const slots = targets.map((target) => target.slot);
    if (!slots.includes(NO_SLOT)) {
      const weights = targets.map((target) => target.weight);
      this.#credits = new SmoothCredits(weights, slots, new Float64Array(selection, HEADER_BYTES, CREDIT_SLOTS));
    }
  }

  /** The targets that can be picked. */
  get targets(): readonly T[] {
    return this.#targets;
  }

  next(): T | undefined {
    if (this.#targets.length <= 1) return this.#targets[0];
    if (this.#credits && this.#tryLock()) {
      const index = this.#credits.next();
      Atomics.store(this.#control, LOCK, 0);
      return this.#targets[index];
    }
    this.#stride ??= new Stride(this.#targets.map((target) => target.weight));
    // The cursor wraps at 2^32: one cycle in four billion picks is cut short.
    return this.#targets[this.#stride.at(Atomics.add(this.#control, CURSOR, 1) >>> 0)];
  }

  #tryLock(): boolean {
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.compareExchange(this.#control, LOCK, 0, this.#owner) === 0) return true;
    }
    return false;
  }
}
