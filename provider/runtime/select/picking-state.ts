// What all workers share of one group's picking: a cursor, and credits under a lock, in shared memory.

/** How many targets of a group have a slot, that is a credit of their own. */
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

/** It lives as long as the group. */
export function createPickingState(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + CREDIT_SLOTS * Float64Array.BYTES_PER_ELEMENT);
}

/** Frees the lock of a worker that ended while it held it. */
export function releasePickingLock(memory: SharedArrayBuffer, workerId: number): void {
  Atomics.compareExchange(new Int32Array(memory, 0, 2), LOCK, workerId + 1, 0);
}

/** One worker's hand on it. */
export class PickingState {
  /** To be read and written between tryLock() and unlock(). */
  readonly credits: Float64Array;
  readonly #control: Int32Array;
  readonly #owner: number;

  constructor(memory: SharedArrayBuffer, workerId: number) {
    this.credits = new Float64Array(memory, HEADER_BYTES, CREDIT_SLOTS);
    this.#control = new Int32Array(memory, 0, 2);
    this.#owner = workerId + 1;
  }

  tryLock(): boolean {
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.compareExchange(this.#control, LOCK, 0, this.#owner) === 0) return true;
    }
    return false;
  }

  unlock(): void {
    Atomics.store(this.#control, LOCK, 0);
  }

  /** A position that no other pick gets. It wraps at 2^32: one cycle in four billion picks is cut short. */
  nextPosition(): number {
    return Atomics.add(this.#control, CURSOR, 1) >>> 0;
  }
}
