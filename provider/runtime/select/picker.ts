// The interface of the balancing algorithms: what a picker is built from, and what it returns.

/** The properties of a target that pickers use. */
export interface PickableTarget {
  /** The target key, equal in every worker and after a restart. */
  readonly key: string;
  /**
   * The target's share of picks relative to the other targets of its group, as a whole number of any unit. Slow start
   * scales it: it is the configured weight of 0-100 times up to RAMP_PARTS. A target with 0 is never picked.
   */
  readonly pickingWeight: number;
  /** Index of the target's credit in `PickingState.credits`, or NO_SLOT. */
  readonly slot: number;
  /**
   * Open connections and exchanges of the target in all workers. The count includes a pick at once, so that it differs
   * after each pick.
   */
  readonly connections: number;
}

/** A balancing algorithm over the eligible targets of a target group; rebuilt when targets or weights change. */
export interface Picker<T extends PickableTarget> {
  /** True if the pick depends on the client. Otherwise the caller need not look up the client's address. */
  readonly isByClient: boolean;
  /** Picks, for a client address, a target that is not in `tried`. Returns `undefined` if there is none. */
  pick(client: string, tried?: ReadonlySet<T>): T | undefined;
}
