// The snapshot: what every data plane serves. Only `compile` makes one, so a snapshot is always valid and frozen.
import type { Health } from '../../model/base/health.ts';
import type { RuleActionsSnapshot } from './rule-actions.ts';
import type { VersionedMap } from './versioned-map.ts';

export type Protocol = 'TCP' | 'UDP' | 'HTTP' | 'HTTPS';
export type Algorithm = 'weighted-round-robin' | 'weighted-least-connections' | 'source-ip-hash';

/** One target of a target group, resolved from the attachments that bind it. */
export interface TargetSnapshot {
  /** The target key, made by `targetKey`. */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  /** The target's weight, 0-100. A target with weight 0 takes no new traffic. */
  readonly weight: number;
  /** The attachment that binds the target, and its name there; shown in the status. */
  readonly attachment: string;
  readonly name: string;
  /** Reason why the target's server must not take traffic. `undefined` if the server may take traffic. */
  readonly ineligible: string | undefined;
}

/** An active health check with every default filled in. Times are in milliseconds. */
export interface HealthCheckSnapshot {
  readonly protocol: 'TCP' | 'HTTP' | 'HTTPS' | 'UDP';
  /** Port to which the health check connects. `undefined` for the target's own port. */
  readonly port: number | undefined;
  readonly path: string;
  /** Host header of HTTP checks. `undefined` for the target's address and port. */
  readonly host: string | undefined;
  readonly method: string;
  /** HTTP status codes that pass the check, as inclusive ranges. */
  readonly expectedCodes: readonly (readonly [number, number])[];
  /** UDP checks only: the payload that is sent. */
  readonly send: string | undefined;
  /** UDP checks only: text that the response must contain. `undefined` if any response, or none, passes. */
  readonly expect: string | undefined;
  /** Version of the PROXY header that each check sends first. `undefined` for no header. */
  readonly proxyProtocol: ProxyProtocol | undefined;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export type ProxyProtocol = 'v1' | 'v2';

/** Sticky sessions of a target group: how a client stays with its target. */
export type StickySnapshot =
  | {
      readonly type: 'cookie';
      readonly cookieName: string;
      readonly cookieKey: string;
      /** Lifetime of the cookie. `undefined` for the browser's session. */
      readonly lifetimeMs: number | undefined;
      readonly sameSite: 'Lax' | 'Strict' | 'None';
      /** Domain whose hosts all get the cookie. `undefined` for the host that set it. */
      readonly domain: string | undefined;
    }
  | { readonly type: 'source-ip'; readonly lifetimeMs: number };

/** A target group: the targets of a listener or of one of its rules, which are balanced together. */
export interface TargetGroupSnapshot {
  /** Id of the target group: the listener's id, or for a rule the id that `targetGroupIdOfRule` makes. */
  readonly id: string;
  readonly listenerId: string;
  /** The rule's id. `undefined` for the listener's own target group. */
  readonly ruleId: string | undefined;
  readonly algorithm: Algorithm;
  /** The health check of the targets. `undefined` if they are not checked. */
  readonly healthCheck: HealthCheckSnapshot | undefined;
  readonly sticky: StickySnapshot | undefined;
  readonly slowStartMs: number;
  /** Limit for idle HTTP connections to each target over all workers. `undefined` for no limit. */
  readonly maxIdleTargetConnections: number | undefined;
  /** Limit for HTTP connections to each target over all workers, including idle ones. `undefined` for no limit. */
  readonly maxConnectionsPerTarget: number | undefined;
  /** What the rule does with its requests. `undefined` if it only chooses targets. */
  readonly actions: RuleActionsSnapshot | undefined;
  readonly targets: VersionedMap<string, TargetSnapshot>;
}

export interface RuleSnapshot {
  readonly id: string;
  /** The host as the user wrote it, with a wildcard such as "*.example.com". */
  readonly host: string | undefined;
  readonly path: string | undefined;
  readonly pathMatch: 'prefix' | 'exact';
  /** The model version that last changed the rule. It is larger for the newer of two rules with the same match. */
  readonly version: number;
  readonly targetGroup: TargetGroupSnapshot;
}

export interface CertificateSnapshot {
  readonly name: string;
  /** The certificate in PEM, like `privateKey`. */
  readonly certificate: string;
  readonly privateKey: string;
  /** Server names of the certificate. `undefined` for the names in the certificate itself. */
  readonly serverNames: readonly string[] | undefined;
}

/** The networks of the clients that may use a listener, in CIDR notation. */
export interface ClientNetworks {
  /** `undefined` for every network. */
  readonly allow: readonly string[] | undefined;
  /** Networks whose clients may not use the listener, whatever `allow` says. */
  readonly deny: readonly string[];
}

/** A limit of events a second: a token bucket. */
export interface RateSnapshot {
  readonly perSecond: number;
  /** How many events may come at once after a pause. */
  readonly burst: number;
}

export interface ListenerSnapshot {
  readonly id: string;
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
  readonly idleTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** The time that the body of a request may take until the response begins. 0 for no limit. */
  readonly requestBodyTimeoutMs: number;
  /** The bytes per second that the body of a request must have until the response begins. 0 for no limit. */
  readonly requestBodyMinRate: number;
  /** Idle timeout of tunnels and event streams: 0 for none, `undefined` for `idleTimeoutMs`. */
  readonly tunnelIdleTimeoutMs: number | undefined;
  readonly drainMs: number;
  /** Limit for open client connections over all workers. `undefined` for no limit. */
  readonly maxConnections: number | undefined;
  /** Limit over all workers for requests that wait for their responses. `undefined` for no limit. */
  readonly maxPendingRequests: number | undefined;
  readonly proxyProtocol: ProxyProtocol | undefined;
  /** Networks of senders that begin each connection with a PROXY header, in CIDR notation. */
  readonly acceptProxyProtocol: readonly string[];
  /** Networks of trusted proxies in CIDR notation, such as `10.0.0.0/8`. */
  readonly trustedProxies: readonly string[];
  /** `undefined` if every client may use the listener. */
  readonly clientNetworks: ClientNetworks | undefined;
  /** Limit over all workers for new connections or UDP sessions. `undefined` for no limit, as for those below. */
  readonly connectionRate: RateSnapshot | undefined;
  /** Limit over all workers for requests. */
  readonly requestRate: RateSnapshot | undefined;
  /** Limit over all workers for the requests of each client address. */
  readonly clientRequestRate: RateSnapshot | undefined;
  /** Certificates, ordered by name. A client that sends no server name gets the first one. */
  readonly certificates: readonly CertificateSnapshot[];
  /** The target group for requests that no rule matches. */
  readonly targetGroup: TargetGroupSnapshot;
  /** The listener's rules that have an attachment, or respond themselves. */
  readonly rules: readonly RuleSnapshot[];
}

/** The id of a rule's target group. No listener can have the same id. */
export function targetGroupIdOfRule(ruleId: string): string {
  return `rules/${ruleId}`;
}

/** The listener's own target group and those of its rules. */
export function targetGroupsOf({ targetGroup, rules }: ListenerSnapshot): TargetGroupSnapshot[] {
  return [targetGroup, ...rules.map((rule) => rule.targetGroup)];
}

/**
 * A whole desired state. `compile` returns the identical listener, target group and target objects if nothing changed
 * in them, so that a difference is found with `!==`.
 */
export interface Snapshot {
  /** The version of the model from which the snapshot was compiled. */
  readonly version: number;
  /** Listeners that serve, by id: one for each address and port. */
  readonly listeners: ReadonlyMap<string, ListenerSnapshot>;
  /** Listeners that wait for the VIP:port of a serving one. Engines check their certificates but open no socket. */
  readonly waiting: ReadonlyMap<string, ListenerSnapshot>;
  /** Every target group of every listener, by id, including those of waiting listeners. */
  readonly targetGroups: ReadonlyMap<string, TargetGroupSnapshot>;
}

/** The listener with this id, serving or waiting. Returns `undefined` if there is no such listener. */
export function listenerOf({ listeners, waiting }: Snapshot, id: string): ListenerSnapshot | undefined {
  return listeners.get(id) ?? waiting.get(id);
}

export type { Health };

export function takesTraffic(health: Health): boolean {
  return health === 'healthy' || health === 'unchecked';
}
