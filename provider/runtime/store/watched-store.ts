// A store that knows whether writes succeed: it names the cause when they fail, and notices when they work again.
import { isWeirError, WeirError } from '../../model/base/errors.ts';
import type { HealthSave, ObjectChange, StoredModel, StoredToken } from '../stored/object.ts';
import { type DiskFault, diskFaultOf } from './disk-fault.ts';
import type { ReportBroken, Store } from './store.ts';

interface WatchedStoreOptions {
  readonly store: Store;
  /** The data directory. */
  readonly directory: string;
  /** Called when writes begin to fail, when the cause becomes another one, and with `undefined` when they work again. */
  readonly onChange: (fault: DiskFault | undefined, error?: unknown) => void;
}

/** Interval at which a store that cannot be written is tried again. */
const PROBE_MS = 1000;

export class WatchedStore implements Store {
  readonly #options: WatchedStoreOptions;
  #fault: DiskFault | undefined;
  #probing: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: WatchedStoreOptions) {
    this.#options = options;
  }

  /** Why writes fail. `undefined` if the last write succeeded. */
  get fault(): DiskFault | undefined {
    return this.#fault;
  }

  load(report?: ReportBroken): Promise<StoredModel> {
    return this.#options.store.load(report);
  }

  commit(version: number, changes: readonly ObjectChange[], health?: HealthSave): Promise<void> {
    return this.#write((store) => store.commit(version, changes, health));
  }

  saveHealth(health: HealthSave): Promise<void> {
    return this.#write((store) => store.saveHealth(health));
  }

  addToken(token: StoredToken): Promise<void> {
    return this.#write((store) => store.addToken(token));
  }

  deleteToken(id: string): Promise<void> {
    return this.#write((store) => store.deleteToken(id));
  }

  probe(): Promise<void> {
    return this.#write((store) => store.probe());
  }

  /** A failed copy does not say that writes fail, because the copy needs more space than a write. */
  async backup(file: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.store.backup(file, signal);
    } catch (error) {
      const fault = diskFaultOf(error, this.#options.directory);
      if (fault === undefined) throw error;
      const message = `The backup was not made, because ${fault.cause}: ${fault.remedy}.`;
      throw new WeirError('SystemBusy', message, [], { cause: error });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#probing);
    await this.#options.store.close();
  }

  async #write(write: (store: Store) => Promise<void>): Promise<void> {
    const { store, directory } = this.#options;
    try {
      await write(store);
    } catch (error) {
      const fault = isWeirError(error) ? undefined : diskFaultOf(error, directory);
      if (fault === undefined) throw error;
      this.#change(fault, error);
      const message = `Nothing was written, because ${fault.cause}: ${fault.remedy}. Writes work again without a restart; reads and traffic go on.`;
      throw new WeirError('SystemBusy', message, [], { cause: error });
    }
    this.#change(undefined);
  }

  #change(fault: DiskFault | undefined, error?: unknown): void {
    if (fault?.cause === this.#fault?.cause) return;
    this.#fault = fault;
    this.#options.onChange(fault, error);
    clearInterval(this.#probing);
    if (fault === undefined || this.#isClosed) return;
    let isRunning = false;
    const round = async () => {
      if (isRunning) return;
      isRunning = true;
      // Its failure is the fault that is known already.
      await this.probe().catch(() => {});
      isRunning = false;
    };
    this.#probing = setInterval(() => void round(), PROBE_MS).unref();
  }
}
