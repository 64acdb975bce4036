// The shared state: the main thread's record of all that it shares with workers, from which every swap message is made.
import type { HealthChange, HealthView } from '../../contract/engine.ts';
import type { DrainingTarget, ListenerTraffic, TargetCounts } from '../../contract/engine-statistics.ts';
import type { ClientNetworks, ListenerSnapshot, Snapshot } from '../../contract/snapshot.ts';
import type { CarriedState } from '../shared/carried-state.ts';
import { countersMaker } from '../shared/counters.ts';
import { type Endpoint, toEndpoint } from '../shared/endpoint.ts';
import {
  clearUnderWay,
  createListenerCounters,
  readListenerCounters,
  setOpenElsewhere,
} from '../shared/listener-counters.ts';
import type { ListenerSettings, ListenerUpsert, Route, Swap, TimedHealthChange } from '../shared/messages.ts';
import { sharedNowMs } from '../shared/shared-clock.ts';
import { difference, type TargetGroupDifference } from './difference.ts';
import { SharedTargetGroup, type TargetGroupContext } from './shared-group.ts';
import { UnboundTargets } from './unbound-targets.ts';

interface ListenerRecord {
  settings: ListenerSettings;
  routes: readonly Route[];
  clientNetworks: ClientNetworks | undefined;
  readonly counters: SharedArrayBuffer;
  /** Ids of the listener's target groups. */
  readonly targetGroups: Set<string>;
}

const NO_COUNTS: Omit<TargetCounts, 'draining'> = {
  requests: 0,
  activeConnections: 0,
  failedConnects: 0,
  responses: [0, 0, 0, 0, 0],
  isInSlowStart: false,
};

export class SharedState {
  readonly #workers: number;
  readonly #lastNumber: () => number;
  readonly #targetGroupContext: TargetGroupContext;
  readonly #listeners = new Map<string, ListenerRecord>();
  readonly #targetGroups = new Map<string, SharedTargetGroup>();
  readonly #unbound = new UnboundTargets();
  #snapshot: Snapshot | undefined;

  /** `carried`: the state of the process that this one takes over from. */
  constructor(workers: number, carried?: CarriedState) {
    let numbers = carried?.lastNumber ?? 0;
    this.#workers = workers;
    this.#lastNumber = () => numbers;
    this.#targetGroupContext = {
      workers,
      // Only targets of the first snapshot were bound before.
      carried: (id) => (this.version === 0 ? carried?.targetGroups[id] : undefined),
      nextNumber: () => ++numbers,
      nextCounters: countersMaker(workers),
      onUnbound: (unbound) => this.#unbound.add(unbound),
    };
  }

  get version(): number {
    return this.#snapshot?.version ?? 0;
  }

  /** Returns the endpoint of a listener in the recorded snapshot, or `undefined` if there is no such listener. */
  endpointOf(listenerId: string): Endpoint | undefined {
    const listener = this.#snapshot?.listeners.get(listenerId);
    return listener && toEndpoint(listener);
  }

  /** Records the next snapshot and returns the message that brings a worker there from the snapshot before it. */
  advance(next: Snapshot, health: HealthView, endpoints: readonly Endpoint[]): Swap {
    const { upserted, removed } = difference(this.#snapshot, next);
    // Targets of the first snapshot are assumed to have taken traffic before the runtime started.
    const nowMs = this.#snapshot === undefined ? undefined : sharedNowMs();
    this.#unbound.prune();
    for (const id of removed) {
      for (const targetGroupId of this.#listeners.get(id)?.targetGroups ?? []) this.#removeTargetGroup(targetGroupId);
      this.#listeners.delete(id);
    }
    // Target groups are removed from all listeners before any is added, because a rule may have moved to another
    // listener.
    for (const { listener, removedTargetGroups } of upserted) {
      for (const id of removedTargetGroups) {
        this.#listeners.get(listener.id)?.targetGroups.delete(id);
        this.#removeTargetGroup(id);
      }
    }
    const upserts = upserted.map((change): ListenerUpsert => {
      const networksBefore = this.#listeners.get(change.listener.id)?.clientNetworks;
      const record = this.#upsertListener(change.listener);
      const targetGroups = change.targetGroups.map((targetGroup) =>
        this.#targetGroupOf(record, targetGroup).update(targetGroup, health, nowMs),
      );
      const { settings, routes, counters, clientNetworks: now } = record;
      const clientNetworks = now === networksBefore ? undefined : { now };
      const { removedTargetGroups } = change;
      return { settings, counters, clientNetworks, targetGroups, removedTargetGroups, routes };
    });
    this.#snapshot = next;
    return { version: next.version, upserted: upserts, removed, endpoints };
  }

  /** Returns the message that brings a new worker to the recorded snapshot. */
  whole(endpoints: readonly Endpoint[]): Swap {
    const upserted = [...this.#listeners.values()].map(
      ({ settings, routes, counters, clientNetworks: now, targetGroups }): ListenerUpsert => {
        const upserts = [...targetGroups].flatMap((id) => this.#targetGroups.get(id)?.whole() ?? []);
        return { settings, counters, clientNetworks: { now }, targetGroups: upserts, removedTargetGroups: [], routes };
      },
    );
    return { version: this.version, upserted, removed: [], endpoints };
  }

  /** Records health changes and returns those that concern targets of the recorded snapshot. */
  setHealth(changes: readonly HealthChange[]): TimedHealthChange[] {
    const nowMs = sharedNowMs();
    return changes.flatMap(({ targetGroupId, key, health }) => {
      const bound = this.#targetGroups.get(targetGroupId)?.setHealth(key, health, nowMs);
      return bound === undefined ? [] : { targetGroupId, key, health, begunAtMs: bound.begunAtMs };
    });
  }

  /** What another process goes on with of the targets. */
  carried(): Pick<CarriedState, 'lastNumber' | 'targetGroups'> {
    const targetGroups = [...this.#targetGroups].map(([id, targetGroup]) => [id, targetGroup.carried()] as const);
    return { lastNumber: this.#lastNumber(), targetGroups: Object.fromEntries(targetGroups) };
  }

  /** Sets how many connections of each listener another process has open. They count towards its limit. */
  setOpenElsewhere(open: Readonly<Record<string, number>>): void {
    for (const [id, { counters }] of this.#listeners) setOpenElsewhere(counters, open[id] ?? 0);
  }

  counts(targetGroupId: string, key: string): TargetCounts {
    const draining = this.#unbound.active(targetGroupId, key);
    const targetGroup = this.#targetGroups.get(targetGroupId);
    if (targetGroup === undefined) return { ...NO_COUNTS, draining };
    const { active, ...counts } = targetGroup.counts(key);
    return { ...counts, activeConnections: active, draining };
  }

  traffic(listenerId: string): ListenerTraffic | undefined {
    const record = this.#listeners.get(listenerId);
    return record && readListenerCounters(record.counters);
  }

  /** Targets that are no longer bound and still have open flows. */
  draining(): readonly DrainingTarget[] {
    return this.#unbound.draining((targetGroupId, key) => this.#targetGroups.get(targetGroupId)?.has(key) === true);
  }

  /** Clears the flows and locks of a worker whose thread ended. */
  forgetWorker(workerId: number): void {
    for (const { counters } of this.#listeners.values()) clearUnderWay(counters, workerId);
    for (const targetGroup of this.#targetGroups.values()) targetGroup.forgetWorker(workerId);
    this.#unbound.forgetWorker(workerId);
  }

  #upsertListener({ targetGroup: _, rules, clientNetworks, ...settings }: ListenerSnapshot): ListenerRecord {
    const routes = rules.map(
      ({ id: _id, targetGroup, ...match }): Route => ({ ...match, targetGroupId: targetGroup.id }),
    );
    const present = this.#listeners.get(settings.id);
    if (present) {
      present.settings = settings;
      present.routes = routes;
      present.clientNetworks = clientNetworks;
      return present;
    }
    const record = {
      settings,
      routes,
      clientNetworks,
      counters: createListenerCounters(this.#workers),
      targetGroups: new Set<string>(),
    };
    this.#listeners.set(settings.id, record);
    return record;
  }

  #targetGroupOf({ targetGroups }: ListenerRecord, { targetGroup }: TargetGroupDifference): SharedTargetGroup {
    targetGroups.add(targetGroup.id);
    const present = this.#targetGroups.get(targetGroup.id);
    if (present) return present;
    const created = new SharedTargetGroup(targetGroup, this.#targetGroupContext);
    this.#targetGroups.set(targetGroup.id, created);
    return created;
  }

  #removeTargetGroup(id: string): void {
    this.#targetGroups.get(id)?.unbindAll();
    this.#targetGroups.delete(id);
  }
}
