// Messages between the main thread and a worker.
import type { HealthChange, PassiveReport } from '../../contract/engine.ts';
import type { Shortage } from '../../contract/shortage.ts';
import type {
  ClientNetworks,
  Health,
  ListenerSnapshot,
  RuleSnapshot,
  TargetGroupSnapshot,
  TargetSnapshot,
} from '../../contract/snapshot.ts';
import type { AccessLogInit, Batch } from '../access-log/access-log.ts';
import type { CarriedSessions } from './carried-state.ts';
import type { TargetCounters } from './counters.ts';
import type { Endpoint, OpenFailure } from './endpoint.ts';
import type { HandlesAt } from './handle-messages.ts';

/** Connections on raw handles of libuv, or on Node's own sockets. */
export type Sockets = 'raw' | 'net';

/**
 * The settings of a listener: the snapshot without target groups, rules and networks of clients, which are sent as
 * differences.
 */
export type ListenerSettings = Omit<ListenerSnapshot, 'targetGroup' | 'rules' | 'clientNetworks'>;
/** The settings of a target group: the snapshot without targets, which are sent as differences. */
export type TargetGroupSettings = Omit<TargetGroupSnapshot, 'targets'>;

/** A rule as a worker needs it: which requests go to which target group. */
export type Route = Omit<RuleSnapshot, 'id' | 'targetGroup'> & { readonly targetGroupId: string };

export interface TargetUpsert {
  /** The target of the snapshot: one object in all target groups, because a message has each object once. */
  readonly target: Pick<TargetSnapshot, 'key' | 'address' | 'port' | 'weight'>;
  readonly health: Health;
  /** When the target last began to take traffic, by `sharedNowMs`. `undefined` for before the runtime's start. */
  readonly begunAtMs: number | undefined;
  /** Number of this binding, from 1 on; never used for another binding. */
  readonly number: number;
  /** Index of the target's credit in the shared picking state, or NO_SLOT. */
  readonly slot: number;
  readonly counters: TargetCounters;
}

export interface TargetGroupUpsert {
  readonly settings: TargetGroupSettings;
  /** The state of picks that all workers share. */
  readonly pickingState: SharedArrayBuffer;
  /** Which worker has the request that has waited longest for a connection to one of the targets. */
  readonly waiting: SharedArrayBuffer;
  /** The client table of sticky sessions by source IP. `undefined` for a target group without them. */
  readonly clients: SharedArrayBuffer | undefined;
  readonly upserted: readonly TargetUpsert[];
  /** Target keys of the targets that were unbound. */
  readonly removed: readonly string[];
}

/** The settings of a target group, and the memory that all workers share for it. */
export type TargetGroupBase = Pick<TargetGroupUpsert, 'settings' | 'pickingState' | 'waiting' | 'clients'>;

/**
 * Tells a worker whose requests wait that a connection to a target may be made, or one with an idle connection that a
 * request elsewhere waits for it.
 */
export interface Capacity {
  readonly workerId: number;
  readonly targetGroupId: string;
  /** Target key. */
  readonly key: string;
  /** Workers whose waiting requests cannot go to this target. */
  readonly declined: readonly number[];
}

export interface ListenerUpsert {
  readonly settings: ListenerSettings;
  readonly counters: SharedArrayBuffer;
  /** The networks of the clients if they have changed. There may be thousands of them. */
  readonly clientNetworks: { readonly now: ClientNetworks | undefined } | undefined;
  /** The listener's target groups that changed. */
  readonly targetGroups: readonly TargetGroupUpsert[];
  /** Ids of the target groups that the listener no longer has. */
  readonly removedTargetGroups: readonly string[];
  /** All of the listener's rules. */
  readonly routes: readonly Route[];
}

/** A health change, and since when the target takes traffic. */
export interface TimedHealthChange extends HealthChange {
  readonly begunAtMs: number | undefined;
}

/** One snapshot version as a difference to the version before it; for a worker that starts, a difference to nothing. */
export interface Swap {
  readonly version: number;
  readonly upserted: readonly ListenerUpsert[];
  /** Ids of the listeners that are no longer served. */
  readonly removed: readonly string[];
  /**
   * Endpoints that the preceding `prepare` opened, or all of them for a worker that starts. A worker that has not
   * opened one of its endpoints opens it during the swap.
   */
  readonly endpoints: readonly Endpoint[];
}

export interface WorkerInit {
  readonly workerId: number;
  readonly workers: number;
  readonly isPortShared: boolean;
  /** Where the worker gets its listening sockets. `undefined` if it binds them itself. */
  readonly handlesAt: HandlesAt | undefined;
  /** The UDP sessions of the process before this one, whose clients go on with their targets. */
  readonly udpSessions: CarriedSessions;
  readonly sockets: Sockets;
  /** The counts of the workers' open clients, connections to targets and sessions. */
  readonly descriptors: SharedArrayBuffer;
  /** The token buckets of the listeners' rates. */
  readonly rates: SharedArrayBuffer;
  /** Where the worker records that its event loop makes progress. */
  readonly progress: SharedArrayBuffer;
  readonly ticketKeys: Uint8Array;
  /** Data for the access log. `undefined` if none is kept. */
  readonly accessLog: AccessLogInit | undefined;
  readonly swap: Swap;
}

/** A message from the main thread to a worker. A message with an `id` gets a reply with the same `id`. */
export type ToWorker =
  | { readonly type: 'open'; readonly id: number; readonly endpoints: readonly Endpoint[] }
  /** No listener uses the endpoints any more, or ever did. */
  | { readonly type: 'closeEndpoints'; readonly id: number; readonly endpoints: readonly Endpoint[] }
  | { readonly type: 'swap'; readonly id: number; readonly swap: Swap }
  | { readonly type: 'close'; readonly id: number }
  /** Asks for the UDP sessions. */
  | { readonly type: 'udpSessions'; readonly id: number }
  /** Asks for a reply when no client connection is left. Other messages are handled meanwhile. */
  | { readonly type: 'awaitEmpty'; readonly id: number }
  | { readonly type: 'ticketKeys'; readonly keys: Uint8Array }
  | { readonly type: 'capacity'; readonly capacity: Capacity }
  /** Another worker needs the descriptor of an idle connection to a target. */
  | { readonly type: 'closeIdle' }
  | { readonly type: 'health'; readonly changes: readonly TimedHealthChange[] };

type Level = 'debug' | 'info' | 'warn' | 'error';
export type Log = (level: Level, message: string, fields?: Record<string, unknown>) => void;

/** A message from a worker to the main thread. */
export type FromWorker =
  /** The worker serves the version that it was started with, except for the endpoints in `failures`. */
  | { readonly type: 'ready'; readonly failures: readonly OpenFailure[] }
  /**
   * Reply to the message `id`, which was handled except for the endpoints in `failures`. After the reply to a `close`
   * message, no client connection is left.
   */
  | { readonly type: 'reply'; readonly id: number; readonly failures: readonly OpenFailure[] }
  | { readonly type: 'udpSessions'; readonly id: number; readonly sessions: CarriedSessions }
  | { readonly type: 'passive'; readonly reports: readonly PassiveReport[] }
  /** A shortage of the runtime, and how many connections or datagrams to targets it kept from beginning. */
  | { readonly type: 'shortage'; readonly shortage: Shortage; readonly count: number }
  /** A message for another worker, which the main thread passes on. */
  | { readonly type: 'capacity'; readonly capacity: Capacity }
  /** Another worker is to close an idle connection to a target, because this one needs the descriptor. */
  | { readonly type: 'closeIdle'; readonly workerId: number }
  | { readonly type: 'access'; readonly batch: Batch }
  | {
      readonly type: 'log';
      readonly level: Level;
      readonly message: string;
      readonly fields: Record<string, unknown> | undefined;
    };
