// Backups of a running runtime: a copy of the database beside it, which is gone from the disk once its reader has it.
import { closeSync, createReadStream, fstatSync, openSync, type ReadStream } from 'node:fs';
import { WeirError } from '../../model/base/errors.ts';
import { removeDatabase } from './data-files.ts';
import { makePrivate } from './private-file.ts';
import type { Store } from './store.ts';
import { temporaryCopy } from './temporary-copies.ts';

interface Backup {
  readonly bytes: number;
  readonly stream: ReadStream;
}

/** Size of one read of a backup. Between two reads is an event-loop iteration, which is long under many writes. */
const CHUNK_BYTES = 1024 * 1024;

export class Backups {
  readonly #store: Store;
  readonly #databaseFile: string;
  #isBusy = false;

  constructor(store: Store, databaseFile: string) {
    this.#store = store;
    this.#databaseFile = databaseFile;
  }

  /** Makes one backup at a time, because each needs the space of the database. The signal ends it early. */
  async make(signal: AbortSignal): Promise<Backup> {
    if (this.#isBusy) throw new WeirError('SystemBusy', 'Another backup is being made.');
    this.#isBusy = true;
    const file = temporaryCopy(this.#databaseFile, 'backup');
    try {
      makePrivate(file, { create: true });
      await this.#store.backup(file, signal);
      return opened(file);
    } finally {
      this.#isBusy = false;
      removeDatabase(file);
    }
  }
}

function opened(file: string): Backup {
  const fd = openSync(file, 'r');
  try {
    return { bytes: fstatSync(fd).size, stream: createReadStream('', { fd, highWaterMark: CHUNK_BYTES }) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
