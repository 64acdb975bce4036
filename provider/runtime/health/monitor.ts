// The health monitor: one checker for each target of each target group, independent of the number of workers.
import { setTimeout as sleep } from 'node:timers/promises';
import type { HealthChange, PassiveReport } from '../contract/engine.ts';
import {
  type Health,
  type HealthCheckSnapshot,
  type Snapshot,
  type TargetGroupSnapshot,
  type TargetSnapshot,
  takesTraffic,
} from '../contract/snapshot.ts';
import { type HealthHistoryEntry, withEntry } from './history.ts';
import type { Probe } from './probe.ts';
import { spreadMs } from './spread.ts';
import {
  checkFailed,
  checkPassed,
  connectionFailed,
  connectionSucceeded,
  type HealthState,
  ineligibleState,
  initialState,
  retried,
} from './state.ts';

/** Time after which a target without health checks takes traffic again when failed connections made it unhealthy. */
const PASSIVE_RETRY_MS = 10_000;

interface MonitorOptions {
  readonly probe: Probe;
  /** Time of day in milliseconds since 1970. */
  readonly nowMs: () => number;
  /**
   * Called with health changes after results of checks or connections, and after a change of check settings. Not called
   * with the first health of a new target.
   */
  readonly onChange: (changes: readonly HealthChange[]) => void;
  /** Called when the first check of a target has ended, passed or failed. */
  readonly onFirstCheck?: () => void;
  /** Reserves a check of a target and returns how long the check has to wait. */
  readonly delayMs?: (target: TargetSnapshot) => number;
}

/** Health state and history of a bound target. */
export interface HealthRecord {
  readonly state: HealthState;
  /** Last health changes, newest first; the first entry is the current health. */
  readonly history: readonly HealthHistoryEntry[];
  /** When the last check ended, in milliseconds since 1970; `undefined` before the first check has ended. */
  readonly checkedAtMs: number | undefined;
}

/** A target that has passed a first check before it is bound. */
export interface Proven {
  readonly targetGroupId: string;
  readonly key: string;
}

export class HealthMonitor {
  readonly #options: MonitorOptions;
  readonly #targetGroups = new Map<string, { snapshot: TargetGroupSnapshot; checkers: Map<string, Checker> }>();
  /** Health of targets that are not bound yet, from the last run of the runtime or from a hand-over. */
  readonly #known = new Map<string, Health>();

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** Sets the initial health of a target. Used only if the next `apply` binds the target. */
  seed(targetGroupId: string, key: string, health: Health): void {
    this.#known.set(`${targetGroupId} ${key}`, health);
  }

  /** Starts and ends checkers to match the snapshot. A target with unchanged check settings keeps its state. */
  apply({ targetGroups }: Snapshot): void {
    const healthChanges: HealthChange[] = [];
    for (const [id, { snapshot: served, checkers }] of this.#targetGroups) {
      const next = targetGroups.get(id);
      if (next === served) continue;
      // Changed checkers are collected first, because the iteration would visit a replaced map entry again.
      const changed: [string, Checker][] = [];
      for (const [key, checker] of checkers) {
        const target = next?.targets.get(key);
        const isSame = target !== undefined && isAsEligible(target, served.targets.get(key));
        if (!isSame || next?.healthCheck !== served.healthCheck) changed.push([key, checker]);
      }
      for (const [key, checker] of changed) {
        const target = next?.targets.get(key);
        checker.close();
        checkers.delete(key);
        if (next === undefined || target === undefined) continue;
        const before = checker.state.health;
        // A target with changed check settings stays in or out of traffic until the new check has a result.
        if (isAsEligible(target, served.targets.get(key)))
          this.seed(id, key, takesTraffic(before) ? 'healthy' : before);
        const { state } = this.#check(next, target, checkers, checker.history);
        if (state.health !== before) healthChanges.push({ targetGroupId: id, key, health: state.health });
      }
      if (next === undefined) this.#targetGroups.delete(id);
    }
    for (const [id, targetGroup] of targetGroups) {
      const served = this.#targetGroups.get(id);
      if (served?.snapshot === targetGroup) continue;
      const checkers = served?.checkers ?? new Map<string, Checker>();
      // Every checker belongs to a target of the target group, so no checker is missing if both numbers are equal.
      if (checkers.size < targetGroup.targets.size) {
        for (const [key, target] of targetGroup.targets) {
          if (!checkers.has(key)) this.#check(targetGroup, target, checkers);
        }
      }
      this.#targetGroups.set(id, { snapshot: targetGroup, checkers });
    }
    this.#known.clear();
    // If health checks were turned off, only this call makes data planes send traffic to an unhealthy target again.
    if (healthChanges.length > 0) this.#options.onChange(healthChanges);
  }

  health(targetGroupId: string, key: string): Health {
    return this.state(targetGroupId, key)?.health ?? 'checking';
  }

  state(targetGroupId: string, key: string): HealthState | undefined {
    return this.record(targetGroupId, key)?.state;
  }

  record(targetGroupId: string, key: string): HealthRecord | undefined {
    return this.#targetGroups.get(targetGroupId)?.checkers.get(key);
  }

  report({ targetGroupId, key, ok, error }: PassiveReport): void {
    this.#targetGroups
      .get(targetGroupId)
      ?.checkers.get(key)
      ?.report(ok, error ?? 'a connection failed');
  }

  /** Health of all targets, except those in the states `unchecked` and `ineligible`. */
  *all(): Iterable<{ targetGroupId: string; key: string; health: Health }> {
    for (const [targetGroupId, { checkers }] of this.#targetGroups) {
      for (const [key, { state }] of checkers) {
        if (state.health !== 'unchecked' && state.health !== 'ineligible')
          yield { targetGroupId, key, health: state.health };
      }
    }
  }

  close(): void {
    for (const { checkers } of this.#targetGroups.values()) for (const checker of checkers.values()) checker.close();
    this.#targetGroups.clear();
  }

  #check(
    targetGroup: TargetGroupSnapshot,
    target: TargetSnapshot,
    checkers: Map<string, Checker>,
    history: readonly HealthHistoryEntry[] = [],
  ): Checker {
    const name = `${targetGroup.id} ${target.key}`;
    const known = this.#known.get(name);
    this.#known.delete(name);
    const { ineligible } = target;
    const check = ineligible === undefined ? targetGroup.healthCheck : undefined;
    const checker = new Checker({
      ...this.#options,
      name,
      target,
      check,
      state: ineligible === undefined ? initialState(check !== undefined, known) : ineligibleState(ineligible),
      history,
      onHealth: (health) => this.#options.onChange([{ targetGroupId: targetGroup.id, key: target.key, health }]),
    });
    checkers.set(target.key, checker);
    return checker;
  }
}

interface CheckerOptions extends Pick<MonitorOptions, 'probe' | 'nowMs' | 'onFirstCheck' | 'delayMs'> {
  /** Id of the target group and target key, unique among checkers. */
  readonly name: string;
  readonly target: TargetSnapshot;
  readonly check: HealthCheckSnapshot | undefined;
  readonly state: HealthState;
  /** Health history of the target under its previous check settings. */
  readonly history: readonly HealthHistoryEntry[];
  readonly onHealth: (health: Health) => void;
}

/** The checker of one target: checks at once and then at each interval until closed. */
class Checker implements HealthRecord {
  state: HealthState;
  history: readonly HealthHistoryEntry[];
  checkedAtMs: number | undefined;
  readonly #options: CheckerOptions;
  readonly #ended = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CheckerOptions) {
    const { check, state, history } = options;
    this.#options = options;
    this.state = state;
    this.history = this.#withEntry(history);
    // The first wait depends on the target's name, so checks of many targets are spread over the interval.
    if (check !== undefined)
      this.#timer = setTimeout(() => void this.#run(check, spreadMs(check.intervalMs, options.name)), 0);
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
    clearTimeout(this.#timer);
    this.#ended.abort();
  }

  /** Runs one check and schedules the next. `everyMs`: time from the start of this check to the start of the next. */
  async #run(check: HealthCheckSnapshot, everyMs: number): Promise<void> {
    const startedAtMs = performance.now();
    const { probe, target, nowMs, onFirstCheck, delayMs } = this.#options;
    const signal = this.#ended.signal;
    const delayedMs = delayMs?.(target) ?? 0;
    if (delayedMs > 0) await sleep(delayedMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const problem = await probe(target, check, signal);
    if (signal.aborted) return;
    this.#become(problem === undefined ? checkPassed(this.state, check) : checkFailed(this.state, check, problem));
    // The time of the check is set last, because a status must not show a health change as later than its check.
    const isFirst = this.checkedAtMs === undefined;
    this.checkedAtMs = nowMs();
    if (isFirst) onFirstCheck?.();
    const waitMs = Math.max(0, everyMs - (performance.now() - startedAtMs));
    this.#timer = setTimeout(() => void this.#run(check, check.intervalMs), waitMs);
  }

  #become(state: HealthState): void {
    const hasChanged = state.health !== this.state.health;
    this.state = state;
    if (!hasChanged) return;
    this.history = this.#withEntry(this.history);
    this.#options.onHealth(state.health);
  }

  #withEntry(history: readonly HealthHistoryEntry[]): readonly HealthHistoryEntry[] {
    const { health, lastError } = this.state;
    const error = takesTraffic(health) ? undefined : lastError;
    return withEntry(history, { atMs: this.#options.nowMs(), health, error });
  }
}

function isAsEligible(a: TargetSnapshot, b: TargetSnapshot | undefined): boolean {
  return a === b || a.ineligible === b?.ineligible;
}
