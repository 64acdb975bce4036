// The interface of sticky sessions: how a client returns to its earlier target.
import type { PickableTarget } from './picker.ts';

/** The properties of a target that sticky sessions use. */
export interface StickyTarget extends PickableTarget {
  /** Number of this binding, from 1 on: never used for another binding, and equal in every worker. */
  readonly number: number;
  /** True if the target is bound, has a weight above 0, and takes new traffic by its health. */
  readonly isPickable: boolean;
}

/** The client for whom a target is picked. */
export interface PickingClient {
  /** The client's address. Read it only if it is needed, because it may cost a system call. */
  readonly remoteAddress: string;
  /** The head of the client's HTTP request; absent for a TCP connection or a UDP datagram. */
  readonly head?: string;
  /** Output: the value of the Set-Cookie field that the response must carry. */
  setCookie?: string;
}

/** How one target group keeps its clients with their targets. */
export interface Stickiness<T extends StickyTarget> {
  /** Adds a target that was bound. */
  add(target: T): void;
  /** Removes a target that was unbound. */
  remove(target: T): void;
  /** Returns the client's target if it takes new traffic and is not in `tried`, otherwise `undefined`. */
  find(client: PickingClient, tried?: ReadonlySet<T>): T | undefined;
  /**
   * Makes `picked` the client's target, after a `find` without result. Returns the target to use, which may be another
   * worker's choice for the same client.
   */
  keep(client: PickingClient, picked: T, tried?: ReadonlySet<T>): T;
}
