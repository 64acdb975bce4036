// Checks every target of every group, one checker a target however many workers there are, and tells who may take traffic.
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

/** Without a check, an isolated target is tried again after this. */
const PASSIVE_RETRY_MS = 10_000;

interface MonitorOptions {
  readonly probe: Probe;
  /** The time of day. */
  readonly nowMs: () => number;
  /** The targets whose health turned, by a result or by another check; not called for a target that is new. */
  readonly onChange: (changes: readonly HealthChange[]) => void;
  /** The first check of a target has ended, whatever came of it. */
  readonly onFirstCheck?: () => void;
}

/** What is known of a target. */
export interface HealthRecord {
  readonly state: HealthState;
  /** Its last turns, newest first: the first one is the present health. */
  readonly history: readonly HealthHistoryEntry[];
  /** Undefined: no check has ended yet. */
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
  /** What is known of a target before it is bound: from the last run, or from the first check of a hand-over. */
  readonly #known = new Map<string, Health>();

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** Counts for the next `apply` only, if that binds the target. */
  seed(targetGroupId: string, key: string, health: Health): void {
    this.#known.set(`${targetGroupId} ${key}`, health);
  }

  /** Starts and ends checkers so that they are those of the snapshot; a target whose check is the same keeps its state. */
  apply({ targetGroups }: Snapshot): void {
    const healthChanges: HealthChange[] = [];
    for (const [id, { snapshot: served, checkers }] of this.#targetGroups) {
      const next = targetGroups.get(id);
      if (next === served) continue;
      // Most of them stay as they are: only those that do not are copied to go through them.
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
        // Under another check it stays in or out of traffic until that check says otherwise.
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
      // Every checker is one of the group's targets: where there are as many, none is missing.
      if (checkers.size < targetGroup.targets.size) {
        for (const [key, target] of targetGroup.targets) {
          if (!checkers.has(key)) this.#check(targetGroup, target, checkers);
        }
      }
      this.#targetGroups.set(id, { snapshot: targetGroup, checkers });
    }
    this.#known.clear();
    // Where checking ends, nothing else would bring back a target that the data planes have as unhealthy.
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

  /** The health of every checked target. */
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

interface CheckerOptions extends Pick<MonitorOptions, 'probe' | 'nowMs' | 'onFirstCheck'> {
  /** Of group and target: no two checkers have the same. */
  readonly name: string;
  readonly target: TargetSnapshot;
  readonly check: HealthCheckSnapshot | undefined;
  readonly state: HealthState;
  /** Under the check before this one. */
  readonly history: readonly HealthHistoryEntry[];
  readonly onHealth: (health: Health) => void;
}

/** The loop of one target: check at once, then at each interval, until closed. */
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
    // From the second check on those of other targets are at other times of the interval.
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

  /** `everyMs`: from its start to that of the next one. */
  async #run(check: HealthCheckSnapshot, everyMs: number): Promise<void> {
    const startedAtMs = performance.now();
    const { probe, target, nowMs, onFirstCheck } = this.#options;
    const problem = await probe(target, check, this.#ended.signal);
    if (this.#ended.signal.aborted) return;
    this.#become(problem === undefined ? checkPassed(this.state, check) : checkFailed(this.state, check, problem));
    // Behind the turn, which has a time of its own: a status must not show it as later than the check.
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
