// The steps of a hand-over as the running process takes them.
import type { CarriedLease } from '../control/leases/lease-table.ts';
import type { EndpointSocket } from '../embedded/main-thread/listening-handles.ts';
import type { CarriedState } from '../embedded/shared/carried-state.ts';
import type { Handle } from '../handles/bindings.ts';
import type { DiskFault } from '../store/disk-fault.ts';
import type { ObjectChange } from '../stored/object.ts';
import type { LeftConnections } from './messages.ts';

/** What the running process does in each step. */
export interface HandingRuntime {
  /** Returns why nothing can be handed over now; `undefined` if it can. */
  obstacle(): string | undefined;
  /** Stores nothing from now on. Resolves when everything before is served. */
  pause(): Promise<void>;
  /** The listening sockets, and the state of balancing. */
  handed(): Promise<HandedParts>;
  /** Gives up the data directory. */
  release(): Promise<void>;
  /**
   * Goes on as if nothing had been asked. Takes the data directory back if it was given up, and waits at most `waitMs`
   * while another process has it.
   */
  goOn(waitMs: number): Promise<void>;
  /** Tells callers of the API why nothing can be stored, until `goOn` succeeds. */
  stranded(fault: DiskFault): void;
  /** Stops accepting connections, and lets open ones finish. Resolves with the leases of group members. */
  leave(): Promise<readonly CarriedLease[]>;
  /** The other process does everything that this one did: it may end when the last connection has. */
  replaced(): void;
  /** Serves changes that the other process has stored to the connections that are open. */
  follow(version: number, changes: readonly ObjectChange[]): Promise<void>;
  left(): LeftConnections;
  /** The other process has ended without saying so, after this one has left. */
  abandoned(): void;
}

interface HandedParts {
  readonly sockets: readonly EndpointSocket[];
  readonly api: { readonly host: string; readonly port: number; readonly handle: Handle };
  readonly carried: CarriedState;
}
