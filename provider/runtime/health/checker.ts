// The checker of one target: it checks the target at each interval, and counts results of checks and connections.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type HealthCheckSnapshot,
  type TargetGroupSnapshot,
  type TargetSnapshot,
  takesTraffic,
} from '../contract/snapshot.ts';
import type { CheckSlots } from './check-slots.ts';
import type { CheckStarts } from './check-starts.ts';
import { type HealthHistoryEntry, withEntry } from './history.ts';
import type { Probe } from './probe.ts';
import { spreadMs } from './spread.ts';
import { checkFailed, checkPassed, connectionFailed, connectionSucceeded, type HealthState, retried } from './state.ts';

/** Time after which a target without health checks takes traffic again when failed connections made it unhealthy. */
const PASSIVE_RETRY_MS = 10_000;

/** Reason for the end of a check. Without one, an error with its stack is made for each of thousands of targets. */
const ENDED = 'ended';

/** Longest wait before a first check is repeated that the runtime could not make. */
const SHORTAGE_RETRY_MS = 1_000;

export interface CheckOptions {
  readonly probe: Probe;
  /** Time of day in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Reserves a check of a target and returns how long the check has to wait. */
  readonly delayMs?: (target: TargetSnapshot, targetGroup: TargetGroupSnapshot) => number;
}

/** Health state and history of a bound target. */
export interface HealthRecord {
  readonly state: HealthState;
  /** Last health changes, newest first; the first entry is the current health. */
  readonly history: readonly HealthHistoryEntry[];
  /** When the last check ended, in milliseconds since 1970; `undefined` before the first check has ended. */
  readonly checkedAtMs: number | undefined;
}

interface CheckerOptions extends Omit<CheckOptions, 'delayMs'> {
  readonly delayMs: ((target: TargetSnapshot) => number) | undefined;
  /** Id of the target group and target key, unique among checkers. */
  readonly name: string;
  readonly target: TargetSnapshot;
  readonly check: HealthCheckSnapshot | undefined;
  readonly state: HealthState;
  /** Health history of the target under its previous check settings. */
  readonly history: readonly HealthHistoryEntry[];
  /** Called after a health change with the record before it. */
  readonly onHealth: (before: HealthRecord) => void;
  /** Called when the first check has ended, passed or failed. */
  readonly onFirstCheck: () => void;
  readonly starts: CheckStarts;
  readonly slots: CheckSlots;
}

/** Checks at once and then at each interval until closed. */
export class Checker implements HealthRecord {
  state: HealthState;
  history: readonly HealthHistoryEntry[];
  checkedAtMs: number | undefined;
  readonly #options: CheckerOptions;
  #isClosed = false;
  /** Ends the check under way. Thousands of targets without one are unbound in one write, so none of them has this. */
  #running: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CheckerOptions) {
    const { check, state, history } = options;
    this.#options = options;
    this.state = state;
    this.history = this.#withEntry(history);
    // The first wait depends on the target's name, so checks of many targets are spread over the interval.
    if (check !== undefined) this.#runAfter(0, check, spreadMs(check.intervalMs, options.name));
  }

  report(ok: boolean, error: string): void {
    this.#become(ok ? connectionSucceeded(this.state) : connectionFailed(this.state, error));
    if (this.#options.check !== undefined || this.state.health !== 'unhealthy' || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#become(retried(this.state));
    }, PASSIVE_RETRY_MS);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#running?.abort(ENDED);
  }

  #runAfter(waitMs: number, check: HealthCheckSnapshot, everyMs: number): void {
    const run = () => void this.#run(check, everyMs);
    this.#timer = setTimeout(() => this.#options.starts.add(run), waitMs);
  }

  /** Runs one check and schedules the next. `everyMs`: time from the start of this check to the start of the next. */
  async #run(check: HealthCheckSnapshot, everyMs: number): Promise<void> {
    if (this.#isClosed) return;
    const startedAtMs = performance.now();
    const { probe, target, nowMs, onFirstCheck, delayMs, slots } = this.#options;
    const running = new AbortController();
    this.#running = running;
    const delayedMs = delayMs?.(target) ?? 0;
    if (delayedMs > 0) await sleep(delayedMs, undefined, running).catch(() => {});
    if (this.#isClosed) return;
    const { signal } = running;
    const isFirst = this.checkedAtMs === undefined;
    const kind = takesTraffic(this.state.health) ? 'serving' : isFirst ? 'first' : 'failing';
    const problem = await slots.run(kind, (hold) => probe(target, check, signal, hold), signal);
    if (this.#isClosed) return;
    this.#running = undefined;
    if (typeof problem === 'object') {
      // A shortage of the runtime says nothing about the target.
      this.#runAfter(
        isFirst ? Math.min(check.intervalMs, SHORTAGE_RETRY_MS) : check.intervalMs,
        check,
        check.intervalMs,
      );
      return;
    }
    this.#become(problem === undefined ? checkPassed(this.state, check) : checkFailed(this.state, check, problem));
    // The time of the check is set last, because a status must not show a health change as later than its check.
    this.checkedAtMs = nowMs();
    if (isFirst) onFirstCheck();
    this.#runAfter(Math.max(0, everyMs - (performance.now() - startedAtMs)), check, check.intervalMs);
  }

  #become(state: HealthState): void {
    const { state: present, history, checkedAtMs } = this;
    this.state = state;
    if (state.health === present.health) return;
    this.history = this.#withEntry(history);
    this.#options.onHealth({ state: present, history, checkedAtMs });
  }

  #withEntry(history: readonly HealthHistoryEntry[]): readonly HealthHistoryEntry[] {
    const { health, lastError } = this.state;
    const error = takesTraffic(health) ? undefined : lastError;
    return withEntry(history, { atMs: this.#options.nowMs(), health, error });
  }
}
