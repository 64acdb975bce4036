// The immutable result of compile: what every engine serves. Made only there, so it is always valid and frozen.
import type { Health } from '../../model/base/health.ts';

export type Protocol = 'TCP' | 'UDP' | 'HTTP' | 'HTTPS';
export type Algorithm = 'weighted-round-robin' | 'weighted-least-connections' | 'source-ip-hash';

/** One target of a group, resolved from the attachments that claim it. */
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
  /** Why its server may take no traffic; undefined: it may. */
  readonly ineligible: string | undefined;
}

/** An active health check with every default filled in; times in milliseconds. */
export interface HealthCheckSnapshot {
  readonly protocol: 'TCP' | 'HTTP' | 'HTTPS' | 'UDP';
  /** Undefined: the target's own port. */
  readonly port: number | undefined;
  readonly path: string;
  /** The Host header; undefined: the target's address and port. */
  readonly host: string | undefined;
  readonly method: string;
  /** Status codes that pass, as inclusive ranges. */
  readonly expectedCodes: readonly (readonly [number, number])[];
  /** UDP: the payload, and what the response must hold; undefined: any response, or none. */
  readonly send: string | undefined;
  readonly expect: string | undefined;
  /** The targets await a PROXY header. */
  readonly proxyProtocol: ProxyProtocol | undefined;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export type ProxyProtocol = 'v1' | 'v2';

/** How a client keeps its target; `lifetimeMs` undefined: for the browser's session. */
export type StickySnapshot =
  | {
      readonly type: 'cookie';
      readonly cookieName: string;
      readonly cookieKey: string;
      readonly lifetimeMs: number | undefined;
    }
  | { readonly type: 'source-ip'; readonly lifetimeMs: number };

/** What is balanced as one: the targets of a listener, or of one of its rules. */
export interface TargetGroupSnapshot {
  /** Of the listener, or of `groupIdOfRule`. */
  readonly id: string;
  readonly listenerId: string;
  /** Undefined: the listener's own. */
  readonly ruleId: string | undefined;
  readonly algorithm: Algorithm;
  /** Undefined: not checked. */
  readonly healthCheck: HealthCheckSnapshot | undefined;
  readonly sticky: StickySnapshot | undefined;
  readonly slowStartMs: number;
  readonly targets: ReadonlyMap<string, TargetSnapshot>;
}

export interface RuleSnapshot {
  readonly id: string;
  /** As it was written; "*.example.com" too. */
  readonly host: string | undefined;
  readonly path: string | undefined;
  readonly pathMatch: 'prefix' | 'exact';
  /** The model's version that last changed the rule: of two that match the same the newer one is larger. */
  readonly version: number;
  readonly targetGroup: TargetGroupSnapshot;
}

export interface CertificateSnapshot {
  readonly name: string;
  /** PEM, as the key. */
  readonly certificate: string;
  readonly privateKey: string;
  /** Undefined: the names in the certificate. */
  readonly serverNames: readonly string[] | undefined;
}

export interface ListenerSnapshot {
  readonly id: string;
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
  readonly idleTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly drainMs: number;
  /** Over all workers, as the next one; undefined: no limit. */
  readonly maxConnections: number | undefined;
  readonly maxPendingRequests: number | undefined;
  readonly proxyProtocol: ProxyProtocol | undefined;
  /** Networks, as the model has them. */
  readonly trustedProxies: readonly string[];
  /** In order of name: a client that names no server gets the first one. */
  readonly certificates: readonly CertificateSnapshot[];
  /** Where no rule matches. */
  readonly targetGroup: TargetGroupSnapshot;
  /** Those that an attachment is of. */
  readonly rules: readonly RuleSnapshot[];
}

/** A rule's group has an id that no listener can have. */
export function targetGroupIdOfRule(ruleId: string): string {
  return `rules/${ruleId}`;
}

/** The listener's own group and those of its rules. */
export function targetGroupsOf({ targetGroup, rules }: ListenerSnapshot): TargetGroupSnapshot[] {
  return [targetGroup, ...rules.map((rule) => rule.targetGroup)];
}

/** Compile returns the identical listener, group and target objects where nothing changed, so a difference is found by `!==`. */
export interface Snapshot {
  /** The model's version. */
  readonly version: number;
  /** Those that serve: of each address and port one. */
  readonly listeners: ReadonlyMap<string, ListenerSnapshot>;
  /** Listeners that wait for the VIP:port of a serving one. Engines check their certificates but open no socket. */
  readonly waiting: ReadonlyMap<string, ListenerSnapshot>;
  /** Every group of every listener, by its id; of those that wait too. */
  readonly targetGroups: ReadonlyMap<string, TargetGroupSnapshot>;
}

/** Whether it serves or waits. */
export function listenerOf({ listeners, waiting }: Snapshot, id: string): ListenerSnapshot | undefined {
  return listeners.get(id) ?? waiting.get(id);
}

export type { Health };

export function takesTraffic(health: Health): boolean {
  return health === 'healthy' || health === 'unchecked';
}
