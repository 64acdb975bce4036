// The budget of health checks: how many checks one token may direct at one machine, so that it cannot flood it, and at
// all machines together, so that the checks of others are in time.

/** How many checks a second there may be in the long run, and how many may come at once after a pause. */
interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** One token at one machine. The burst is the first checks of one attachment with all its targets on one machine. */
const AT_ONE_MACHINE: Rate = { perSecond: 200, burst: 500 };
/** One token at all machines: 10,000 targets at the default interval of 5 s need 2,000. */
const AT_ALL_MACHINES: Rate = { perSecond: 2_500, burst: 5_000 };
/** Number of entries above which those without a recent check are forgotten. */
const SWEEP_ABOVE = 10_000;

export class CheckBudget {
  readonly #nowMs: () => number;
  readonly #machineAt: (address: string) => string;
  /** By token, and by token and machine: the time at which all checks so far would have been made at the long-term rate. */
  readonly #paidUntilMs = new Map<string, number>();
  #sweepAbove = SWEEP_ABOVE;

  /** `machineAt`: the machine at an address, as a text. */
  constructor(nowMs: () => number, machineAt: (address: string) => string) {
    this.#nowMs = nowMs;
    this.#machineAt = machineAt;
  }

  /**
   * Reserves a check and returns the time for which the check has to wait. `token`: id of the token that pays for the
   * check; `undefined` for the administrator, whose checks never wait.
   */
  delayMs(token: string | undefined, address: string): number {
    if (token === undefined) return 0;
    const nowMs = this.#nowMs();
    if (this.#paidUntilMs.size > this.#sweepAbove) this.#sweep(nowMs);
    const atOne = this.#reserve(`${token} ${this.#machineAt(address)}`, AT_ONE_MACHINE, nowMs);
    return Math.max(atOne, this.#reserve(token, AT_ALL_MACHINES, nowMs));
  }

  #reserve(key: string, { perSecond, burst }: Rate, nowMs: number): number {
    const eachMs = 1000 / perSecond;
    const paidUntilMs = Math.max(nowMs, this.#paidUntilMs.get(key) ?? 0) + eachMs;
    this.#paidUntilMs.set(key, paidUntilMs);
    return Math.max(0, paidUntilMs - nowMs - burst * eachMs);
  }

  #sweep(nowMs: number): void {
    for (const [key, paidUntilMs] of this.#paidUntilMs) if (paidUntilMs <= nowMs) this.#paidUntilMs.delete(key);
    this.#sweepAbove = Math.max(SWEEP_ABOVE, 2 * this.#paidUntilMs.size);
  }
}
