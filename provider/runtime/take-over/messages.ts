// Messages between a running process and the one that takes over from it.
import type { DrainingTarget } from '../contract/engine-statistics.ts';
import type { CarriedLease } from '../control/leases/lease-table.ts';
import type { CarriedState } from '../embedded/shared/carried-state.ts';
import type { Endpoint } from '../embedded/shared/endpoint.ts';
import type { ObjectChange } from '../stored/object.ts';

/** Connections that are left in the process before. */
export interface LeftConnections {
  /** Open client connections by listener id. */
  readonly open: Readonly<Record<string, number>>;
  /** Open flows and exchanges by target group id and target key, of targets that are bound. */
  readonly active: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Open flows and exchanges of targets that are no longer bound. */
  readonly draining: readonly DrainingTarget[];
}

/** A message of the new process. */
export type FromSuccessor =
  /** The first message: asks for everything. */
  | { readonly type: 'takeOver'; readonly pid: number }
  /** The new process could serve, and asks for the data directory. */
  | { readonly type: 'prepared' }
  /** The new process has the data directory, and serves. */
  | { readonly type: 'serving' }
  /** The API of the new process listens too. */
  | { readonly type: 'ready' }
  /** Changes that are stored. `version`: the model version after them. */
  | {
      readonly type: 'changes';
      readonly id: number;
      readonly version: number;
      readonly changes: readonly ObjectChange[];
    }
  /** The new process is stopping on purpose. */
  | { readonly type: 'stopping' };

/** A message of the process before. */
export type FromPredecessor =
  /** It does not hand over now; `reason` says why. */
  | { readonly type: 'busy'; readonly reason: string }
  /** A socket of an endpoint, which comes with the message. */
  | { readonly type: 'socket'; readonly endpoint: Endpoint }
  /** The API's socket, which comes with the message. `host`: as given to `--api`. */
  | { readonly type: 'api'; readonly host: string; readonly port: number }
  /** All sockets were sent, and no write is stored any more. */
  | { readonly type: 'state'; readonly pid: number; readonly carried: CarriedState }
  /** The data directory is free. */
  | { readonly type: 'released' }
  /** It accepts no connection any more. `leases`: those of group members, which an earlier release does not send. */
  | { readonly type: 'left'; readonly leases?: readonly CarriedLease[] }
  /** The changes `id` are served, or `error` says why not. */
  | { readonly type: 'served'; readonly id: number; readonly error?: string }
  | { readonly type: 'connections'; readonly left: LeftConnections };
