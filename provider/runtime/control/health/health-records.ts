// Health of targets across a restart: stored after each health change, confirmed regularly, valid for one minute.
import type { HealthMonitor } from '../../health/monitor.ts';
import type { Store } from '../../store/store.ts';
import type { StoredModel } from '../../stored/object.ts';

/** Maximum age of stored health that a new process still uses. */
const VALID_MS = 60_000;
/**
 * Interval at which unchanged health is stored again. After a restart, the time of the last save gives the age of
 * stored health.
 */
const CONFIRM_MS = 20_000;

export class HealthRecords {
  readonly #monitor: HealthMonitor;
  readonly #store: Store;
  readonly #nowMs: () => number;
  #savedAtMs = 0;
  #isUnsaved = false;

  constructor(monitor: HealthMonitor, store: Store, nowMs: () => number) {
    this.#monitor = monitor;
    this.#store = store;
    this.#nowMs = nowMs;
  }

  /** Seeds the health monitor with stored health. Must be called before the monitor gets its first snapshot. */
  restore({ health, healthAtMs }: StoredModel): void {
    if (this.#nowMs() - healthAtMs >= VALID_MS) return;
    for (const { targetGroupId, key, health: known } of health) this.#monitor.seed(targetGroupId, key, known);
  }

  changed(): void {
    this.#isUnsaved = true;
  }

  async saveIfDue(): Promise<void> {
    if (this.#isUnsaved || this.#nowMs() - this.#savedAtMs >= CONFIRM_MS) await this.save();
  }

  async save(): Promise<void> {
    this.#isUnsaved = false;
    this.#savedAtMs = this.#nowMs();
    await this.#store.saveHealth(this.#savedAtMs, [...this.#monitor.all()]);
  }
}
