// A store that is closed and opened again while the runtime goes on, so that another process can have the data directory.
import { beingTakenOver, takenOver } from '../../model/api/taken-over.ts';
import type { HealthSave, ObjectChange, StoredModel, StoredToken } from '../stored/object.ts';
import type { DiskFault } from './disk-fault.ts';
import type { ReportBroken, Store } from './store.ts';
import type { WatchedStore } from './watched-store.ts';

/** How long a request of the API waits while another process may take the store. */
const WAIT_MS = 10_000;

export class HandedStore implements Store {
  #store: WatchedStore;
  /** Pending while everything waits for the store. */
  #pause: PromiseWithResolvers<void> | undefined;
  #isRetired = false;
  /** Why the store cannot be taken back from another process. */
  #fault: DiskFault | undefined;

  constructor(store: WatchedStore) {
    this.#store = store;
  }

  /** Why writes fail. `undefined` if the last write succeeded. */
  get fault(): DiskFault | undefined {
    return this.#fault ?? this.#store.fault;
  }

  /** Lets everything wait until `resume` or `retire`. */
  pause(): void {
    this.#pause ??= Promise.withResolvers();
  }

  /** Sets why the store cannot be taken back, until `resume`. */
  setFault(fault: DiskFault): void {
    this.#fault = fault;
  }

  /** Goes on, with another store if one is given. */
  resume(store = this.#store): void {
    this.#store = store;
    this.#fault = undefined;
    this.#pause?.resolve();
    this.#pause = undefined;
  }

  /** Rejects everything that waits, and everything from now on, because another process has the data directory. */
  retire(): void {
    this.#isRetired = true;
    this.resume();
  }

  async load(report?: ReportBroken): Promise<StoredModel> {
    return await (await this.#opened()).load(report);
  }

  async commit(version: number, changes: readonly ObjectChange[], health?: HealthSave): Promise<void> {
    await (await this.#opened()).commit(version, changes, health);
  }

  async saveHealth(health: HealthSave): Promise<void> {
    await (await this.#opened()).saveHealth(health);
  }

  async addToken(token: StoredToken): Promise<void> {
    await (await this.#openedSoon()).addToken(token);
  }

  async deleteToken(id: string): Promise<void> {
    await (await this.#openedSoon()).deleteToken(id);
  }

  async probe(): Promise<void> {
    await (await this.#opened()).probe();
  }

  async backup(file: string, signal: AbortSignal): Promise<void> {
    await (await this.#openedSoon()).backup(file, signal);
  }

  /** Closes the store, also while everything waits. */
  async close(): Promise<void> {
    await this.#store.close();
  }

  /** The store for a caller of the API, who sends the request again if another process takes long. */
  async #openedSoon(): Promise<WatchedStore> {
    const refused = Promise.withResolvers<never>();
    const timer = setTimeout(() => refused.reject(beingTakenOver()), WAIT_MS);
    try {
      return await Promise.race([this.#opened(), refused.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #opened(): Promise<WatchedStore> {
    await this.#pause?.promise;
    if (!this.#isRetired) return this.#store;
    throw takenOver();
  }
}
