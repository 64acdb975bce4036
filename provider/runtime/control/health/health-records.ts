// Health of targets across a restart: stored with the write that proved it or right after its change, before anybody is
// told of it. Stored health is confirmed regularly and valid for one minute.

import type { Snapshot } from '../../contract/snapshot.ts';
import type { HealthRecord } from '../../health/checker.ts';
import type { GroupTarget, HealthMonitor, HealthUpdate, Proven } from '../../health/monitor.ts';
import type { Store } from '../../store/store.ts';
import type { HealthSave, StoredHealth, StoredModel } from '../../stored/object.ts';
import { ageMs, bootTime } from './boot-time.ts';

/** Maximum age of stored health that a new process still uses. */
const VALID_MS = 60_000;
/**
 * Interval at which the time of stored health is stored again. After a restart, that time gives the age of stored
 * health.
 */
const CONFIRM_MS = 20_000;
/** Wait after a failed save, such as on a full disk. */
const RETRY_MS = 1_000;
/** How many changes that could not be stored yet are told of later; as many as the log of events keeps. */
const MAX_UNTOLD = 1_000;

interface HealthRecordsOptions {
  readonly monitor: HealthMonitor;
  readonly store: Store;
  /** Time of day in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Called when health changes are stored, so that others may be told of them. */
  readonly onStored: (changes: readonly HealthUpdate[]) => void;
  readonly onError: (error: unknown) => void;
}

/** Health changes that are stored together. */
interface Batch {
  /** By target group and key: the record of each changed target before its first change in the batch. */
  readonly before: Map<string, HealthRecord>;
  readonly changes: HealthUpdate[];
  /** Targets whose stored health may be out of date, by target group and key. */
  readonly targets: Map<string, GroupTarget>;
}

export class HealthRecords {
  readonly #options: HealthRecordsOptions;
  /** The stored health of each target, by target group and key. */
  readonly #stored = new Map<string, StoredHealth>();
  /** Batches that are being stored, oldest first. */
  readonly #storing = new Set<Batch>();
  #next = newBatch();
  #timer: NodeJS.Timeout | undefined;
  #isSaving = false;
  #isClosed = false;
  #confirmedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: HealthRecordsOptions) {
    this.#options = options;
  }

  /** Seeds the health monitor with stored health. Must be called before the monitor gets its first snapshot. */
  restore({ health, healthAtMs, healthBoot }: StoredModel): void {
    const age = ageMs({ atMs: healthAtMs, boot: healthBoot }, this.#now());
    const isValid = age !== undefined && age < VALID_MS;
    for (const row of health) {
      const { targetGroupId, key } = row;
      this.#stored.set(nameOf(row), row);
      if (isValid) this.#options.monitor.seed(targetGroupId, key, row.health);
      // The next save removes what is no longer known. Otherwise its time would make old health valid again.
      this.#next.targets.set(nameOf(row), { targetGroupId, key });
    }
  }

  /** The record of a target as it may be told: without changes that are not stored yet. */
  record(targetGroupId: string, key: string): HealthRecord | undefined {
    const live = this.#options.monitor.record(targetGroupId, key);
    if (live === undefined) return undefined;
    const name = nameOf({ targetGroupId, key });
    for (const { before } of this.#storing) {
      const record = before.get(name);
      if (record !== undefined) return record;
    }
    return this.#next.before.get(name) ?? live;
  }

  /** Stores changes soon. Changes that come while others are stored are stored together. */
  changed(changes: readonly HealthUpdate[]): void {
    for (const change of changes) {
      const { targetGroupId, key } = change;
      const name = nameOf(change);
      if (!this.#next.before.has(name)) this.#next.before.set(name, change.before);
      this.#next.targets.set(name, { targetGroupId, key });
    }
    this.#next.changes.push(...changes);
    if (changes.length > 0) this.#saveAfter(0);
  }

  /** Stores soon that the health of targets has changed or is not known any more, if any of it is stored. */
  outdated(targets: readonly GroupTarget[]): void {
    for (const target of targets) {
      const name = nameOf(target);
      if (this.#stored.has(name)) this.#next.targets.set(name, target);
    }
    if (this.#next.targets.size > 0) this.#saveAfter(0);
  }

  /**
   * Commits a write together with all health that the write relies on: changes that are not stored yet, and the health
   * that targets begin with in the snapshot `next`.
   */
  async commit(next: Snapshot, proven: readonly Proven[], write: (health: HealthSave) => Promise<void>): Promise<void> {
    // A decision may rely on a change of this event-loop iteration.
    this.#options.monitor.flush();
    const begun = this.#options.monitor
      .begun(next, proven)
      .map((target) => ({ ...target, health: 'healthy' as const }));
    await this.#store(write, begun);
  }

  /** Confirms the time of stored health if that is due. */
  async confirmIfDue(): Promise<void> {
    if (performance.now() - this.#confirmedAtMs >= CONFIRM_MS) await this.save();
  }

  async save(): Promise<void> {
    await this.#store((health) => this.#options.store.saveHealth(health), []);
  }

  /** Stores what is left, and nothing from then on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.save();
  }

  /** Stores nothing from now on, because another process does. */
  retire(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #saveAfter(waitMs: number): void {
    if (this.#isClosed || this.#isSaving || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#saveNow(), waitMs);
  }

  async #saveNow(): Promise<void> {
    this.#timer = undefined;
    // A commit may have stored the changes meanwhile.
    if (this.#next.targets.size === 0) return;
    this.#isSaving = true;
    const beganAtMs = performance.now();
    let waitMs = RETRY_MS;
    try {
      await this.save();
      // A slow disk does not keep the main thread from its other work.
      waitMs = performance.now() - beganAtMs;
    } catch (error) {
      this.#options.onError(error);
    }
    this.#isSaving = false;
    if (this.#next.targets.size > 0) this.#saveAfter(waitMs);
  }

  async #store(write: (health: HealthSave) => Promise<void>, begun: readonly StoredHealth[]): Promise<void> {
    const batch = this.#next;
    this.#next = newBatch();
    this.#storing.add(batch);
    const rows = this.#rowsOf(batch, begun);
    try {
      await write({ ...this.#now(), ...rows });
    } catch (error) {
      this.#storing.delete(batch);
      this.#next = merged(batch, this.#next);
      if (this.#next.targets.size > 0) this.#saveAfter(RETRY_MS);
      throw error;
    }
    this.#storing.delete(batch);
    this.#confirmedAtMs = performance.now();
    for (const row of rows.put) this.#stored.set(nameOf(row), row);
    for (const row of rows.removed) this.#stored.delete(nameOf(row));
    if (batch.changes.length > 0) this.#options.onStored(batch.changes);
  }

  /** The rows that are not stored as the monitor knows the targets' health now. */
  #rowsOf(batch: Batch, begun: readonly StoredHealth[]): Pick<HealthSave, 'put' | 'removed'> {
    // While another batch is being stored, it is unknown what is stored.
    const isKnown = this.#storing.size === 1;
    const put = new Map<string, StoredHealth>();
    const removed: GroupTarget[] = [];
    for (const [name, { targetGroupId, key }] of batch.targets) {
      const health = this.#options.monitor.record(targetGroupId, key)?.state.health;
      // A target in any other state begins in that state after a restart too.
      if (health === 'healthy' || health === 'unhealthy') put.set(name, { targetGroupId, key, health });
      else if (!isKnown || this.#stored.has(name)) removed.push({ targetGroupId, key });
    }
    for (const row of begun) put.set(nameOf(row), row);
    const changed = [...put].filter(([name, { health }]) => !isKnown || this.#stored.get(name)?.health !== health);
    return { put: changed.map(([, row]) => row), removed };
  }

  #now(): Pick<HealthSave, 'atMs' | 'boot'> {
    return { atMs: this.#options.nowMs(), boot: bootTime() };
  }
}

function newBatch(): Batch {
  return { before: new Map(), changes: [], targets: new Map() };
}

/** A batch of the changes of an older batch, which could not be stored, and of those after it. */
function merged(older: Batch, newer: Batch): Batch {
  return {
    before: new Map([...newer.before, ...older.before]),
    changes: [...older.changes, ...newer.changes].slice(-MAX_UNTOLD),
    targets: new Map([...older.targets, ...newer.targets]),
  };
}

function nameOf({ targetGroupId, key }: GroupTarget): string {
  return `${targetGroupId} ${key}`;
}
