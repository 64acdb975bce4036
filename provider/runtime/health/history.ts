// The history of a target's health: its last health changes, newest first. Pure.
import type { Health } from '../contract/snapshot.ts';

const MAX_ENTRIES = 10;

/** One health change: from `atMs` on, the target had this health. */
export interface HealthHistoryEntry {
  readonly atMs: number;
  readonly health: Health;
  /** Why the target takes no traffic; `undefined` if it takes traffic or no check has failed yet. */
  readonly error: string | undefined;
}

/** Adds an entry to the front of the history, unless the newest entry has the same health. */
export function withEntry(
  history: readonly HealthHistoryEntry[],
  entry: HealthHistoryEntry,
): readonly HealthHistoryEntry[] {
  return history[0]?.health === entry.health ? history : [entry, ...history].slice(0, MAX_ENTRIES);
}
