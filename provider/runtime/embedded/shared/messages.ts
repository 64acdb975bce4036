// What the main thread and a worker say to each other.
import type { HealthChange, PassiveReport } from '../../contract/engine.ts';
import type { Health, ListenerSnapshot, RuleSnapshot, TargetGroupSnapshot } from '../../contract/snapshot.ts';
import type { AccessLogInit, Batch } from '../access-log/access-log.ts';
import type { Endpoint, OpenFailure } from './endpoint.ts';

/** A listener without its targets, which travel as differences. */
export type ListenerSettings = Omit<ListenerSnapshot, 'targetGroup' | 'rules'>;
export type TargetGroupSettings = Omit<TargetGroupSnapshot, 'targets'>;

/** Which requests go to which group. */
export type Route = Omit<RuleSnapshot, 'id' | 'targetGroup'> & { readonly targetGroupId: string };

export interface TargetUpsert {
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly health: Health;
  /** When it last began to take traffic, of shared-clock.ts; undefined: before this run of the runtime. */
  readonly begunAtMs: number | undefined;
  /** Of this binding alone, from 1 on. */
  readonly number: number;
  /** Where its credit is, of select/selection.ts. */
  readonly slot: number;
  readonly counters: SharedArrayBuffer;
}

export interface TargetGroupUpsert {
  readonly settings: TargetGroupSettings;
  readonly pickingState: SharedArrayBuffer;
  /** Where clients stay with their targets by source IP, of select/client-table.ts. */
  readonly clients: SharedArrayBuffer | undefined;
  readonly upserted: readonly TargetUpsert[];
  /** Keys. */
  readonly removed: readonly string[];
}

/** What all workers share of a group, and its settings. */
export type TargetGroupBase = Pick<TargetGroupUpsert, 'settings' | 'pickingState' | 'clients'>;

export interface ListenerUpsert {
  readonly settings: ListenerSettings;
  readonly counters: SharedArrayBuffer;
  /** Those that changed. */
  readonly targetGroups: readonly TargetGroupUpsert[];
  /** Ids. */
  readonly removedTargetGroups: readonly string[];
  /** All of the listener's rules. */
  readonly routes: readonly Route[];
}

/** With it comes since when the target takes traffic. */
export interface TimedHealthChange extends HealthChange {
  readonly begunAtMs: number | undefined;
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
  readonly workers: number;
  readonly isPortShared: boolean;
  readonly gauges: SharedArrayBuffer;
  readonly ticketKeys: Uint8Array;
  /** Undefined: there is no access log. */
  readonly accessLog: AccessLogInit | undefined;
  readonly swap: Swap;
}

/** `id` comes back in the reply. */
export type ToWorker =
  | { readonly type: 'open'; readonly id: number; readonly endpoints: readonly Endpoint[] }
  | { readonly type: 'abandon'; readonly id: number; readonly endpoints: readonly Endpoint[] }
  | { readonly type: 'swap'; readonly id: number; readonly swap: Swap }
  | { readonly type: 'close'; readonly id: number }
  | { readonly type: 'ticketKeys'; readonly keys: Uint8Array }
  | { readonly type: 'health'; readonly changes: readonly TimedHealthChange[] };

type Level = 'debug' | 'info' | 'warn' | 'error';
export type Log = (level: Level, message: string, fields?: Record<string, unknown>) => void;

export type FromWorker =
  /** Serves the version that it was started with, except what it could not open. */
  | { readonly type: 'ready'; readonly failures: readonly OpenFailure[] }
  /** The message `id` is done, except what could not be opened; to `close`: no client connection is left. */
  | { readonly type: 'reply'; readonly id: number; readonly failures: readonly OpenFailure[] }
  | { readonly type: 'passive'; readonly report: PassiveReport }
  | { readonly type: 'access'; readonly batch: Batch }
  | {
      readonly type: 'log';
      readonly level: Level;
      readonly message: string;
      readonly fields: Record<string, unknown> | undefined;
    };
