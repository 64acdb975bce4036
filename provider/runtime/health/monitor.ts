// Checks every target of every group, one checker a target however many workers there are, and tells who may take traffic.
import type { HealthChange, PassiveReport } from '../engine.ts';
import {
  type GroupSnapshot,
  type Health,
  type HealthCheckSnapshot,
  type Snapshot,
  type TargetSnapshot,
  takesTraffic,
} from '../snapshot.ts';
import type { Probe } from './probe.ts';
import {
  checkFailed,
  checkPassed,
  connectionFailed,
  connectionSucceeded,
  type HealthState,
  initialState,
  retried,
} from './state.ts';

/** Without a check, an isolated target is tried again after this. */
const PASSIVE_RETRY_MS = 10_000;

export interface MonitorOptions {
  readonly probe: Probe;
  /** The targets whose health turned, by a result or by another check; not called for a target that is new. */
  readonly onChange: (changes: readonly HealthChange[]) => void;
}

export class HealthMonitor {
  readonly #options: MonitorOptions;
  readonly #groups = new Map<string, { snapshot: GroupSnapshot; checkers: Map<string, Checker> }>();
  /** What is known of a target before it is bound: from the last run, or from the first check of a hand-over. */
  readonly #known = new Map<string, Health>();

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** Counts for the next `apply` only, if that binds the target. */
  seed(groupId: string, key: string, health: Health): void {
    this.#known.set(`${groupId} ${key}`, health);
  }

  /** Starts and ends checkers so that they are those of the snapshot; a target whose check is the same keeps its state. */
  apply({ groups }: Snapshot): void {
    const turned: HealthChange[] = [];
    for (const [id, { snapshot: served, checkers }] of this.#groups) {
      const next = groups.get(id);
      if (next === served) continue;
      for (const [key, checker] of [...checkers]) {
        const target = next?.targets.get(key);
        if (target !== undefined && next?.healthCheck === served.healthCheck) continue;
        checker.close();
        checkers.delete(key);
        if (next === undefined || target === undefined) continue;
        // Under another check it stays in or out of traffic until that check says otherwise.
        const before = checker.state.health;
        this.seed(id, key, takesTraffic(before) ? 'healthy' : before);
        const { state } = this.#check(next, target, checkers);
        if (state.health !== before) turned.push({ groupId: id, key, health: state.health });
      }
      if (next === undefined) this.#groups.delete(id);
    }
    for (const [id, group] of groups) {
      const served = this.#groups.get(id);
      if (served?.snapshot === group) continue;
      const checkers = served?.checkers ?? new Map<string, Checker>();
      for (const [key, target] of group.targets) {
        if (!checkers.has(key)) this.#check(group, target, checkers);
      }
      this.#groups.set(id, { snapshot: group, checkers });
    }
    this.#known.clear();
    // Where checking ends, nothing else would bring back a target that the data planes have as unhealthy.
    if (turned.length > 0) this.#options.onChange(turned);
  }

  health(groupId: string, key: string): Health {
    return this.state(groupId, key)?.health ?? 'checking';
  }

  state(groupId: string, key: string): HealthState | undefined {
    return this.#groups.get(groupId)?.checkers.get(key)?.state;
  }

  report({ groupId, key, ok, error }: PassiveReport): void {
    this.#groups
      .get(groupId)
      ?.checkers.get(key)
      ?.report(ok, error ?? 'a connection failed');
  }

  /** The health of every checked target. */
  *all(): Iterable<{ groupId: string; key: string; health: Health }> {
    for (const [groupId, { checkers }] of this.#groups) {
      for (const [key, { state }] of checkers) {
        if (state.health !== 'unchecked') yield { groupId, key, health: state.health };
      }
    }
  }

  close(): void {
    for (const { checkers } of this.#groups.values()) for (const checker of checkers.values()) checker.close();
    this.#groups.clear();
  }

  #check(group: GroupSnapshot, target: TargetSnapshot, checkers: Map<string, Checker>): Checker {
    const seed = `${group.id} ${target.key}`;
    const known = this.#known.get(seed);
    this.#known.delete(seed);
    const state = initialState(group.healthCheck !== undefined, known);
    const checker = new Checker(target, group.healthCheck, state, this.#options.probe, (health) =>
      this.#options.onChange([{ groupId: group.id, key: target.key, health }]),
    );
    checkers.set(target.key, checker);
    return checker;
  }
}

/** The loop of one target: check at once, then at each interval, until closed. */
class Checker {
  state: HealthState;
  readonly #target: TargetSnapshot;
  readonly #check: HealthCheckSnapshot | undefined;
  readonly #probe: Probe;
  readonly #onChange: (health: Health) => void;
  readonly #ended = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    target: TargetSnapshot,
    check: HealthCheckSnapshot | undefined,
    state: HealthState,
    probe: Probe,
    onChange: (health: Health) => void,
  ) {
    this.#target = target;
    this.#check = check;
    this.state = state;
    this.#probe = probe;
    this.#onChange = onChange;
    if (check !== undefined) this.#timer = setTimeout(() => void this.#run(check), 0);
  }

  report(ok: boolean, error: string): void {
    this.#become(ok ? connectionSucceeded(this.state) : connectionFailed(this.state, error));
    if (this.#check !== undefined || this.state.health !== 'unhealthy' || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#become(retried(this.state));
    }, PASSIVE_RETRY_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#ended.abort();
  }

  async #run(check: HealthCheckSnapshot): Promise<void> {
    const startedAtMs = performance.now();
    const problem = await this.#probe(this.#target, check, this.#ended.signal);
    if (this.#ended.signal.aborted) return;
    this.#become(problem === undefined ? checkPassed(this.state, check) : checkFailed(this.state, check, problem));
    const waitMs = Math.max(0, check.intervalMs - (performance.now() - startedAtMs));
    this.#timer = setTimeout(() => void this.#run(check), waitMs);
  }

  #become(state: HealthState): void {
    const hasTurned = state.health !== this.state.health;
    this.state = state;
    if (hasTurned) this.#onChange(state.health);
  }
}
