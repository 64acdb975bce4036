// The part of a data plane that has workers of its own, which end and are replaced.

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

export interface EngineWorkers {
  /** Ends one worker and its open connections. Resolves when another serves in its place; false: there is no such worker. */
  endWorker(id: number): Promise<boolean>;
}
