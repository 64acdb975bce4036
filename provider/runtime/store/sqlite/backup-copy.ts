// The copy of a database that others write meanwhile, made in steps from one moment of it.
import { backup, DatabaseSync } from 'node:sqlite';
import { newGeneration, writeMark } from './log-mark.ts';

/** Pages that are copied at once, before the signal is looked at. */
const PAGES = 1000;

/**
 * Copies a database file. Another connection than the writer's reads it: SQLite refuses each step of a copy while its own
 * connection has a transaction open. The signal ends the copy early.
 */
export async function copyFile(from: string, to: string, signal: AbortSignal): Promise<void> {
  const reader = new DatabaseSync(from, { readOnly: true });
  try {
    // Each step reads the moment of this transaction, so no write makes the copy begin anew.
    reader.exec('begin');
    reader.prepare('pragma user_version').get();
    await copyOpen(reader, to, signal);
  } finally {
    reader.close();
  }
}

/** Copies an open database, which must not be written meanwhile, not even by its own connection. */
export async function copyOpen(database: DatabaseSync, to: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await backup(database, to, { rate: PAGES, progress: () => signal.throwIfAborted() });
  const copy = new DatabaseSync(to);
  try {
    // In this mode the copy is one file, also while it is read.
    copy.exec('pragma journal_mode = delete; pragma synchronous = full');
    writeMark(copy, { needsLog: false, generation: newGeneration(), before: undefined });
  } finally {
    copy.close();
  }
}
