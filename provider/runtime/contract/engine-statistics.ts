// What a data plane counts, and the state that it reports; reading it changes nothing.
import type { WorkerStatus } from './engine-workers.ts';
import type { TargetSnapshot } from './snapshot.ts';

export interface TargetCounts {
  readonly requests: number;
  readonly activeConnections: number;
  /** Connects to the target that failed. `requests` does not include them. */
  readonly failedConnects: number;
  /** Open flows and exchanges that began under an earlier binding of the target and may still finish. */
  readonly draining: number;
  /** Responses to clients by status class, 1xx to 5xx: five counts. */
  readonly responses: readonly number[];
  /** True while slow start gives the target less than its whole weight. */
  readonly isInSlowStart: boolean;
}

/** Upper bounds of the duration buckets. They are fixed because the workers count in cells of shared memory. */
export const DURATION_BOUNDS_MS: readonly number[] = [
  0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
];

/** Traffic counts of one listener since the listener exists. */
export interface ListenerTraffic {
  readonly connections: number;
  readonly openConnections: number;
  /** Connections rejected because of `maxConnections`. `connections` does not include them. */
  readonly rejectedConnections: number;
  /** Connections that did not begin with a valid PROXY header although their sender has to send one. */
  readonly rejectedHeaders: number;
  /** Connections, requests and datagrams of clients that may not use the listener. */
  readonly denied: number;
  /** Connections or UDP sessions above the listener's rate. `connections` does not include them. */
  readonly limitedConnections: number;
  /** HTTPS only: connections that ended before their TLS handshake was done. */
  readonly handshakeFailures: number;
  /** Requests received. This count and those below stay 0 unless the listener is HTTP or HTTPS. */
  readonly requests: number;
  /** Requests rejected because of `maxPendingRequests`. `requests` includes them. */
  readonly rejectedRequests: number;
  /** Requests above the rate of the listener or of their client. `requests` includes them. */
  readonly limitedRequests: number;
  /** Responses of targets by status class, 1xx to 5xx: five counts. */
  readonly targetResponses: readonly number[];
  /** Local responses, which the runtime sends in place of a target, by status class, 1xx to 5xx. */
  readonly localResponses: readonly number[];
  /** Responses of rules themselves, such as redirects, by status class, 1xx to 5xx. */
  readonly ruleResponses: readonly number[];
  /**
   * Finished requests by duration, from the request's head to the end of the response: one count for each bound in
   * `DURATION_BOUNDS_MS`, and one for longer requests.
   */
  readonly durations: readonly number[];
  readonly durationSumMs: number;
}

export interface DrainingTarget {
  /** The listener and rule to which the target was bound. The rule may no longer exist. */
  readonly listenerId: string;
  readonly ruleId: string | undefined;
  /** The target as the data plane served it last. */
  readonly target: TargetSnapshot;
  /** How many flows and exchanges with the target are still open. */
  readonly count: number;
}

export interface EngineStatus {
  readonly name: string;
  /** The snapshot version that was last activated. */
  readonly desired: number;
  /** The newest snapshot version that every live worker serves. */
  readonly acked: number;
  readonly lastError: string | undefined;
  /** Access log lines dropped because the disk was too slow or full. `undefined` without an access log. */
  readonly droppedLogLines: number | undefined;
  /** Status of each worker; empty for a data plane without workers. */
  readonly workers: readonly WorkerStatus[];
}

export interface EngineStatistics {
  counts(targetGroupId: string, key: string): TargetCounts;
  /** Traffic of a listener. Returns `undefined` if the listener is not served. */
  traffic(listenerId: string): ListenerTraffic | undefined;
  /** Targets that are no longer in the snapshot but still have open flows. */
  draining(): readonly DrainingTarget[];
  status(): EngineStatus;
}
