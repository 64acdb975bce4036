// The main thread's record of what the workers share and were told: engine.ts makes every swap from it.

import type { DrainingTarget, HealthChange, HealthView, ListenerTraffic, TargetCounts } from '../engine.ts';
import { CREDIT_SLOTS, createSelection, NO_SLOT, releaseSelection } from '../select/selection.ts';
import type { Health, ListenerSnapshot, Snapshot, TargetSnapshot } from '../snapshot.ts';
import { clearActive, createCounters, readCounters, type TargetSums } from './counters.ts';
import { difference } from './difference.ts';
import { clearOpen, createListenerCounters, readListenerCounters } from './listener-counters.ts';
import type { Endpoint, ListenerSettings, ListenerUpsert, Swap, TargetUpsert } from './messages.ts';

interface TargetRecord {
  target: TargetSnapshot;
  health: Health;
  readonly slot: number;
  readonly counters: SharedArrayBuffer;
}

interface ListenerRecord {
  settings: ListenerSettings;
  readonly selection: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly targets: Map<string, TargetRecord>;
  readonly freeSlots: number[];
}

/** A binding that is over, kept while flows of it are open. */
interface Unbound {
  readonly listenerId: string;
  readonly target: TargetSnapshot;
  readonly counters: SharedArrayBuffer;
}

/** Of a target that is not bound. */
const NOTHING: TargetSums = { requests: 0, active: 0, answers: [0, 0, 0, 0, 0] };

export class Ledger {
  readonly #workers: number;
  readonly #listeners = new Map<string, ListenerRecord>();
  #unbound: Unbound[] = [];
  #snapshot: Snapshot | undefined;

  constructor(workers: number) {
    this.#workers = workers;
  }

  get version(): number {
    return this.#snapshot?.version ?? 0;
  }

  /** Where a listener of the recorded snapshot listens. */
  endpointOf(listenerId: string): Endpoint | undefined {
    return this.#snapshot?.listeners.get(listenerId);
  }

  /** Records the next snapshot; the result is the message that brings a worker there from the one before. */
  advance(next: Snapshot, health: HealthView, endpoints: readonly Endpoint[]): Swap {
    const { upserted, removed } = difference(this.#snapshot, next);
    this.#snapshot = next;
    this.#unbound = this.#unbound.filter((unbound) => readCounters(unbound.counters).active > 0);
    for (const id of removed) {
      const record = this.#listeners.get(id);
      for (const key of [...(record?.targets.keys() ?? [])]) this.#unbind(id, key);
      this.#listeners.delete(id);
    }
    const upserts = upserted.map((change): ListenerUpsert => {
      const record = this.#upsertListener(change.listener);
      // Before the upserts, so that who is new finds the slots free.
      for (const key of change.removed) this.#unbind(change.listener.id, key);
      const targets = change.upserted.map((target) => this.#upsertTarget(record, target, health));
      const { settings, selection, counters } = record;
      return { settings, selection, counters, upserted: targets, removed: change.removed };
    });
    return { version: next.version, upserted: upserts, removed, endpoints };
  }

  /** The message that brings a new worker to the recorded snapshot. */
  whole(endpoints: readonly Endpoint[]): Swap {
    const upserted = [...this.#listeners.values()].map(({ settings, selection, counters, targets }) => {
      return { settings, selection, counters, upserted: [...targets.values()].map(toUpsert), removed: [] };
    });
    return { version: this.version, upserted, removed: [], endpoints };
  }

  /** The changes that are of targets in the recorded snapshot. */
  setHealth(changes: readonly HealthChange[]): HealthChange[] {
    return changes.filter(({ listenerId, key, health }) => {
      const record = this.#listeners.get(listenerId)?.targets.get(key);
      if (record) record.health = health;
      return record !== undefined;
    });
  }

  counts(listenerId: string, key: string): TargetCounts {
    const record = this.#listeners.get(listenerId)?.targets.get(key);
    const { requests, active, answers } = record ? readCounters(record.counters) : NOTHING;
    let draining = 0;
    for (const unbound of this.#unbound) {
      if (unbound.target.key === key && unbound.listenerId === listenerId)
        draining += readCounters(unbound.counters).active;
    }
    return { requests, activeConnections: active, draining, answers };
  }

  traffic(listenerId: string): ListenerTraffic | undefined {
    const record = this.#listeners.get(listenerId);
    return record && readListenerCounters(record.counters);
  }

  /** Targets that are bound no more and still have open flows. */
  draining(): readonly DrainingTarget[] {
    const gone = new Map<string, DrainingTarget>();
    for (const { listenerId, target, counters } of this.#unbound) {
      const { active } = readCounters(counters);
      if (active === 0 || this.#listeners.get(listenerId)?.targets.has(target.key)) continue;
      const name = `${listenerId} ${target.key}`;
      gone.set(name, { listenerId, target, count: active + (gone.get(name)?.count ?? 0) });
    }
    return [...gone.values()];
  }

  /** The thread of a worker ended: its flows are gone, and it holds no lock. */
  forgetWorker(workerId: number): void {
    for (const { selection, counters, targets } of this.#listeners.values()) {
      releaseSelection(selection, workerId);
      clearOpen(counters, workerId);
      for (const target of targets.values()) clearActive(target.counters, workerId);
    }
    for (const { counters } of this.#unbound) clearActive(counters, workerId);
  }

  #upsertListener(listener: ListenerSnapshot): ListenerRecord {
    const { targets: _, ...settings } = listener;
    const present = this.#listeners.get(listener.id);
    if (present) {
      present.settings = settings;
      return present;
    }
    const freeSlots = Array.from({ length: CREDIT_SLOTS }, (_slot, index) => CREDIT_SLOTS - 1 - index);
    const counters = createListenerCounters(this.#workers);
    const record = { settings, selection: createSelection(), counters, targets: new Map(), freeSlots };
    this.#listeners.set(listener.id, record);
    return record;
  }

  #upsertTarget(listener: ListenerRecord, target: TargetSnapshot, health: HealthView): TargetUpsert {
    const present = listener.targets.get(target.key);
    const record: TargetRecord = {
      target,
      health: health(listener.settings.id, target.key),
      // The last slot freed first: a target that is bound again goes on with the credit that it left.
      slot: present?.slot ?? listener.freeSlots.pop() ?? NO_SLOT,
      counters: present?.counters ?? createCounters(this.#workers),
    };
    listener.targets.set(target.key, record);
    return toUpsert(record);
  }

  #unbind(listenerId: string, key: string): void {
    const listener = this.#listeners.get(listenerId);
    const record = listener?.targets.get(key);
    if (!listener || !record) return;
    listener.targets.delete(key);
    if (record.slot !== NO_SLOT) listener.freeSlots.push(record.slot);
    this.#unbound.push({ listenerId, target: record.target, counters: record.counters });
  }
}

function toUpsert({ target, health, slot, counters }: TargetRecord): TargetUpsert {
  const { key, address, port, weight } = target;
  return { key, address, port, weight, health, slot, counters };
}
