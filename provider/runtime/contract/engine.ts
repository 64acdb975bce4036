// The seam between the control plane and a data plane: prepare, activate, acknowledge. One implementation a folder.
import type { Problem } from '../../model/base/errors.ts';
import type { Health, Snapshot, TargetSnapshot } from './snapshot.ts';

/** Why one listener of a prepared snapshot cannot be served; nothing of the snapshot is served because of it. */
export interface Refusal {
  readonly listenerId: string;
  readonly code: 'PortInUse' | 'InvalidParameter';
  /** Paths are properties of the listener. */
  readonly problem: Problem;
}

/** The health of (group id, target key), as the control plane's monitor has it now. */
export type HealthView = (groupId: string, key: string) => Health;

export interface HealthChange {
  readonly groupId: string;
  readonly key: string;
  readonly health: Health;
}

/** What a data plane saw of a target by itself: a connect that failed, or the first that succeeded after failures. */
export interface PassiveReport {
  readonly groupId: string;
  readonly key: string;
  readonly ok: boolean;
  readonly error?: string;
}

export interface TargetCounts {
  readonly requests: number;
  readonly activeConnections: number;
  /** Open flows and exchanges of a target that is unbound, or that was changed away from. */
  readonly draining: number;
  /** Answers that went to clients, by status: 1xx to 5xx. */
  readonly answers: readonly number[];
  /** It takes traffic by part of its weight. */
  readonly isInSlowStart: boolean;
}

/** Upper bounds of the duration buckets; fixed, since the workers count in cells of shared memory. */
export const DURATION_BOUNDS_MS: readonly number[] = [
  0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
];

/** What a listener's clients did and got since the listener is there. */
export interface ListenerTraffic {
  readonly connections: number;
  readonly openConnections: number;
  /** Beyond `maxConnections`, not counted in `connections`. */
  readonly refusedConnections: number;
  /** HTTPS only: connections that ended before their TLS handshake was done. */
  readonly handshakeFailures: number;
  /** HTTP only, as all that follows. */
  readonly requests: number;
  /** Beyond `maxPendingRequests`, counted in `requests` too. */
  readonly refusedRequests: number;
  /** By status: 1xx to 5xx. */
  readonly targetAnswers: readonly number[];
  /** Those that the runtime gave by itself. */
  readonly ownAnswers: readonly number[];
  /** Requests by the time from the head read to the answer given, whole; by bucket, the last one without bound. */
  readonly durations: readonly number[];
  readonly durationSumMs: number;
}

export interface DrainingTarget {
  /** Where it was bound; the rule may be gone. */
  readonly listenerId: string;
  readonly ruleId: string | undefined;
  /** As it was last served. */
  readonly target: TargetSnapshot;
  readonly count: number;
}

export interface WorkerStatus {
  readonly id: number;
  /** The snapshot version that it serves. */
  readonly version: number;
  readonly connections: number;
  /** How often the worker in this place was replaced. */
  readonly restarts: number;
}

/** One step in the replacement of a worker. */
export interface WorkerChange {
  readonly id: number;
  readonly state: 'ended' | 'serving';
  /** Why it ended. */
  readonly reason?: string;
}

export interface EngineStatus {
  readonly name: string;
  readonly desired: number;
  /** The newest version that every live worker serves. */
  readonly acked: number;
  readonly lastError: string | undefined;
  /** Of the access log: the disk was slower than the traffic, or full. Undefined: there is no such log. */
  readonly droppedLogLines: number | undefined;
  readonly workers: readonly WorkerStatus[];
}

/**
 * A data plane. The control plane calls one at a time, in the order prepare, then activate or abandon;
 * `setHealth` may come at any time.
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
  /** Set by the control plane; called for each passive report. */
  onPassive: (report: PassiveReport) => void;
  /** Set by the control plane; called when a worker ends, and when the one that replaces it serves. */
  onWorkerChange: (change: WorkerChange) => void;
  counts(groupId: string, key: string): TargetCounts;
  /** Undefined: the listener is not served. */
  traffic(listenerId: string): ListenerTraffic | undefined;
  /** Targets that are gone from the snapshot but still have open flows. */
  draining(): readonly DrainingTarget[];
  status(): EngineStatus;
  /** Ends one worker and its open connections. Resolves when another serves in its place; false: there is no such worker. */
  endWorker(id: number): Promise<boolean>;
  /** Stops taking connections, lets what is under way finish for at most `graceMs`, then stops. Idempotent. */
  close(graceMs: number): Promise<void>;
  /** Stops now. Idempotent. */
  destroy(): Promise<void>;
}
