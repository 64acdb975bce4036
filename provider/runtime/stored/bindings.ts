// The targets that attachments of either kind bind, with every default resolved: what compile serves and hand-over compares.

import { canonicalAddress, targetKey } from '../../model/base/target-key.ts';
import type { GroupAttachmentProperties } from '../../model/objects/group-attachment.ts';
import { isHttp } from '../../model/objects/listener.ts';
import type { LoadBalancerProperties } from '../../model/objects/load-balancer.ts';
import type { ParentIds } from '../../model/objects/parent.ts';
import { type Target, type TargetAttachmentProperties, weightOf } from '../../model/objects/target-attachment.ts';
import { bindingFault, type Ineligibility } from '../../model/rules/eligibility.ts';
import { groupIdOfRule } from '../contract/snapshot.ts';
import { membersOf } from './members.ts';
import type { Lookup, ModelView } from './model.ts';
import type { StoredObject } from './object.ts';

/** What binds targets: an attachment with targets of its own, or one of an auto scaling group with its members. */
export type Binder = StoredObject<'attachments'> | StoredObject<'group-attachments'>;

/** As much of a binder as decides its targets. */
export type Bindings =
  | { readonly kind: 'attachments'; readonly properties: TargetAttachmentProperties }
  | { readonly kind: 'group-attachments'; readonly properties: GroupAttachmentProperties };

export interface ResolvedTarget {
  readonly name: string;
  readonly key: string;
  /** What its binder claims by it: the wire identity; under a classic load balancer, of which each listener has a port, the address. */
  readonly claim: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  /** Why it may take no traffic now. */
  readonly ineligible: Ineligibility | undefined;
}

export function* bindersOf(view: ModelView): Iterable<Binder> {
  yield* view.list('attachments');
  yield* view.list('group-attachments');
}

/** What serves which listener and rule, found in one walk over the model. */
export class MembershipIndex {
  readonly #byListener: Lists<Binder>;
  readonly #byLoadBalancer: Lists<Binder>;
  readonly #byRule: Lists<Binder>;
  readonly #rules: Lists<StoredObject<'rules'>>;

  constructor(view: ModelView) {
    const binders = [...bindersOf(view)];
    this.#byListener = Map.groupBy(binders, ({ properties }) => properties.listenerId);
    this.#byLoadBalancer = Map.groupBy(binders, ({ properties }) => properties.loadBalancerId);
    this.#byRule = Map.groupBy(binders, ({ properties }) => properties.ruleId);
    this.#rules = Map.groupBy(view.list('rules'), ({ properties }) => properties.listenerId);
  }

  /** Its own attachments, and only where there is none its load balancer's. */
  ofListener(listener: StoredObject<'listeners'>): readonly Binder[] {
    const shared = this.#byLoadBalancer.get(listener.properties.loadBalancerId);
    return this.#byListener.get(listener.id) ?? shared ?? [];
  }

  ofRule(rule: StoredObject<'rules'>): readonly Binder[] {
    return this.#byRule.get(rule.id) ?? [];
  }

  /** None of a listener that is no longer HTTP or HTTPS: its stack is about to delete them. */
  rulesOf({ id, properties }: StoredObject<'listeners'>): readonly StoredObject<'rules'>[] {
    return (isHttp(properties.protocol) && this.#rules.get(id)) || [];
  }
}

type Lists<T> = ReadonlyMap<string | undefined, readonly T[]>;

/** A group of targets that an attachment serves, and the port that counts for all of them under a classic listener. */
export interface ServedGroup {
  readonly groupId: string;
  readonly listenerId: string;
  readonly fixedPort: number | undefined;
}

/** What an attachment serves now: its rule, its listener, or those listeners of its load balancer that have none of their own. */
export function groupsServedBy(view: ModelView, parent: ParentIds): ServedGroup[] {
  if (parent.ruleId !== undefined) {
    const rule = view.get('rules', parent.ruleId);
    if (rule === undefined) return [];
    return [{ groupId: groupIdOfRule(rule.id), listenerId: rule.properties.listenerId, fixedPort: undefined }];
  }
  return listenersServedBy(view, parent).map(({ id, properties }) => {
    return { groupId: id, listenerId: id, fixedPort: properties.backendPort };
  });
}

function listenersServedBy(view: ModelView, parent: ParentIds): StoredObject<'listeners'>[] {
  if (parent.listenerId !== undefined) {
    const listener = view.get('listeners', parent.listenerId);
    return listener === undefined ? [] : [listener];
  }
  const listeners = [...view.list('listeners')].filter((l) => l.properties.loadBalancerId === parent.loadBalancerId);
  const withOwn = new Set([...bindersOf(view)].map((binder) => binder.properties.listenerId));
  return listeners.filter((listener) => !withOwn.has(listener.id));
}

/** The load balancer that a parent is, or belongs to. */
export function loadBalancerOf(view: Lookup, parent: ParentIds): StoredObject<'load-balancers'> | undefined {
  const listenerId =
    parent.ruleId === undefined ? parent.listenerId : view.get('rules', parent.ruleId)?.properties.listenerId;
  const id =
    listenerId === undefined ? parent.loadBalancerId : view.get('listeners', listenerId)?.properties.loadBalancerId;
  return id === undefined ? undefined : view.get('load-balancers', id);
}

/** What a binder asks for: targets by name, with their ports and weights; a member has the type of its server. */
export function wantedTargets(view: Lookup, { kind, properties }: Bindings): [name: string, target: Target][] {
  if (kind === 'attachments') {
    const { targets, defaultPort } = properties;
    return Object.entries(targets).map(([name, target]) => [name, { ...target, port: target.port ?? defaultPort }]);
  }
  const group = view.get('groups', properties.groupId);
  const { port, weight } = properties;
  return Object.entries(group === undefined ? {} : membersOf(group)).map(([name, serverId]) => {
    return [name, { serverId, type: view.get('backend-servers', serverId)?.properties.kind, port, weight }];
  });
}

/** `fixedPort` is a classic listener's backend port, which counts for every target. A server that is not there has no target. */
export function resolveTargets(view: ModelView, binder: Bindings, fixedPort: number | undefined): ResolvedTarget[] {
  const place = loadBalancerOf(view, binder.properties)?.properties;
  return wantedTargets(view, binder).flatMap(([name, target]) => {
    const port = fixedPort ?? target.port;
    const address = target.address ?? serverOf(view, target)?.properties.addresses[0];
    if (port === undefined || address === undefined) return [];
    const key = targetKey(address, port);
    const claim = place?.type === 'classic' ? canonicalAddress(address) : key;
    const ineligible = place && targetFault(view, target, place);
    return [{ name, key, claim, address, port, weight: weightOf(target), ineligible }];
  });
}

/** Why a target may take none of the load balancer's traffic; undefined where it may. */
export function targetFault(
  view: ModelView,
  target: Target,
  loadBalancer: LoadBalancerProperties,
): Ineligibility | undefined {
  const server = serverOf(view, target);
  return bindingFault(target, server && { ...server.properties, isExpired: server.state.expired }, loadBalancer);
}

function serverOf(view: ModelView, { serverId }: Target): StoredObject<'backend-servers'> | undefined {
  return serverId === undefined ? undefined : view.get('backend-servers', serverId);
}
