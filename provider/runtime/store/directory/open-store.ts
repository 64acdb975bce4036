// The store of a data directory, opened and checked: SQLite below, then sealed secrets, then the watch for a full disk.
import type { StoredModel } from '../../stored/object.ts';
import type { DataDirectory } from '../data-directory.ts';
import { type DiskFault, explained } from '../disk-fault.ts';
import { KeyFile } from '../key-file.ts';
import { SealedStore } from '../sealed-store.ts';
import { SqliteStore } from '../sqlite/sqlite-store.ts';
import { loadWhole } from '../stored-check.ts';
import { removeTemporaryCopies } from '../temporary-copies.ts';
import { WatchedStore } from '../watched-store.ts';

interface OpenedStore {
  readonly store: WatchedStore;
  readonly stored: StoredModel;
  readonly adminToken: string;
}

/** Throws an `Error` for the terminal if the directory cannot be used. Unlocks the directory then. */
export async function openStore(
  directory: DataDirectory,
  onChange: (fault: DiskFault | undefined, error?: unknown) => void,
): Promise<OpenedStore> {
  const { path, databaseFile, keyFile, demandNew } = directory;
  let sqlite: SqliteStore | undefined;
  try {
    sqlite = new SqliteStore(databaseFile, { onNew: demandNew });
    const sealed = new SealedStore(sqlite, new KeyFile(keyFile));
    const store = new WatchedStore({ store: sealed, directory: path, onChange });
    const stored = await loadWhole(store, databaseFile);
    const adminToken = directory.adminToken();
    removeTemporaryCopies(path);
    // Stored objects are served from a full disk too. What is wrong with the disk is told from the first moment.
    await store.probe().catch(() => {});
    return { store, stored, adminToken };
  } catch (error) {
    await sqlite?.abandon();
    directory.unlock();
    throw explained(error, path);
  }
}
