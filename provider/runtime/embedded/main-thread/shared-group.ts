// The main thread's record of one target group: the memory that workers share, and its targets as workers know them.
import type { HealthView } from '../../contract/engine.ts';
import { type Health, type TargetGroupSnapshot, type TargetSnapshot, takesTraffic } from '../../contract/snapshot.ts';
import { createClientTable } from '../../select/client-table.ts';
import {
  CREDIT_SLOTS,
  createPickingState,
  NO_SLOT,
  readPickingState,
  releasePickingLock,
  setCredit,
} from '../../select/picking-state.ts';
import { RAMP_PARTS, rampMsOf, rampParts } from '../../select/slow-start.ts';
import type { CarriedTarget, CarriedTargetGroup } from '../shared/carried-state.ts';
import { clearActive, readCounters, type TargetCounters, type TargetSums } from '../shared/counters.ts';
import type { TargetGroupBase, TargetGroupSettings, TargetGroupUpsert, TargetUpsert } from '../shared/messages.ts';
import { sharedNowMs } from '../shared/shared-clock.ts';
import { clearWaiting, createWaiting } from '../shared/waiting.ts';
import type { TargetGroupDifference } from './difference.ts';
import type { UnboundTarget } from './unbound-targets.ts';

/** What all target groups of one engine have in common. */
export interface TargetGroupContext {
  readonly workers: number;
  /** Returns the number of a new binding, from 1 on; no number is used twice. */
  readonly nextNumber: () => number;
  readonly nextCounters: () => TargetCounters;
  /** Called for each target that is unbound. */
  readonly onUnbound: (unbound: UnboundTarget) => void;
  /** The state with which a target group goes on after a take-over. */
  readonly carried?: ((targetGroupId: string) => CarriedTargetGroup | undefined) | undefined;
}

interface TargetRecord extends TargetUpsert {
  readonly target: TargetSnapshot;
  health: Health;
  begunAtMs: number | undefined;
}

export class SharedTargetGroup {
  readonly #context: TargetGroupContext;
  #settings: TargetGroupSettings;
  readonly #pickingState: SharedArrayBuffer;
  readonly #carried: CarriedTargetGroup | undefined;
  readonly #waiting: SharedArrayBuffer;
  /** The client table, while clients are sticky by source IP. */
  #clients: SharedArrayBuffer | undefined;
  readonly #targets = new Map<string, TargetRecord>();
  readonly #freeSlots = Array.from({ length: CREDIT_SLOTS }, (_slot, index) => CREDIT_SLOTS - 1 - index);

  constructor(targetGroup: TargetGroupSnapshot, context: TargetGroupContext) {
    this.#settings = settingsOf(targetGroup);
    this.#context = context;
    this.#waiting = createWaiting(context.workers);
    this.#carried = context.carried?.(targetGroup.id);
    this.#pickingState = createPickingState(this.#carried?.cursor);
  }

  /**
   * Records a difference of the target group and returns the message that brings a worker to the new state. `nowMs` is
   * `undefined` for the first snapshot: its targets began to take traffic before the runtime started.
   */
  update(
    { targetGroup, upserted, removed }: TargetGroupDifference,
    health: HealthView,
    nowMs: number | undefined,
  ): TargetGroupUpsert {
    const settings = settingsOf(targetGroup);
    this.#settings = settings;
    if (settings.sticky?.type !== 'source-ip') this.#clients = undefined;
    else
      this.#clients ??= this.#carried?.clients === undefined ? createClientTable() : copiedTable(this.#carried.clients);
    // Targets are removed first, so that new targets find the credit slots of removed ones free.
    for (const key of removed) this.#unbind(key);
    const upserts = upserted.map((target) => this.#upsert(target, health(settings.id, target.key), nowMs));
    return { ...this.#base(), upserted: upserts, removed };
  }

  /** Returns the message that brings a new worker to the recorded state. */
  whole(): TargetGroupUpsert {
    return { ...this.#base(), upserted: [...this.#targets.values()], removed: [] };
  }

  /** The state with which another process goes on. */
  carried(): CarriedTargetGroup {
    const { cursor, credits } = readPickingState(this.#pickingState);
    const targets = [...this.#targets].map(([key, { number, slot, begunAtMs }]): [string, CarriedTarget] => [
      key,
      {
        number,
        ...(slot !== NO_SLOT && { credit: credits[slot] ?? 0 }),
        ...(begunAtMs !== undefined && { begunAtMs }),
      },
    ]);
    const clients = this.#clients && Buffer.from(this.#clients).toString('base64');
    return { cursor, targets: Object.fromEntries(targets), ...(clients !== undefined && { clients }) };
  }

  unbindAll(): void {
    for (const key of [...this.#targets.keys()]) this.#unbind(key);
  }

  has(key: string): boolean {
    return this.#targets.has(key);
  }

  /** Records a target's health and returns since when it takes traffic, or `undefined` if it is not bound. */
  setHealth(key: string, health: Health, nowMs: number): { readonly begunAtMs: number | undefined } | undefined {
    const record = this.#targets.get(key);
    if (record === undefined) return undefined;
    record.begunAtMs = begunAt(record, health, nowMs);
    record.health = health;
    return record;
  }

  counts(key: string): TargetSums & { readonly isInSlowStart: boolean } {
    const record = this.#targets.get(key);
    if (record === undefined)
      return { requests: 0, active: 0, failedConnects: 0, responses: [0, 0, 0, 0, 0], isInSlowStart: false };
    const { health, begunAtMs, counters } = record;
    const parts = rampParts(begunAtMs, rampMsOf(this.#settings), sharedNowMs());
    return { ...readCounters(counters), isInSlowStart: takesTraffic(health) && parts < RAMP_PARTS };
  }

  /** Clears the flows and the lock of a worker whose thread ended. */
  forgetWorker(workerId: number): void {
    releasePickingLock(this.#pickingState, workerId);
    clearWaiting(this.#waiting, workerId);
    for (const { counters } of this.#targets.values()) clearActive(counters, workerId);
  }

  #base(): TargetGroupBase {
    const [pickingState, waiting] = [this.#pickingState, this.#waiting];
    return { settings: this.#settings, pickingState, waiting, clients: this.#clients };
  }

  #upsert(target: TargetSnapshot, health: Health, nowMs: number | undefined): TargetUpsert {
    const present = this.#targets.get(target.key);
    const carried = present === undefined ? this.#carried?.targets[target.key] : undefined;
    const record: TargetRecord = {
      target,
      health,
      begunAtMs: carried?.begunAtMs ?? begunAt(present, health, nowMs),
      number: present?.number ?? carried?.number ?? this.#context.nextNumber(),
      // The credit slot that was freed last is used first, so that a target that is bound again continues with its old
      // credit.
      slot: present?.slot ?? this.#freeSlots.pop() ?? NO_SLOT,
      counters: present?.counters ?? this.#context.nextCounters(),
    };
    this.#targets.set(target.key, record);
    if (carried?.credit !== undefined && record.slot !== NO_SLOT)
      setCredit(this.#pickingState, record.slot, carried.credit);
    return record;
  }

  #unbind(key: string): void {
    const record = this.#targets.get(key);
    if (!record) return;
    this.#targets.delete(key);
    if (record.slot !== NO_SLOT) this.#freeSlots.push(record.slot);
    this.#context.onUnbound({ targetGroup: this.#settings, target: record.target, counters: record.counters });
  }
}

/** A client table of another process in memory that workers share. */
function copiedTable(base64: string): SharedArrayBuffer {
  const bytes = Buffer.from(base64, 'base64');
  const memory = new SharedArrayBuffer(bytes.length);
  new Uint8Array(memory).set(bytes);
  return memory;
}

function settingsOf({ targets: _, ...settings }: TargetGroupSnapshot): TargetGroupSettings {
  return settings;
}

/** Returns since when a target with this health takes traffic; `undefined` for before the runtime's start. */
function begunAt(before: TargetRecord | undefined, health: Health, nowMs: number | undefined): number | undefined {
  const hasBegun = takesTraffic(health) && !(before && takesTraffic(before.health));
  return hasBegun ? nowMs : before?.begunAtMs;
}
