// What a data plane counts and tells of its state; it changes nothing.
import type { WorkerStatus } from './engine-workers.ts';
import type { TargetSnapshot } from './snapshot.ts';

export interface TargetCounts {
  readonly requests: number;
  readonly activeConnections: number;
  /** Open flows and exchanges of a target that is unbound, or that was changed away from. */
  readonly draining: number;
  /** Responses that went to clients, by status: 1xx to 5xx. */
  readonly responses: readonly number[];
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
  readonly rejectedConnections: number;
  /** HTTPS only: connections that ended before their TLS handshake was done. */
  readonly handshakeFailures: number;
  /** HTTP only, as all that follows. */
  readonly requests: number;
  /** Beyond `maxPendingRequests`, counted in `requests` too. */
  readonly rejectedRequests: number;
  /** By status: 1xx to 5xx. */
  readonly targetResponses: readonly number[];
  /** Those that the runtime gave by itself. */
  readonly localResponses: readonly number[];
  /** Requests by the time from the head read to the response given, whole; by bucket, the last one without bound. */
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

export interface EngineStatus {
  readonly name: string;
  readonly desired: number;
  /** The newest version that every live worker serves. */
  readonly acked: number;
  readonly lastError: string | undefined;
  /** Of the access log: the disk was slower than the traffic, or full. Undefined: there is no such log. */
  readonly droppedLogLines: number | undefined;
  /** Empty for an engine without workers. */
  readonly workers: readonly WorkerStatus[];
}

export interface EngineStatistics {
  counts(targetGroupId: string, key: string): TargetCounts;
  /** Returns `undefined` if the listener is not served. */
  traffic(listenerId: string): ListenerTraffic | undefined;
  /** Targets that are gone from the snapshot but still have open flows. */
  draining(): readonly DrainingTarget[];
  status(): EngineStatus;
}
