// The data directory and the store of a runtime, which can be given up to another process and taken back.
import { setTimeout as delay } from 'node:timers/promises';
import type { StoredModel } from '../../stored/object.ts';
import { type DataDirectory, type DataDirectoryOptions, openDataDirectory } from '../data-directory.ts';
import { dataFiles } from '../data-files.ts';
import type { DiskFault } from '../disk-fault.ts';
import { HandedStore } from '../handed-store.ts';
import { openStore } from './open-store.ts';

type OnFault = (fault: DiskFault | undefined, path: string, error?: unknown) => void;

/** How long the directory is waited for while another process, which has ended or is ending, still has its lock. */
const TAKE_BACK_MS = 5_000;
const TRY_MS = 50;

export class HandedData {
  readonly store: HandedStore;
  readonly stored: StoredModel;
  readonly adminToken: string;
  readonly takeOverSocket: string;
  readonly #options: DataDirectoryOptions;
  readonly #onFault: OnFault;
  #directory: DataDirectory;
  #isReleased = false;

  /** Throws an `Error` for the terminal if the directory cannot be used. */
  static async open(path: string, options: DataDirectoryOptions, onFault: OnFault): Promise<HandedData> {
    const directory = openDataDirectory(path, options);
    const opened = await openStore(directory, (fault, error) => onFault(fault, directory.path, error));
    return new HandedData(directory, options, opened, onFault);
  }

  private constructor(
    directory: DataDirectory,
    options: DataDirectoryOptions,
    { store, stored, adminToken }: Awaited<ReturnType<typeof openStore>>,
    onFault: OnFault,
  ) {
    this.#directory = directory;
    this.#options = options;
    this.#onFault = onFault;
    this.store = new HandedStore(store);
    this.stored = stored;
    this.adminToken = adminToken;
    this.takeOverSocket = dataFiles(directory.path).takeOverSocket;
  }

  get directory(): DataDirectory {
    return this.#directory;
  }

  /** Gives the directory up. The store must be paused. */
  async release(): Promise<void> {
    this.#isReleased = true;
    await this.store.close();
    this.#directory.unlock();
  }

  /**
   * Goes on with the store. Returns what is stored now if the directory was given up. Throws an `Error` for the terminal
   * if another process has the directory, or has changed it so that this release cannot use it.
   */
  async takeBack(): Promise<StoredModel | undefined> {
    if (!this.#isReleased) {
      this.store.resume();
      return undefined;
    }
    const { path } = this.#directory;
    const deadlineMs = performance.now() + TAKE_BACK_MS;
    for (;;) {
      try {
        this.#directory = openDataDirectory(path, this.#options);
        break;
      } catch (error) {
        if (performance.now() > deadlineMs) throw error;
        await delay(TRY_MS);
      }
    }
    const { store, stored } = await openStore(this.#directory, (fault, error) => this.#onFault(fault, path, error));
    this.#isReleased = false;
    this.store.resume(store);
    return stored;
  }

  /** Closes the store and gives the directory up for good. `onClosed` is called while the lock is held. */
  async close(onClosed: () => void): Promise<void> {
    if (this.#isReleased) return;
    await this.store.close();
    onClosed();
    this.#directory.unlock();
  }
}
