// The state of balancing that a process passes to the one that takes over from it, as JSON.

/** What one target group goes on with. */
export interface CarriedTargetGroup {
  /** The next position of the round-robin cursor. */
  readonly cursor: number;
  readonly targets: Readonly<Record<string, CarriedTarget>>;
  /** The client table of sticky sessions by source IP in base64. */
  readonly clients?: string;
}

export interface CarriedTarget {
  /** The number of the binding, by which a client table knows the target. */
  readonly number: number;
  /** The target's credit, if it has a credit slot. */
  readonly credit?: number;
  /** When the target last began to take traffic, on the clock of `sharedNowMs`, which all processes share. */
  readonly begunAtMs?: number;
}

/** UDP sessions: the target key of each client, by endpoint name and by the client's address and port. */
export type CarriedSessions = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface CarriedState {
  /** The present session ticket keys in base64. */
  readonly ticketKeys: string;
  /** The last number that a binding got. */
  readonly lastNumber: number;
  readonly targetGroups: Readonly<Record<string, CarriedTargetGroup>>;
  readonly udpSessions: CarriedSessions;
}
