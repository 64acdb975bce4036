// What the main thread and a worker say to each other; engine.ts and worker.ts are the two ends.
import type { HealthChange, PassiveReport } from '../engine.ts';
import type { Health, ListenerSnapshot } from '../snapshot.ts';

/** A listener without its targets, which travel as differences. */
export type ListenerSettings = Omit<ListenerSnapshot, 'targets'>;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface TargetUpsert {
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly health: Health;
  /** Where its credit is, of select/selection.ts. */
  readonly slot: number;
  readonly counters: SharedArrayBuffer;
}

export interface ListenerUpsert {
  readonly settings: ListenerSettings;
  readonly selection: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly upserted: readonly TargetUpsert[];
  readonly removed: readonly string[];
}

/** One version as the difference to the one before it; at a worker's start the difference to nothing. */
export interface Swap {
  readonly version: number;
  readonly upserted: readonly ListenerUpsert[];
  readonly removed: readonly string[];
  /** What the prepare before it opened, or at a start everything; a worker that has not opened it does so now. */
  readonly endpoints: readonly Endpoint[];
}

export interface WorkerInit {
  readonly workerId: number;
  readonly isPortShared: boolean;
  readonly gauges: SharedArrayBuffer;
  readonly swap: Swap;
}

/** `id` comes back in the reply. */
export type ToWorker =
  | { readonly type: 'open'; readonly id: number; readonly endpoints: readonly Endpoint[] }
  | { readonly type: 'abandon'; readonly id: number; readonly endpoints: readonly Endpoint[] }
  | { readonly type: 'swap'; readonly id: number; readonly swap: Swap }
  | { readonly type: 'drain'; readonly id: number }
  | { readonly type: 'health'; readonly changes: readonly HealthChange[] };

export interface OpenFailure {
  readonly endpoint: Endpoint;
  readonly code: string;
  readonly message: string;
}

export type Level = 'debug' | 'info' | 'warn' | 'error';
export type Log = (level: Level, message: string, fields?: Record<string, unknown>) => void;

export type FromWorker =
  /** Serves the version that it was started with, except what it could not open. */
  | { readonly type: 'ready'; readonly failures: readonly OpenFailure[] }
  /** The message `id` is done, except what could not be opened; to `drain`: no client connection is left. */
  | { readonly type: 'reply'; readonly id: number; readonly failures: readonly OpenFailure[] }
  | { readonly type: 'passive'; readonly report: PassiveReport }
  | {
      readonly type: 'log';
      readonly level: Level;
      readonly message: string;
      readonly fields: Record<string, unknown> | undefined;
    };
