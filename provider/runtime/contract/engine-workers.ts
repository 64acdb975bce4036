// The worker threads of a data plane: their status, and how one is ended and replaced.

export interface WorkerStatus {
  readonly id: number;
  /** The snapshot version that the worker serves. */
  readonly version: number;
  readonly connections: number;
  /** How often the worker with this id was replaced. */
  readonly restarts: number;
  /** Time in which the event loop of the present thread had work, in milliseconds. */
  readonly activeMs: number;
}

/** One step in the replacement of a worker: the old thread ended, or the new one serves. */
export interface WorkerChange {
  readonly id: number;
  readonly state: 'ended' | 'serving';
  /** Why the worker ended, as text for operators. */
  readonly reason?: string;
}

export interface EngineWorkers {
  /**
   * Ends one worker and its open connections. Resolves with `true` when another worker serves in its place, and with
   * `false` if there is no such worker.
   */
  endWorker(id: number): Promise<boolean>;
}
