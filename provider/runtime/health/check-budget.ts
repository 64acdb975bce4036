// The budget of health checks: how many checks one token may direct at one address, so that it cannot flood a host.
import { canonicalAddress } from '../../model/base/target-key.ts';

/** Checks a second that one token's targets cause at one address in the long run. */
const CHECKS_PER_SECOND = 200;
/** Checks that may come at once after a pause: the first checks of one attachment with all its targets on one host. */
const BURST = 500;
const EACH_MS = 1000 / CHECKS_PER_SECOND;
/** Number of addresses above which those without a recent check are forgotten. */
const SWEEP_ABOVE = 10_000;

export class CheckBudget {
  readonly #nowMs: () => number;
  /** By token and address: the time at which all checks so far would have been made at the long-term rate. */
  readonly #paidUntilMs = new Map<string, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * Reserves a check and returns the time for which the check has to wait. `token`: id of the token that pays for the
   * check; `undefined` for the administrator, whose checks never wait.
   */
  delayMs(token: string | undefined, address: string): number {
    if (token === undefined) return 0;
    const nowMs = this.#nowMs();
    const key = `${token} ${canonicalAddress(address)}`;
    const paidUntilMs = Math.max(nowMs, this.#paidUntilMs.get(key) ?? 0) + EACH_MS;
    if (this.#paidUntilMs.size > SWEEP_ABOVE) this.#sweep(nowMs);
    this.#paidUntilMs.set(key, paidUntilMs);
    return Math.max(0, paidUntilMs - nowMs - BURST * EACH_MS);
  }

  #sweep(nowMs: number): void {
    for (const [key, paidUntilMs] of this.#paidUntilMs) if (paidUntilMs <= nowMs) this.#paidUntilMs.delete(key);
  }
}
