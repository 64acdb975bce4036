// The seam of the balancing algorithms: what a picker is built from and returns. One file an algorithm.

/** A target as pickers see it. */
export interface PickableTarget {
  /** Its wire identity: the same in every worker and after a restart. */
  readonly key: string;
  /** 0-100; 0 is never picked. */
  readonly pickingWeight: number;
  /** Which credit is its own, of selection.ts. */
  readonly slot: number;
  /** What is under way with it in all workers, from the pick on; another value after each pick. */
  readonly connections: number;
}

/** Built from the eligible targets, and built anew when they or their weights change. */
export interface Picker<T extends PickableTarget> {
  /** False: the pick does not depend on the client, whose address then need not be asked for. */
  readonly isByClient: boolean;
  /** `client`: its address. The target is none of `tried`; undefined: there is no other. */
  pick(client: string, tried?: ReadonlySet<T>): T | undefined;
}
