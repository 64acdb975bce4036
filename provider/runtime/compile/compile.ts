// Compile: the model becomes the immutable snapshot that every engine serves; what did not change is the same object again.

import { isDeepStrictEqual } from 'node:util';
import type { ForwardingRuleProperties } from '../../model/objects/forwarding-rule.ts';
import { type HealthCheckProperties, parseCodes } from '../../model/objects/health-check.ts';
import { healthCheckOf, idleTimeoutSeconds, type ListenerProperties } from '../../model/objects/listener.ts';
import { toMs } from '../../model/objects/seconds.ts';
import {
  DEFAULT_COOKIE_NAME,
  DEFAULT_SOURCE_SECONDS,
  type StickySessionProperties,
} from '../../model/objects/sticky-session.ts';
import {
  type CertificateSnapshot,
  type GroupSnapshot,
  groupIdOfRule,
  groupsOf,
  type HealthCheckSnapshot,
  type ListenerSnapshot,
  listenerOf,
  type ProxyProtocol,
  type RuleSnapshot,
  type Snapshot,
  type StickySnapshot,
  type TargetSnapshot,
} from '../contract/snapshot.ts';
import { type Binder, MembershipIndex, resolveTargets } from '../stored/bindings.ts';
import { membersOf } from '../stored/members.ts';
import type { ModelView } from '../stored/model.ts';
import type { StoredObject } from '../stored/object.ts';
import { servingListeners } from '../stored/vip-ports.ts';

/** A snapshot with what each of its listeners was made from: the listener, its load balancer and all the rest. */
export interface Compiled {
  readonly snapshot: Snapshot;
  readonly sources: ReadonlyMap<string, readonly StoredObject[]>;
}

/** Rebuilds only the listeners whose objects are others than in `previous`. */
export function compile(view: ModelView, previous?: Compiled): Compiled {
  const listeners = new Map<string, ListenerSnapshot>();
  const waiting = new Map<string, ListenerSnapshot>();
  const serving = servingListeners(view);
  const sources = new Map<string, readonly StoredObject[]>();
  const index = new MembershipIndex(view);
  for (const listener of view.list('listeners')) {
    const loadBalancer = view.get('load-balancers', listener.properties.loadBalancerId);
    if (loadBalancer === undefined) continue;
    const rules = index.rulesOf(listener);
    const binders = [...index.ofListener(listener), ...rules.flatMap((rule) => index.ofRule(rule))];
    const source = [
      listener,
      loadBalancer,
      ...rules,
      ...binders.flatMap((binder) => [binder, ...partsOf(view, binder)]),
    ];
    const served = previous && listenerOf(previous.snapshot, listener.id);
    const isSame = served !== undefined && isSameList(previous?.sources.get(listener.id) ?? [], source);
    sources.set(listener.id, source);
    const compiled = isSame ? served : compileListener(view, listener, loadBalancer, index, served);
    (serving.has(listener.id) ? listeners : waiting).set(listener.id, compiled);
  }
  const groups = new Map<string, GroupSnapshot>();
  for (const listener of [...listeners.values(), ...waiting.values()]) {
    for (const group of groupsOf(listener)) groups.set(group.id, group);
  }
  return { snapshot: Object.freeze({ version: view.version, listeners, waiting, groups }), sources };
}

/** The objects that a binder's targets are made of, beside itself and what it is attached to. */
function partsOf(view: ModelView, binder: Binder): StoredObject[] {
  if (binder.kind === 'attachments') return serversOf(view, serverIdsOf(binder));
  const group = view.get('groups', binder.properties.groupId);
  return group === undefined ? [] : [group, ...serversOf(view, Object.values(membersOf(group)))];
}

function serversOf(view: ModelView, serverIds: readonly string[]): StoredObject[] {
  return serverIds.flatMap((id) => view.get('backend-servers', id) ?? []);
}

/** By attachment, which never changes: to look through 10,000 targets at each compile takes 4 ms. */
const knownServerIds = new WeakMap<StoredObject<'attachments'>, readonly string[]>();

function serverIdsOf(attachment: StoredObject<'attachments'>): readonly string[] {
  const known = knownServerIds.get(attachment);
  if (known !== undefined) return known;
  const found = Object.values(attachment.properties.targets).flatMap(({ serverId }) => serverId ?? []);
  knownServerIds.set(attachment, found);
  return found;
}

function compileListener(
  view: ModelView,
  listener: StoredObject<'listeners'>,
  loadBalancer: StoredObject<'load-balancers'>,
  index: MembershipIndex,
  served: ListenerSnapshot | undefined,
): ListenerSnapshot {
  const { properties } = listener;
  const group = compileGroup(
    view,
    { properties, healthCheck: healthCheckOf(properties), cookieKey: listener.state.cookieKey },
    listener,
    index.ofListener(listener),
    served?.group,
  );
  // One that no attachment is of is being made or taken away: its requests go where they would go without it.
  const used = index.rulesOf(listener).filter((rule) => index.ofRule(rule).length > 0);
  const rules = used.map((rule) => {
    const before = served?.rules.find(({ id }) => id === rule.id);
    return compileRule(view, rule, listener, index.ofRule(rule), before);
  });
  return Object.freeze({
    id: listener.id,
    protocol: properties.protocol,
    address: loadBalancer.state.vip,
    port: properties.port,
    idleTimeoutMs: toMs(idleTimeoutSeconds(properties)),
    requestTimeoutMs: toMs(properties.requestTimeoutSeconds),
    drainMs: toMs(properties.drainSeconds),
    maxConnections: properties.maxConnections,
    maxPendingRequests: properties.maxPendingRequests,
    proxyProtocol: properties.proxyProtocol,
    trustedProxies: properties.trustedProxies ?? [],
    certificates: kept(served?.certificates, compileCertificates(properties)),
    group,
    rules,
  });
}

function compileRule(
  view: ModelView,
  { id, version, properties, state }: StoredObject<'rules'>,
  listener: StoredObject<'listeners'>,
  binders: readonly Binder[],
  served: RuleSnapshot | undefined,
): RuleSnapshot {
  const { host, path, pathMatch, healthCheck } = properties;
  const balanced = { ruleId: id, properties, healthCheck, cookieKey: state.cookieKey };
  const group = compileGroup(view, balanced, listener, binders, served?.group);
  return Object.freeze({ id, host, path, pathMatch, version, group });
}

/** What a listener and a rule both say of their targets. */
interface Balanced {
  readonly ruleId?: string;
  readonly properties: Pick<ForwardingRuleProperties, 'algorithm' | 'stickySession'>;
  readonly healthCheck: HealthCheckProperties;
  /** The one that the runtime chose. */
  readonly cookieKey: string | undefined;
}

function compileGroup(
  view: ModelView,
  { ruleId, properties, healthCheck, cookieKey }: Balanced,
  { id: listenerId, properties: listener }: StoredObject<'listeners'>,
  binders: readonly Binder[],
  served: GroupSnapshot | undefined,
): GroupSnapshot {
  const group: GroupSnapshot = {
    id: ruleId === undefined ? listenerId : groupIdOfRule(ruleId),
    listenerId,
    ruleId,
    algorithm: properties.algorithm,
    healthCheck: kept(served?.healthCheck, compileHealthCheck(healthCheck, listener.proxyProtocol)),
    sticky: kept(served?.sticky, compileSticky(properties.stickySession, cookieKey)),
    slowStartMs: toMs(listener.slowStartSeconds),
    targets: compileTargets(view, binders, listener.backendPort, served?.targets),
  };
  const isSame =
    served !== undefined &&
    Object.entries(group).every(([name, value]) => served[name as keyof GroupSnapshot] === value);
  return isSame ? served : Object.freeze(group);
}

/** Where several attachments claim one wire identity, the newest claim's weight counts. */
function compileTargets(
  view: ModelView,
  binders: readonly Binder[],
  fixedPort: number | undefined,
  served: ReadonlyMap<string, TargetSnapshot> | undefined,
): ReadonlyMap<string, TargetSnapshot> {
  const targets = new Map<string, TargetSnapshot>();
  const claimedAtOf = new Map<string, number>();
  for (const binder of binders) {
    for (const { claim, ineligible: fault, ...target } of resolveTargets(view, binder, fixedPort)) {
      const claimedAt = binder.state.claims[claim] ?? 0;
      if (claimedAt < (claimedAtOf.get(target.key) ?? -1)) continue;
      claimedAtOf.set(target.key, claimedAt);
      const present = served?.get(target.key);
      const next = { ...target, attachment: binder.id, ineligible: fault?.reason };
      const isSame =
        present?.weight === next.weight &&
        present.name === next.name &&
        present.attachment === next.attachment &&
        present.ineligible === next.ineligible;
      targets.set(target.key, isSame ? present : Object.freeze(next));
    }
  }
  const isSame = served?.size === targets.size && [...targets].every(([key, target]) => served.get(key) === target);
  return isSame ? served : targets;
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
  if (type === 'source-ip') return Object.freeze({ type, lifetimeMs: toMs(lifetimeSeconds ?? DEFAULT_SOURCE_SECONDS) });
  const lifetimeMs = lifetimeSeconds === undefined ? undefined : toMs(lifetimeSeconds);
  return Object.freeze({ type, cookieName, cookieKey, lifetimeMs });
}

function compileCertificates({ certificates = {} }: ListenerProperties): readonly CertificateSnapshot[] {
  return Object.entries(certificates)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { certificate, privateKey, serverNames }]) => ({ name, certificate, privateKey, serverNames }));
}

/** The object that is served where the new one says the same. */
function kept<T>(served: T | undefined, next: T): T {
  return served !== undefined && isDeepStrictEqual(served, next) ? served : next;
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
