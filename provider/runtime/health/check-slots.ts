// The health checks under way: at most as many as the runtime has file descriptors for. Others wait for their turn.
import type { Shortage } from '../contract/shortage.ts';
import { type CheckResult, ENDED_CHECK } from './attempt.ts';
import type { HoldSlot } from './probe.ts';

/**
 * Why a target is checked: it takes traffic, it has had no check yet, or its checks fail. These kinds take turns, so
 * that thousands of targets that do not respond delay no check of the others.
 */
export type CheckKind = 'serving' | 'first' | 'failing';

const KINDS: readonly CheckKind[] = ['serving', 'first', 'failing'];

/** A check that waits for longer than this is late because of the limit of open files. */
const LATE_MS = 1_000;

const LATE: Shortage = {
  resource: 'descriptors',
  message: 'health checks wait, because the limit of open files leaves no more to them',
};

/** The result of a check that got no slot in the time that it could wait. */
const NO_SLOT: Shortage = {
  resource: 'descriptors',
  message: 'other health checks have taken all that are for checks',
};

interface CheckSlotsOptions {
  /** Returns how many checks may be under way at present. `undefined` means that any number may be. */
  readonly max?: () => number;
  /** Called for each check that begins late. */
  readonly onLate?: (shortage: Shortage) => void;
}

type Begin = (mayBegin: boolean) => void;

export class CheckSlots {
  readonly #max: () => number;
  readonly #onLate: (shortage: Shortage) => void;
  readonly #waiting: Readonly<Record<CheckKind, Set<Begin>>> = {
    serving: new Set(),
    first: new Set(),
    failing: new Set(),
  };
  #used = 0;
  /** The kind of the next check that begins, as an index of `KINDS`. */
  #turn = 0;

  constructor({ max = () => Number.POSITIVE_INFINITY, onLate = () => {} }: CheckSlotsOptions = {}) {
    this.#max = max;
    this.#onLate = onLate;
  }

  /**
   * Runs a check when there is a slot for it. The slot is free again when the check has its result and everything is
   * released that the check held. A check whose signal is aborted before its turn is not run, nor is one that would
   * wait for longer than `maxWaitMs`: its result is a shortage.
   */
  async run(
    kind: CheckKind,
    check: (hold: HoldSlot) => Promise<CheckResult>,
    signal: AbortSignal,
    maxWaitMs?: number,
  ): Promise<CheckResult> {
    if (this.#used < this.#max()) this.#used++;
    else if (!(await this.#wait(kind, signal, maxWaitMs))) return signal.aborted ? ENDED_CHECK : NO_SLOT;
    let holds = 0;
    const hold = () => {
      holds++;
      let isHeld = true;
      return () => {
        if (isHeld && --holds === 0) this.#free();
        isHeld = false;
      };
    };
    const release = hold();
    try {
      return await check(hold);
    } finally {
      release();
    }
  }

  #wait(kind: CheckKind, signal: AbortSignal, maxWaitMs: number | undefined): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiting = this.#waiting[kind];
    const startedAtMs = performance.now();
    const giveUp = () => begin(false);
    const timer = maxWaitMs === undefined ? undefined : setTimeout(giveUp, maxWaitMs);
    const begin: Begin = (mayBegin) => {
      waiting.delete(begin);
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      if (mayBegin && performance.now() - startedAtMs > LATE_MS) this.#onLate(LATE);
      resolve(mayBegin);
    };
    waiting.add(begin);
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) giveUp();
    return promise;
  }

  #free(): void {
    this.#used--;
    while (this.#used < this.#max()) {
      const next = this.#next();
      if (next === undefined) return;
      this.#used++;
      next(true);
    }
  }

  #next(): Begin | undefined {
    for (let count = 0; count < KINDS.length; count++) {
      const [next] = this.#waiting[KINDS[this.#turn] as CheckKind];
      this.#turn = (this.#turn + 1) % KINDS.length;
      if (next !== undefined) return next;
    }
    return undefined;
  }
}
