// The seam of sticky sessions: how a client comes back to the target that it was with. One file a way.
import type { PickableTarget } from './picker.ts';

/** A target as sticky sessions see it. */
export interface StickyTarget extends PickableTarget {
  /** From 1 on; of this binding alone, and the same in every worker. */
  readonly number: number;
  /** It takes new traffic. */
  readonly isPickable: boolean;
}

/** Whom a target is picked for. */
export interface PickingClient {
  /** Asked for only where it is needed: it may cost a system call. */
  readonly remoteAddress: string;
  /** The head of its HTTP request; left out where it is a connection or a datagram. */
  readonly head?: string;
  /** Where a cookie is to be set, its Set-Cookie value is left here. */
  setCookie?: string;
}

export interface Stickiness<T extends StickyTarget> {
  /** A target was bound. */
  add(target: T): void;
  /** And unbound. */
  remove(target: T): void;
  /** The client's target, if that takes new traffic and is none of `tried`. */
  find(client: PickingClient, tried?: ReadonlySet<T>): T | undefined;
  /** To follow a find() without result: `picked` becomes the client's. The response is where the client goes. */
  keep(client: PickingClient, picked: T, tried?: ReadonlySet<T>): T;
}
