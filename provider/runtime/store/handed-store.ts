// A store that is closed and opened again while the runtime goes on, so that another process can have the data directory.
import { WeirError } from '../../model/base/errors.ts';
import type { HealthSave, ObjectChange, StoredModel, StoredToken } from '../stored/object.ts';
import type { DiskFault } from './disk-fault.ts';
import type { ReportBroken, Store } from './store.ts';
import type { WatchedStore } from './watched-store.ts';

export class HandedStore implements Store {
  #store: WatchedStore;
  /** Pending while everything waits for the store. */
  #pause: PromiseWithResolvers<void> | undefined;
  #isRetired = false;

  constructor(store: WatchedStore) {
    this.#store = store;
  }

  /** Why writes fail. `undefined` if the last write succeeded. */
  get fault(): DiskFault | undefined {
    return this.#store.fault;
  }

  /** Lets everything wait until `resume` or `retire`. */
  pause(): void {
    this.#pause ??= Promise.withResolvers();
  }

  /** Goes on, with another store if one is given. */
  resume(store = this.#store): void {
    this.#store = store;
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
    await (await this.#opened()).addToken(token);
  }

  async deleteToken(id: string): Promise<void> {
    await (await this.#opened()).deleteToken(id);
  }

  async probe(): Promise<void> {
    await (await this.#opened()).probe();
  }

  async backup(file: string, signal: AbortSignal): Promise<void> {
    await (await this.#opened()).backup(file, signal);
  }

  /** Closes the store, also while everything waits. */
  async close(): Promise<void> {
    await this.#store.close();
  }

  async #opened(): Promise<WatchedStore> {
    await this.#pause?.promise;
    if (!this.#isRetired) return this.#store;
    throw new WeirError('SystemBusy', 'Another process has taken the runtime over. The same request reaches it.');
  }
}
