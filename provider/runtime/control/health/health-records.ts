// The health that survives a restart: saved when it turned, confirmed while it stays, believed for a minute.
import type { HealthMonitor } from '../../health/monitor.ts';
import type { Store } from '../../store/store.ts';
import type { StoredModel } from '../../stored/object.ts';

/** Health that was stored longer ago says nothing about now. */
const VALID_MS = 60_000;
/** Without a change it is stored this often, so that a restart knows how old it is. */
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

  /** Before the monitor gets its first snapshot. */
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
