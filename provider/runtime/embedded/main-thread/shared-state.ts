// The main thread's record of what the workers share and were told: engine.ts makes every swap from it.

import type { DrainingTarget, HealthChange, HealthView, ListenerTraffic, TargetCounts } from '../../contract/engine.ts';
import {
  type Health,
  type ListenerSnapshot,
  type Snapshot,
  type TargetSnapshot,
  takesTraffic,
} from '../../contract/snapshot.ts';
import { createClientTable } from '../../select/client-table.ts';
import { CREDIT_SLOTS, createSelection, NO_SLOT, releaseSelection } from '../../select/selection.ts';
import { RAMP_PARTS, rampMsOf, rampParts } from '../../select/slow-start.ts';
import { clearActive, createCounters, readCounters, type TargetSums } from '../shared/counters.ts';
import { type Endpoint, toEndpoint } from '../shared/endpoint.ts';
import { clearUnderWay, createListenerCounters, readListenerCounters } from '../shared/listener-counters.ts';
import type {
  GroupBase,
  GroupSettings,
  GroupUpsert,
  ListenerSettings,
  ListenerUpsert,
  Route,
  Swap,
  TargetUpsert,
  TimedHealthChange,
} from '../shared/messages.ts';
import { sharedNowMs } from '../shared/shared-clock.ts';
import { difference, type GroupDifference } from './difference.ts';

interface TargetRecord {
  target: TargetSnapshot;
  health: Health;
  begunAtMs: number | undefined;
  readonly number: number;
  readonly slot: number;
  readonly counters: SharedArrayBuffer;
}

interface GroupRecord {
  settings: GroupSettings;
  readonly selection: SharedArrayBuffer;
  /** There while clients are sticky by source IP. */
  clients: SharedArrayBuffer | undefined;
  readonly targets: Map<string, TargetRecord>;
  readonly freeSlots: number[];
}

interface ListenerRecord {
  settings: ListenerSettings;
  routes: readonly Route[];
  readonly counters: SharedArrayBuffer;
  /** Ids. */
  readonly groups: Set<string>;
}

/** A binding that is over, kept while flows of it are open. */
interface Unbound {
  readonly group: GroupSettings;
  readonly target: TargetSnapshot;
  readonly counters: SharedArrayBuffer;
}

/** Of a target that is not bound. */
const NOTHING: TargetSums = { requests: 0, active: 0, answers: [0, 0, 0, 0, 0] };

export class Ledger {
  readonly #workers: number;
  readonly #listeners = new Map<string, ListenerRecord>();
  readonly #groups = new Map<string, GroupRecord>();
  #unbound: Unbound[] = [];
  #snapshot: Snapshot | undefined;
  #numbers = 0;

  constructor(workers: number) {
    this.#workers = workers;
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
    this.#unbound = this.#unbound.filter((unbound) => readCounters(unbound.counters).active > 0);
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
      const groups = change.groups.map((group) => this.#upsertGroup(record, group, health, nowMs));
      const { settings, routes, counters } = record;
      return { settings, counters, groups, removedGroups: change.removedGroups, routes };
    });
    return { version: next.version, upserted: upserts, removed, endpoints };
  }

  /** The message that brings a new worker to the recorded snapshot. */
  whole(endpoints: readonly Endpoint[]): Swap {
    const upserted = [...this.#listeners.values()].map(({ settings, routes, counters, groups }): ListenerUpsert => {
      const records = [...groups].flatMap((id) => this.#groups.get(id) ?? []);
      return {
        settings,
        counters,
        groups: records.map((group) => {
          return { ...baseOf(group), upserted: [...group.targets.values()].map(toUpsert), removed: [] };
        }),
        removedGroups: [],
        routes,
      };
    });
    return { version: this.version, upserted, removed: [], endpoints };
  }

  /** The changes that are of targets in the recorded snapshot. */
  setHealth(changes: readonly HealthChange[]): TimedHealthChange[] {
    const nowMs = sharedNowMs();
    return changes.flatMap((change) => {
      const record = this.#groups.get(change.groupId)?.targets.get(change.key);
      if (record === undefined) return [];
      record.begunAtMs = begunAt(record, change.health, nowMs);
      record.health = change.health;
      return { ...change, begunAtMs: record.begunAtMs };
    });
  }

  counts(groupId: string, key: string): TargetCounts {
    const group = this.#groups.get(groupId);
    const record = group?.targets.get(key);
    const { requests, active, answers } = record ? readCounters(record.counters) : NOTHING;
    let draining = 0;
    for (const unbound of this.#unbound) {
      if (unbound.target.key === key && unbound.group.id === groupId) draining += readCounters(unbound.counters).active;
    }
    const isInSlowStart = group !== undefined && record !== undefined && isRamping(group, record);
    return { requests, activeConnections: active, draining, answers, isInSlowStart };
  }

  traffic(listenerId: string): ListenerTraffic | undefined {
    const record = this.#listeners.get(listenerId);
    return record && readListenerCounters(record.counters);
  }

  /** Targets that are bound no more and still have open flows. */
  draining(): readonly DrainingTarget[] {
    const gone = new Map<string, DrainingTarget>();
    for (const { group, target, counters } of this.#unbound) {
      const { active } = readCounters(counters);
      if (active === 0 || this.#groups.get(group.id)?.targets.has(target.key)) continue;
      const name = `${group.id} ${target.key}`;
      const { listenerId, ruleId } = group;
      gone.set(name, { listenerId, ruleId, target, count: active + (gone.get(name)?.count ?? 0) });
    }
    return [...gone.values()];
  }

  /** The thread of a worker ended: its flows are gone, and it holds no lock. */
  forgetWorker(workerId: number): void {
    for (const { counters } of this.#listeners.values()) clearUnderWay(counters, workerId);
    for (const { selection, targets } of this.#groups.values()) {
      releaseSelection(selection, workerId);
      for (const target of targets.values()) clearActive(target.counters, workerId);
    }
    for (const { counters } of this.#unbound) clearActive(counters, workerId);
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

  #upsertGroup(
    listener: ListenerRecord,
    change: GroupDifference,
    health: HealthView,
    nowMs: number | undefined,
  ): GroupUpsert {
    const { targets: _, ...settings } = change.group;
    const { id } = settings;
    listener.groups.add(id);
    const present = this.#groups.get(id);
    if (present) present.settings = settings;
    const record = present ?? newGroup(settings);
    if (settings.sticky?.type !== 'source-ip') record.clients = undefined;
    else record.clients ??= createClientTable();
    this.#groups.set(id, record);
    // Before the upserts, so that who is new finds the slots free.
    for (const key of change.removed) this.#unbind(record, key);
    const upserted = change.upserted.map((target) => this.#upsertTarget(record, target, health, nowMs));
    return { ...baseOf(record), upserted, removed: change.removed };
  }

  #removeGroup(id: string): void {
    const record = this.#groups.get(id);
    for (const key of [...(record?.targets.keys() ?? [])]) this.#unbind(record as GroupRecord, key);
    this.#groups.delete(id);
  }

  #upsertTarget(
    group: GroupRecord,
    target: TargetSnapshot,
    healthView: HealthView,
    nowMs: number | undefined,
  ): TargetUpsert {
    const present = group.targets.get(target.key);
    const health = healthView(group.settings.id, target.key);
    const record: TargetRecord = {
      target,
      health,
      begunAtMs: begunAt(present, health, nowMs),
      number: present?.number ?? ++this.#numbers,
      // The last slot freed first: a target that is bound again goes on with the credit that it left.
      slot: present?.slot ?? group.freeSlots.pop() ?? NO_SLOT,
      counters: present?.counters ?? createCounters(this.#workers),
    };
    group.targets.set(target.key, record);
    return toUpsert(record);
  }

  #unbind(group: GroupRecord, key: string): void {
    const record = group.targets.get(key);
    if (!record) return;
    group.targets.delete(key);
    if (record.slot !== NO_SLOT) group.freeSlots.push(record.slot);
    this.#unbound.push({ group: group.settings, target: record.target, counters: record.counters });
  }
}

function newGroup(settings: GroupSettings): GroupRecord {
  const freeSlots = Array.from({ length: CREDIT_SLOTS }, (_slot, index) => CREDIT_SLOTS - 1 - index);
  return { settings, selection: createSelection(), clients: undefined, targets: new Map(), freeSlots };
}

/** Since when a target takes traffic that now has that health. */
function begunAt(before: TargetRecord | undefined, health: Health, nowMs: number | undefined): number | undefined {
  const hasBegun = takesTraffic(health) && !(before && takesTraffic(before.health));
  return hasBegun ? nowMs : before?.begunAtMs;
}

function isRamping({ settings }: GroupRecord, { health, begunAtMs }: TargetRecord): boolean {
  return takesTraffic(health) && rampParts(begunAtMs, rampMsOf(settings), sharedNowMs()) < RAMP_PARTS;
}

function baseOf({ settings, selection, clients }: GroupRecord): GroupBase {
  return { settings, selection, clients };
}

function toUpsert({ target, counters, ...state }: TargetRecord): TargetUpsert {
  const { key, address, port, weight } = target;
  return { key, address, port, weight, counters, ...state };
}
