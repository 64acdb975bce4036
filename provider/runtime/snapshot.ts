// The immutable result of compile: what every engine serves. Made only there, so it is always valid and frozen.

export type Protocol = 'TCP' | 'HTTP';
export type Algorithm = 'weighted-round-robin' | 'weighted-least-connections' | 'source-ip-hash';

/** One target of a listener, resolved from the attachments that claim it. */
export interface TargetSnapshot {
  /** Wire identity, of `targetKey`. */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  /** 0-100; 0 takes no new traffic. */
  readonly weight: number;
  /** Where the target stands in the model; for status only. */
  readonly attachment: string;
  readonly name: string;
}

/** An active health check with every default filled in; times in milliseconds. */
export interface HealthCheckSnapshot {
  readonly protocol: 'TCP' | 'HTTP';
  /** Undefined: the target's own port. */
  readonly port: number | undefined;
  readonly path: string;
  /** The Host header; undefined: the target's address and port. */
  readonly host: string | undefined;
  readonly method: string;
  /** Status codes that pass, as inclusive ranges. */
  readonly expectedCodes: readonly (readonly [number, number])[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export interface ListenerSnapshot {
  readonly id: string;
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
  readonly algorithm: Algorithm;
  /** Undefined: not checked. */
  readonly healthCheck: HealthCheckSnapshot | undefined;
  readonly idleTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly drainMs: number;
  readonly targets: ReadonlyMap<string, TargetSnapshot>;
}

/** Compile returns the identical ListenerSnapshot and TargetSnapshot objects where nothing changed, so a difference is found by `!==`. */
export interface Snapshot {
  /** The model's version. */
  readonly version: number;
  readonly listeners: ReadonlyMap<string, ListenerSnapshot>;
}

/** A target's state for new traffic: `healthy` and `unchecked` take it, the others do not. */
export type Health = 'healthy' | 'unhealthy' | 'checking' | 'unchecked';

export function takesTraffic(health: Health): boolean {
  return health === 'healthy' || health === 'unchecked';
}
