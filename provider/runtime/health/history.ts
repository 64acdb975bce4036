// What became of a target's health, and when: its last turns, newest first. Pure.
import type { Health } from '../contract/snapshot.ts';

const MAX_ENTRIES = 10;

/** From `atMs` on it had this health. */
export interface HealthHistoryEntry {
  readonly atMs: number;
  readonly health: Health;
  /** Why, where something was wrong. */
  readonly error: string | undefined;
}

/** Newest first; with every other health than the last one it grows by one. */
export function withEntry(
  history: readonly HealthHistoryEntry[],
  entry: HealthHistoryEntry,
): readonly HealthHistoryEntry[] {
  return history[0]?.health === entry.health ? history : [entry, ...history].slice(0, MAX_ENTRIES);
}
