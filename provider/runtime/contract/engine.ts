// The interface between the control plane and a data plane: prepare, activate, acknowledge.
import type { Problem } from '../../model/base/errors.ts';
import type { Health, Snapshot } from './snapshot.ts';

/** Why one listener of a prepared snapshot cannot be served. One refusal keeps the whole snapshot from being served. */
export interface Refusal {
  readonly listenerId: string;
  readonly code: 'PortInUse' | 'InvalidParameter';
  /** The problem; its path names a property of the listener. */
  readonly problem: Problem;
}

/** The present health of a target, by target group id and target key, as the health monitor knows it. */
export type HealthView = (targetGroupId: string, key: string) => Health;

export interface HealthChange {
  readonly targetGroupId: string;
  readonly key: string;
  readonly health: Health;
}

/** The result of a data plane's own connects to a target: a failed connect, or the first success after failures. */
export interface PassiveReport {
  readonly targetGroupId: string;
  readonly key: string;
  readonly ok: boolean;
  readonly error?: string;
}

/**
 * A data plane. The control plane makes one call at a time, in the order `prepare`, then `activate` or `abandon`; only
 * `setHealth` may come at any time. A data plane reports events to the callbacks that it was constructed with.
 */
export interface Engine {
  readonly name: string;
  /**
   * Opens the listening sockets that `next` needs and the served snapshot lacks, without serving them. Returns every
   * listener that cannot be served.
   */
  prepare(next: Snapshot): Promise<readonly Refusal[]>;
  /** Closes the listening sockets that the last `prepare` opened. */
  abandon(): Promise<void>;
  /**
   * Serves the prepared snapshot; never refuses. Resolves when every live worker has swapped and cleaned up. A worker
   * whose event loop stands still for 2 s is ended and replaced; one that is busy is waited for. Once resolved, no worker connects to an unbound target, begins a
   * request to it or sends it a new datagram, because a worker checks the target in the tick of each of these. Connects
   * in progress to the target were ended and picked again, and idle pooled connections to it were closed. Bytes that
   * already are in a socket's buffer may still reach the target later, and exchanges in progress drain.
   */
  activate(next: Snapshot, health: HealthView): Promise<void>;
  setHealth(changes: readonly HealthChange[]): void;
  /** Stops accepting connections, lets open ones finish for at most `graceMs`, then stops. Idempotent. */
  close(graceMs: number): Promise<void>;
  /** Stops the data plane at once. Idempotent. */
  destroy(): Promise<void>;
}
