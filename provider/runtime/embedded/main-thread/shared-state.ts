// The main thread's record of what the workers share and were told, of which every swap is made.
import type { HealthChange, HealthView } from '../../contract/engine.ts';
import type { DrainingTarget, ListenerTraffic, TargetCounts } from '../../contract/engine-statistics.ts';
import type { ListenerSnapshot, Snapshot } from '../../contract/snapshot.ts';
import { type Endpoint, toEndpoint } from '../shared/endpoint.ts';
import { clearUnderWay, createListenerCounters, readListenerCounters } from '../shared/listener-counters.ts';
import type { ListenerSettings, ListenerUpsert, Route, Swap, TimedHealthChange } from '../shared/messages.ts';
import { sharedNowMs } from '../shared/shared-clock.ts';
import { difference, type GroupDifference } from './difference.ts';
import { type GroupContext, SharedGroup } from './shared-group.ts';
import { UnboundTargets } from './unbound-targets.ts';

interface ListenerRecord {
  settings: ListenerSettings;
  routes: readonly Route[];
  readonly counters: SharedArrayBuffer;
  /** Ids. */
  readonly groups: Set<string>;
}

const NO_COUNTS: Omit<TargetCounts, 'draining'> = {
  requests: 0,
  activeConnections: 0,
  responses: [0, 0, 0, 0, 0],
  isInSlowStart: false,
};

export class SharedState {
  readonly #workers: number;
  readonly #groupContext: GroupContext;
  readonly #listeners = new Map<string, ListenerRecord>();
  readonly #groups = new Map<string, SharedGroup>();
  readonly #unbound = new UnboundTargets();
  #snapshot: Snapshot | undefined;

  constructor(workers: number) {
    let numbers = 0;
    this.#workers = workers;
    this.#groupContext = {
      workers,
      nextNumber: () => ++numbers,
      onUnbound: (unbound) => this.#unbound.add(unbound),
    };
  }

  get version(): number {
    return this.#snapshot?.version ?? 0;
  }

  /** Where a listener of the recorded snapshot listens. */
  endpointOf(listenerId: string): Endpoint | undefined {
    const listener = this.#snapshot?.listeners.get(listenerId);
    return listener && toEndpoint(listener);
  }

  /** Records the next snapshot; the result is the message that brings a worker there from the one before. */
  advance(next: Snapshot, health: HealthView, endpoints: readonly Endpoint[]): Swap {
    const { upserted, removed } = difference(this.#snapshot, next);
    // What the first snapshot has began before, as far as anybody knows.
    const nowMs = this.#snapshot === undefined ? undefined : sharedNowMs();
    this.#snapshot = next;
    this.#unbound.prune();
    for (const id of removed) {
      for (const groupId of this.#listeners.get(id)?.groups ?? []) this.#removeGroup(groupId);
      this.#listeners.delete(id);
    }
    // All of them before the first upsert: a rule may have gone to another listener.
    for (const { listener, removedGroups } of upserted) {
      for (const id of removedGroups) {
        this.#listeners.get(listener.id)?.groups.delete(id);
        this.#removeGroup(id);
      }
    }
    const upserts = upserted.map((change): ListenerUpsert => {
      const record = this.#upsertListener(change.listener);
      const groups = change.groups.map((group) => this.#groupOf(record, group).update(group, health, nowMs));
      const { settings, routes, counters } = record;
      return { settings, counters, groups, removedGroups: change.removedGroups, routes };
    });
    return { version: next.version, upserted: upserts, removed, endpoints };
  }

  /** The message that brings a new worker to the recorded snapshot. */
  whole(endpoints: readonly Endpoint[]): Swap {
    const upserted = [...this.#listeners.values()].map(({ settings, routes, counters, groups }): ListenerUpsert => {
      const upserts = [...groups].flatMap((id) => this.#groups.get(id)?.whole() ?? []);
      return { settings, counters, groups: upserts, removedGroups: [], routes };
    });
    return { version: this.version, upserted, removed: [], endpoints };
  }

  /** The changes that are of targets in the recorded snapshot. */
  setHealth(changes: readonly HealthChange[]): TimedHealthChange[] {
    const nowMs = sharedNowMs();
    return changes.flatMap((change) => {
      const bound = this.#groups.get(change.groupId)?.setHealth(change.key, change.health, nowMs);
      return bound === undefined ? [] : { ...change, begunAtMs: bound.begunAtMs };
    });
  }

  counts(groupId: string, key: string): TargetCounts {
    const draining = this.#unbound.active(groupId, key);
    const group = this.#groups.get(groupId);
    if (group === undefined) return { ...NO_COUNTS, draining };
    const { active, ...counts } = group.counts(key);
    return { ...counts, activeConnections: active, draining };
  }

  traffic(listenerId: string): ListenerTraffic | undefined {
    const record = this.#listeners.get(listenerId);
    return record && readListenerCounters(record.counters);
  }

  /** Targets that are bound no more and still have open flows. */
  draining(): readonly DrainingTarget[] {
    return this.#unbound.draining((groupId, key) => this.#groups.get(groupId)?.has(key) === true);
  }

  /** The thread of a worker ended: its flows are gone, and it holds no lock. */
  forgetWorker(workerId: number): void {
    for (const { counters } of this.#listeners.values()) clearUnderWay(counters, workerId);
    for (const group of this.#groups.values()) group.forgetWorker(workerId);
    this.#unbound.forgetWorker(workerId);
  }

  #upsertListener({ group: _, rules, ...settings }: ListenerSnapshot): ListenerRecord {
    const routes = rules.map(({ id: _id, group, ...match }): Route => ({ ...match, groupId: group.id }));
    const present = this.#listeners.get(settings.id);
    if (present) {
      present.settings = settings;
      present.routes = routes;
      return present;
    }
    const record = { settings, routes, counters: createListenerCounters(this.#workers), groups: new Set<string>() };
    this.#listeners.set(settings.id, record);
    return record;
  }

  #groupOf({ groups }: ListenerRecord, { group }: GroupDifference): SharedGroup {
    groups.add(group.id);
    const present = this.#groups.get(group.id);
    if (present) return present;
    const created = new SharedGroup(group, this.#groupContext);
    this.#groups.set(group.id, created);
    return created;
  }

  #removeGroup(id: string): void {
    this.#groups.get(id)?.unbindAll();
    this.#groups.delete(id);
  }
}
