// What became of a target's health, and when: its last turns, newest first. Pure.
import type { Health } from '../contract/snapshot.ts';

const MAX_TURNS = 10;

/** From `atMs` on it had this health. */
export interface HealthTurn {
  readonly atMs: number;
  readonly health: Health;
  /** Why, where something was wrong. */
  readonly error: string | undefined;
}

/** Newest first; with every other health than the last one it grows by one. */
export function withTurn(history: readonly HealthTurn[], turn: HealthTurn): readonly HealthTurn[] {
  return history[0]?.health === turn.health ? history : [turn, ...history].slice(0, MAX_TURNS);
}
