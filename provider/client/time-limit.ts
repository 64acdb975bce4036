// The limit for the time of an operation, which the resource option customTimeouts sets.
import { WeirError } from '../model/base/errors.ts';

/** The largest time that a timer takes. A longer limit is as good as none. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A timer may end this much too early. */
const TIMER_ERROR_MS = 2;

export class TimeLimit {
  readonly #untilMs: number;
  readonly #name: string;

  /** `name`: the limit in messages, such as "the customTimeouts.create of 5s". */
  constructor(ms: number, name: string) {
    this.#untilMs = performance.now() + ms;
    this.#name = name;
  }

  /** Time for a request that begins now. Throws if the time is over. */
  get leftMs(): number {
    if (this.isOver) throw this.exceeded();
    return Math.ceil(Math.min(this.#untilMs - performance.now(), MAX_TIMER_MS));
  }

  get isOver(): boolean {
    return performance.now() >= this.#untilMs - TIMER_ERROR_MS;
  }

  exceeded(): WeirError {
    const message = `it took longer than ${this.#name}: the runtime may have carried it out, or may still do so`;
    return new WeirError('Timeout', message);
  }
}
