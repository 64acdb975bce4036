// The health monitor: one checker for each target of each target group, independent of the number of workers.
import type { HealthChange, PassiveReport } from '../contract/engine.ts';
import {
  type Health,
  type Snapshot,
  type TargetGroupSnapshot,
  type TargetSnapshot,
  takesTraffic,
} from '../contract/snapshot.ts';
import { CheckSlots } from './check-slots.ts';
import { CheckStarts } from './check-starts.ts';
import { Checker, type CheckOptions, type HealthRecord } from './checker.ts';
import type { HealthHistoryEntry } from './history.ts';
import { type HealthState, ineligibleState, initialState } from './state.ts';

interface MonitorOptions extends CheckOptions {
  /** The slots for all checks. `undefined` means that any number may be under way. */
  readonly slots?: CheckSlots;
  /**
   * Called at most once in an event-loop iteration, with all of its health changes in their order, after results of
   * checks or connections. Called without changes if first checks have ended and no health has changed.
   */
  readonly onChange: (changes: readonly HealthUpdate[]) => void;
}

/** A health change, and what was known of the target before it. */
export interface HealthUpdate extends HealthChange {
  /** Why the target takes no traffic. */
  readonly lastError: string | undefined;
  readonly before: HealthRecord;
}

/** A target of a target group. */
export interface GroupTarget {
  readonly targetGroupId: string;
  readonly key: string;
}

/** A target that has passed a first check before it is bound. */
export interface Proven extends GroupTarget {}

/** What a new snapshot changes for the monitor. */
interface Applied {
  /** Health changes that follow from changed check settings. Excludes the first health of new targets. */
  readonly changes: readonly HealthUpdate[];
  /** Targets that were unbound, or whose checks begin anew. */
  readonly ended: readonly GroupTarget[];
}

export class HealthMonitor {
  readonly #options: MonitorOptions;
  readonly #targetGroups = new Map<string, { snapshot: TargetGroupSnapshot; checkers: Map<string, Checker> }>();
  /** Health of targets that are not bound yet, from the last run of the runtime or from a hand-over. */
  readonly #known = new Map<string, Health>();
  readonly #starts = new CheckStarts();
  readonly #slots: CheckSlots;
  /** Health changes of this event-loop iteration. */
  #changes: HealthUpdate[] = [];
  #flush: NodeJS.Immediate | undefined;

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.#slots = options.slots ?? new CheckSlots();
  }

  /** Sets the initial health of a target. Used only if the next `apply` binds the target. */
  seed(targetGroupId: string, key: string, health: Health): void {
    this.#known.set(`${targetGroupId} ${key}`, health);
  }

  /**
   * Returns the targets that will be healthy as soon as `next` is applied, although no check has found that: those that
   * were proven, and those that take traffic when checks are turned on for them.
   */
  begun({ targetGroups }: Snapshot, proven: readonly Proven[]): GroupTarget[] {
    const begun = proven.filter(({ targetGroupId, key }) => {
      const target = targetGroups.get(targetGroupId)?.targets.get(key);
      return target !== undefined && target.ineligible === undefined && !this.record(targetGroupId, key);
    });
    for (const [targetGroupId, { snapshot: served, checkers }] of this.#targetGroups) {
      const next = targetGroups.get(targetGroupId);
      if (next?.healthCheck === undefined || next.healthCheck === served.healthCheck) continue;
      for (const [key, { state }] of checkers) {
        const target = next.targets.get(key);
        if (target && takesTraffic(state.health) && isAsEligible(target, served.targets.get(key)))
          begun.push({ targetGroupId, key });
      }
    }
    return begun;
  }

  /** Starts and ends checkers to match the snapshot. A target with unchanged check settings keeps its state. */
  apply({ targetGroups }: Snapshot): Applied {
    // Data planes must get earlier changes before the snapshot, because a target that is bound anew is another one.
    this.flush();
    const changes: HealthUpdate[] = [];
    const ended: GroupTarget[] = [];
    for (const [id, { snapshot: served, checkers }] of this.#targetGroups) {
      const next = targetGroups.get(id);
      if (next === served) continue;
      // Changed checkers are collected first, because the iteration would visit a replaced map entry again.
      const isSameCheck = next?.healthCheck === served.healthCheck;
      const keys = next !== undefined && isSameCheck ? next.targets.changedSince(served.targets) : [...checkers.keys()];
      const changed = keys.flatMap((key): [string, Checker][] => {
        const checker = checkers.get(key);
        const target = next?.targets.get(key);
        const isSame = isSameCheck && target !== undefined && isAsEligible(target, served.targets.get(key));
        return checker === undefined || isSame ? [] : [[key, checker]];
      });
      for (const [key, checker] of changed) {
        const target = next?.targets.get(key);
        checker.close();
        checkers.delete(key);
        ended.push({ targetGroupId: id, key });
        if (next === undefined || target === undefined) continue;
        const { health } = checker.state;
        // A target with changed check settings stays in or out of traffic until the new check has a result.
        if (isAsEligible(target, served.targets.get(key)))
          this.seed(id, key, takesTraffic(health) ? 'healthy' : health);
        const { state } = this.#check(next, target, checkers, checker.history);
        // If health checks were turned off, only this makes data planes send traffic to an unhealthy target again.
        if (state.health !== health) changes.push(updateOf(id, key, state, checker));
      }
      if (next === undefined) this.#targetGroups.delete(id);
    }
    for (const [id, targetGroup] of targetGroups) {
      const served = this.#targetGroups.get(id);
      if (served?.snapshot === targetGroup) continue;
      const checkers = served?.checkers ?? new Map<string, Checker>();
      const { targets } = targetGroup;
      for (const key of served === undefined ? targets.keys() : targets.changedSince(served.snapshot.targets)) {
        const target = targets.get(key);
        if (target !== undefined && !checkers.has(key)) this.#check(targetGroup, target, checkers);
      }
      this.#targetGroups.set(id, { snapshot: targetGroup, checkers });
    }
    this.#known.clear();
    return { changes, ended };
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

  /** Reports the changes of this event-loop iteration that are not reported yet. */
  flush(): void {
    if (this.#flush === undefined) return;
    clearImmediate(this.#flush);
    this.#flush = undefined;
    const changes = this.#changes;
    this.#changes = [];
    this.#options.onChange(changes);
  }

  close(): void {
    clearImmediate(this.#flush);
    this.#starts.close();
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
    const { delayMs } = this.#options;
    const check = ineligible === undefined ? targetGroup.healthCheck : undefined;
    const checker: Checker = new Checker({
      ...this.#options,
      starts: this.#starts,
      slots: this.#slots,
      delayMs: delayMs && ((checked) => delayMs(checked, targetGroup)),
      name,
      target,
      check,
      state: ineligible === undefined ? initialState(check !== undefined, known) : ineligibleState(ineligible),
      history,
      onHealth: (before) => {
        this.#changes.push(updateOf(targetGroup.id, target.key, checker.state, before));
        this.#reportSoon();
      },
      onFirstCheck: () => this.#reportSoon(),
    });
    checkers.set(target.key, checker);
    return checker;
  }

  /** Reports the changes at the end of this event-loop iteration, because thousands of targets may fail together. */
  #reportSoon(): void {
    this.#flush ??= setImmediate(() => this.flush());
  }
}

function isAsEligible(a: TargetSnapshot, b: TargetSnapshot | undefined): boolean {
  return a === b || a.ineligible === b?.ineligible;
}

function updateOf(
  targetGroupId: string,
  key: string,
  { health, lastError }: HealthState,
  { state, history, checkedAtMs }: HealthRecord,
): HealthUpdate {
  return { targetGroupId, key, health, lastError, before: { state, history, checkedAtMs } };
}
