// The seam between the control plane and a data plane: prepare, activate, acknowledge. One implementation a folder.
import type { Problem } from '../../model/base/errors.ts';
import type { Health, Snapshot } from './snapshot.ts';

/** Why one listener of a prepared snapshot cannot be served; nothing of the snapshot is served because of it. */
export interface Refusal {
  readonly listenerId: string;
  readonly code: 'PortInUse' | 'InvalidParameter';
  /** Paths are properties of the listener. */
  readonly problem: Problem;
}

/** The health of (group id, target key), as the control plane's monitor has it now. */
export type HealthView = (targetGroupId: string, key: string) => Health;

export interface HealthChange {
  readonly targetGroupId: string;
  readonly key: string;
  readonly health: Health;
}

/** What a data plane saw of a target by itself: a connect that failed, or the first that succeeded after failures. */
export interface PassiveReport {
  readonly targetGroupId: string;
  readonly key: string;
  readonly ok: boolean;
  readonly error?: string;
}

/**
 * A data plane as it serves. The control plane calls one at a time, in the order prepare, then activate or abandon;
 * `setHealth` may come at any time. What it tells by itself, it tells callbacks that it was made with.
 */
export interface Engine {
  readonly name: string;
  /** Opens what `next` has and the served snapshot has not, without serving it. Refused listeners are all named. */
  prepare(next: Snapshot): Promise<readonly Refusal[]>;
  /** Closes what the last prepare opened. */
  abandon(): Promise<void>;
  /**
   * Serves the prepared snapshot. Resolves when every live worker has swapped and cleaned up (dataplane: "What an
   * acknowledgement proves"); a worker that is late by 2 s is ended and replaced. Never refuses.
   */
  activate(next: Snapshot, health: HealthView): Promise<void>;
  setHealth(changes: readonly HealthChange[]): void;
  /** Stops taking connections, lets what is under way finish for at most `graceMs`, then stops. Idempotent. */
  close(graceMs: number): Promise<void>;
  /** Stops now. Idempotent. */
  destroy(): Promise<void>;
}
