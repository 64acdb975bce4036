// Compile: a model becomes the immutable snapshot that engines serve; unchanged parts stay the identical objects.

import { isDeepStrictEqual } from 'node:util';
import { isSameList } from '../../model/base/same-list.ts';
import type { ForwardingRuleProperties } from '../../model/objects/forwarding-rule.ts';
import { type HealthCheckProperties, parseCodes } from '../../model/objects/health-check.ts';
import {
  healthCheckOf,
  idleTimeoutSeconds,
  type ListenerProperties,
  orderedCertificates,
} from '../../model/objects/listener.ts';
import { toMs } from '../../model/objects/seconds.ts';
import {
  DEFAULT_COOKIE_NAME,
  DEFAULT_SAME_SITE,
  DEFAULT_SOURCE_SECONDS,
  type StickySessionProperties,
} from '../../model/objects/sticky-session.ts';
import type { RuleActionsSnapshot } from '../contract/rule-actions.ts';
import {
  type CertificateSnapshot,
  type HealthCheckSnapshot,
  type ListenerSnapshot,
  listenerOf,
  type ProxyProtocol,
  type RuleSnapshot,
  type Snapshot,
  type StickySnapshot,
  type TargetGroupSnapshot,
  targetGroupIdOfRule,
  targetGroupsOf,
} from '../contract/snapshot.ts';
import { targetSourcesOf } from '../stored/attachments.ts';
import { type Bindings, bindingsOf } from '../stored/bindings.ts';
import type { ModelView } from '../stored/model.ts';
import type { Attachment, ObjectChange, StoredObject } from '../stored/object.ts';
import { servedResponseOf } from '../stored/own-responses.ts';
import { servingListeners } from '../stored/vip-ports.ts';
import { compileClientLimits } from './client-limits.ts';
import { compileActions } from './rule-actions.ts';

/**
 * A snapshot, and by listener id the stored objects that each listener was compiled from. A list of stored objects
 * starts with the listener and its load balancer; then come rules, attachments, servers and auto scaling groups.
 */
export interface Compiled {
  readonly snapshot: Snapshot;
  readonly sources: ReadonlyMap<string, readonly StoredObject[]>;
}

/** A write that was tried on a draft, with the snapshots before and after the write, each compiled on first use. */
export interface CompiledWrite {
  /** Key of the written object or group member. A waiting write is superseded by a newer write with the same key. */
  readonly name: string;
  /** Id of the token that writes; `undefined` for the administrator. */
  readonly caller: string | undefined;
  readonly model: ModelView;
  readonly before: Compiled;
  readonly after: Compiled;
  readonly changes: readonly ObjectChange[];
  /** The object after the write; `undefined` if the write deleted the object. */
  readonly written: StoredObject | undefined;
}

/** Compiles a model. A listener whose stored objects are unchanged is taken from `previous`. */
export function compile(view: ModelView, previous?: Compiled): Compiled {
  const listeners = new Map<string, ListenerSnapshot>();
  const waiting = new Map<string, ListenerSnapshot>();
  const serving = servingListeners(view);
  const sources = new Map<string, readonly StoredObject[]>();
  const bindings = bindingsOf(view);
  for (const listener of view.list('listeners')) {
    const loadBalancer = view.get('load-balancers', listener.properties.loadBalancerId);
    if (loadBalancer === undefined) continue;
    const rules = bindings.rulesOf(listener);
    const attachments = [...bindings.ofListener(listener), ...rules.flatMap((rule) => bindings.ofRule(rule))];
    const source = [
      listener,
      loadBalancer,
      ...rules,
      ...attachments.flatMap((attachment) => [attachment, ...targetSourcesOf(view, attachment)]),
    ];
    const served = previous && listenerOf(previous.snapshot, listener.id);
    const isSame = served !== undefined && isSameList(previous?.sources.get(listener.id) ?? [], source);
    sources.set(listener.id, source);
    const compiled = isSame ? served : compileListener(bindings, listener, loadBalancer, served);
    (serving.has(listener.id) ? listeners : waiting).set(listener.id, compiled);
  }
  const targetGroups = new Map<string, TargetGroupSnapshot>();
  for (const listener of [...listeners.values(), ...waiting.values()]) {
    for (const targetGroup of targetGroupsOf(listener)) targetGroups.set(targetGroup.id, targetGroup);
  }
  return { snapshot: Object.freeze({ version: view.version, listeners, waiting, targetGroups }), sources };
}

function compileListener(
  bindings: Bindings,
  listener: StoredObject<'listeners'>,
  loadBalancer: StoredObject<'load-balancers'>,
  served: ListenerSnapshot | undefined,
): ListenerSnapshot {
  const { properties } = listener;
  const targetGroup = compileTargetGroup(
    bindings,
    { properties, healthCheck: healthCheckOf(properties), cookieKey: listener.state.cookieKey },
    listener,
    bindings.ofListener(listener),
    served?.targetGroup,
  );
  // A rule without attachments is being created or deleted, so requests are routed as if it did not exist.
  const used = bindings.rulesOf(listener).filter((rule) => {
    return bindings.ofRule(rule).length > 0 || servedResponseOf(rule) !== undefined;
  });
  const rules = used.map((rule) => {
    const before = served?.rules.find(({ id }) => id === rule.id);
    return compileRule(bindings, rule, listener, before);
  });
  return Object.freeze({
    id: listener.id,
    protocol: properties.protocol,
    address: loadBalancer.state.vip,
    port: properties.port,
    idleTimeoutMs: toMs(idleTimeoutSeconds(properties)),
    requestTimeoutMs: toMs(properties.requestTimeoutSeconds),
    // Listeners that a release before 0.2.0 stored do not have these properties.
    requestBodyTimeoutMs: toMs(properties.requestBodyTimeoutSeconds ?? 0),
    requestBodyMinRate: properties.requestBodyMinRate ?? 0,
    tunnelIdleTimeoutMs: properties.tunnelIdleTimeoutSeconds && toMs(properties.tunnelIdleTimeoutSeconds),
    drainMs: toMs(properties.drainSeconds),
    maxConnections: properties.maxConnections,
    maxPendingRequests: properties.maxPendingRequests,
    proxyProtocol: properties.proxyProtocol,
    acceptProxyProtocol: properties.acceptProxyProtocol ?? [],
    trustedProxies: properties.trustedProxies ?? [],
    ...compileClientLimits(properties),
    certificates: kept(served?.certificates, compileCertificates(properties)),
    targetGroup,
    rules,
  });
}

function compileRule(
  bindings: Bindings,
  rule: StoredObject<'rules'>,
  listener: StoredObject<'listeners'>,
  served: RuleSnapshot | undefined,
): RuleSnapshot {
  const { id, version, properties, state } = rule;
  const { host, path, pathMatch, healthCheck } = properties;
  const actions = compileActions(properties, servedResponseOf(rule));
  const balanced = { ruleId: id, properties, healthCheck, cookieKey: state.cookieKey, actions };
  const targetGroup = compileTargetGroup(bindings, balanced, listener, bindings.ofRule(rule), served?.targetGroup);
  return Object.freeze({ id, host, path, pathMatch, version, targetGroup });
}

/** Settings for balancing that listeners and rules have in common. */
interface Balanced {
  readonly ruleId?: string;
  readonly properties: Pick<
    ForwardingRuleProperties,
    'algorithm' | 'stickySession' | 'maxIdleTargetConnections' | 'maxConnectionsPerTarget'
  >;
  readonly healthCheck: HealthCheckProperties;
  /** Key for sticky cookies that the runtime generated; used if the properties give no key. */
  readonly cookieKey: string | undefined;
  readonly actions?: RuleActionsSnapshot | undefined;
}

function compileTargetGroup(
  bindings: Bindings,
  { ruleId, properties, healthCheck, cookieKey, actions }: Balanced,
  { id: listenerId, properties: listener }: StoredObject<'listeners'>,
  attachments: readonly Attachment[],
  served: TargetGroupSnapshot | undefined,
): TargetGroupSnapshot {
  const targetGroup: TargetGroupSnapshot = {
    id: ruleId === undefined ? listenerId : targetGroupIdOfRule(ruleId),
    listenerId,
    ruleId,
    algorithm: properties.algorithm,
    healthCheck: kept(served?.healthCheck, compileHealthCheck(healthCheck, listener.proxyProtocol)),
    sticky: kept(served?.sticky, compileSticky(properties.stickySession, cookieKey)),
    slowStartMs: toMs(listener.slowStartSeconds),
    maxIdleTargetConnections: properties.maxIdleTargetConnections,
    maxConnectionsPerTarget: properties.maxConnectionsPerTarget,
    actions: kept(served?.actions, actions),
    targets: bindings.heldTargets(attachments, listener.backendPort, served?.targets),
  };
  const isSame =
    served !== undefined &&
    Object.entries(targetGroup).every(([name, value]) => served[name as keyof TargetGroupSnapshot] === value);
  return isSame ? served : Object.freeze(targetGroup);
}

function compileHealthCheck(
  check: HealthCheckProperties,
  proxyProtocol: ProxyProtocol | undefined,
): HealthCheckSnapshot | undefined {
  if (check.protocol === 'none') return undefined;
  return Object.freeze({
    protocol: check.protocol,
    port: check.port,
    path: check.path,
    host: check.host,
    method: check.method,
    expectedCodes: parseCodes(check.expectedCodes),
    send: check.send,
    expect: check.expect,
    proxyProtocol,
    intervalMs: toMs(check.intervalSeconds),
    timeoutMs: toMs(check.timeoutSeconds),
    healthyThreshold: check.healthyThreshold,
    unhealthyThreshold: check.unhealthyThreshold,
  });
}

function compileSticky(
  sticky: StickySessionProperties | undefined,
  chosenKey: string | undefined,
): StickySnapshot | undefined {
  if (sticky === undefined) return undefined;
  const { type, cookieName = DEFAULT_COOKIE_NAME, cookieKey = chosenKey ?? '', lifetimeSeconds } = sticky;
  const { sameSite = DEFAULT_SAME_SITE, domain } = sticky;
  if (type === 'source-ip') return Object.freeze({ type, lifetimeMs: toMs(lifetimeSeconds ?? DEFAULT_SOURCE_SECONDS) });
  const lifetimeMs = lifetimeSeconds === undefined ? undefined : toMs(lifetimeSeconds);
  return Object.freeze({ type, cookieName, cookieKey, lifetimeMs, sameSite, domain });
}

function compileCertificates({ certificates = {} }: ListenerProperties): readonly CertificateSnapshot[] {
  return orderedCertificates(certificates).map(({ name, certificate, privateKey, serverNames }) => {
    return { name, certificate, privateKey, serverNames };
  });
}

/** Returns the served value if the new value is equal to it, so unchanged parts stay the identical objects. */
function kept<T>(served: T | undefined, next: T): T {
  return served !== undefined && isDeepStrictEqual(served, next) ? served : next;
}
