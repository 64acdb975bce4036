// A rehearsal of opening a database that another process has open, on a copy: nothing of that database is changed.
import { dataFiles, removeDatabase } from '../data-files.ts';
import { explained } from '../disk-fault.ts';
import { KeyFile } from '../key-file.ts';
import { makePrivate } from '../private-file.ts';
import { SealedStore } from '../sealed-store.ts';
import { copyFile } from '../sqlite/backup-copy.ts';
import { SqliteStore } from '../sqlite/sqlite-store.ts';
import { loadWhole } from '../stored-check.ts';
import { temporaryCopy } from '../temporary-copies.ts';

/** Migrates and loads the copy. Throws an `Error` for the terminal if this release cannot use the data. */
export async function rehearseOpening(directory: string, keyFile: string | undefined): Promise<void> {
  const files = dataFiles(directory, keyFile);
  const file = temporaryCopy(files.databaseFile, 'take-over');
  let copy: SqliteStore | undefined;
  try {
    makePrivate(file, { create: true });
    await copyFile(files.databaseFile, file, new AbortController().signal);
    copy = new SqliteStore(file);
    await loadWhole(new SealedStore(copy, new KeyFile(files.keyFile)), files.databaseFile);
  } catch (error) {
    throw explained(error, files.path);
  } finally {
    await copy?.close();
    removeDatabase(file);
  }
}
