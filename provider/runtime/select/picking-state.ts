// The state that the pickers of a target group share between all workers: a cursor, and credits under a lock.

/** How many targets of a target group have a slot, which is a credit of their own. */
export const CREDIT_SLOTS = 64;
/** The slot number of a target without a credit slot, because all slots are taken. */
export const NO_SLOT = -1;

const LOCK = 0;
const CURSOR = 1;
const HEADER_BYTES = 64;
/**
 * Attempts to get the lock. It is held for well under a microsecond, so that a lock which is still held after these
 * attempts belongs to a thread that does not run. The pick then uses the cursor instead: shares deviate by one pick,
 * but no worker waits.
 */
const SPINS = 1000;

/**
 * Makes the shared memory for the picks of a target group, which lives as long as the target group. `cursor`: its first
 * position.
 */
export function createPickingState(cursor = 0): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(HEADER_BYTES + CREDIT_SLOTS * Float64Array.BYTES_PER_ELEMENT);
  new Int32Array(memory, 0, 2)[CURSOR] = cursor;
  return memory;
}

/** The present position and credits, for a process that goes on with them. */
export function readPickingState(memory: SharedArrayBuffer): { cursor: number; credits: readonly number[] } {
  const cursor = Atomics.load(new Int32Array(memory, 0, 2), CURSOR);
  return { cursor, credits: [...new Float64Array(memory, HEADER_BYTES, CREDIT_SLOTS)] };
}

/** Sets a credit before workers use the memory. */
export function setCredit(memory: SharedArrayBuffer, slot: number, credit: number): void {
  new Float64Array(memory, HEADER_BYTES, CREDIT_SLOTS)[slot] = credit;
}

/** Frees the lock of the credits if the worker that ended held it. */
export function releasePickingLock(memory: SharedArrayBuffer, workerId: number): void {
  Atomics.compareExchange(new Int32Array(memory, 0, 2), LOCK, workerId + 1, 0);
}

/** One worker's access to the shared state of a target group's picks. */
export class PickingState {
  /** Credits by slot, to be used only between `tryLock` and `unlock`. */
  readonly credits: Float64Array;
  readonly #control: Int32Array;
  readonly #lockedBy: number;

  constructor(memory: SharedArrayBuffer, workerId: number) {
    this.credits = new Float64Array(memory, HEADER_BYTES, CREDIT_SLOTS);
    this.#control = new Int32Array(memory, 0, 2);
    this.#lockedBy = workerId + 1;
  }

  /** Takes the lock of the credits. Returns `false` if another worker keeps it. */
  tryLock(): boolean {
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.compareExchange(this.#control, LOCK, 0, this.#lockedBy) === 0) return true;
    }
    return false;
  }

  unlock(): void {
    Atomics.store(this.#control, LOCK, 0);
  }

  /**
   * Returns the next position of the shared cursor, which no other pick gets. It wraps at 2^32, which cuts one cycle of
   * picks short in four billion.
   */
  nextPosition(): number {
    return Atomics.add(this.#control, CURSOR, 1) >>> 0;
  }
}
