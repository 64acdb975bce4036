// The targets of an attachment with every default resolved: what compile serves and hand-over compares.

import { type TargetAttachmentProperties, weightOf } from '../../model/target-attachment.ts';
import { targetKey } from '../../model/target-key.ts';
import { groupIdOfRule } from '../snapshot.ts';
import type { StoredObject } from '../store/store.ts';
import type { ModelView } from './model.ts';

export interface ResolvedTarget {
  readonly name: string;
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}

/** What serves which listener and rule, found in one walk over the model. */
export class MembershipIndex {
  readonly #byListener: Lists<'attachments'>;
  readonly #byLoadBalancer: Lists<'attachments'>;
  readonly #byRule: Lists<'attachments'>;
  readonly #rules: Lists<'rules'>;

  constructor(view: ModelView) {
    const attachments = [...view.list('attachments')];
    this.#byListener = Map.groupBy(attachments, ({ properties }) => properties.listenerId);
    this.#byLoadBalancer = Map.groupBy(attachments, ({ properties }) => properties.loadBalancerId);
    this.#byRule = Map.groupBy(attachments, ({ properties }) => properties.ruleId);
    this.#rules = Map.groupBy(view.list('rules'), ({ properties }) => properties.listenerId);
  }

  /** Its own attachments, and only where there is none its load balancer's. */
  ofListener(listener: StoredObject<'listeners'>): readonly StoredObject<'attachments'>[] {
    const shared = this.#byLoadBalancer.get(listener.properties.loadBalancerId);
    return this.#byListener.get(listener.id) ?? shared ?? [];
  }

  ofRule(rule: StoredObject<'rules'>): readonly StoredObject<'attachments'>[] {
    return this.#byRule.get(rule.id) ?? [];
  }

  rulesOf(listener: StoredObject<'listeners'>): readonly StoredObject<'rules'>[] {
    return this.#rules.get(listener.id) ?? [];
  }
}

type Lists<K extends 'attachments' | 'rules'> = ReadonlyMap<string | undefined, readonly StoredObject<K>[]>;

/** A group of targets that an attachment serves, and the port that counts for all of them under a classic listener. */
export interface ServedGroup {
  readonly groupId: string;
  readonly listenerId: string;
  readonly fixedPort: number | undefined;
}

/** What an attachment serves now: its rule, its listener, or those listeners of its load balancer that have none of their own. */
export function groupsServedBy(view: ModelView, parent: ParentOf): ServedGroup[] {
  if (parent.ruleId !== undefined) {
    const rule = view.get('rules', parent.ruleId);
    if (rule === undefined) return [];
    return [{ groupId: groupIdOfRule(rule.id), listenerId: rule.properties.listenerId, fixedPort: undefined }];
  }
  return listenersServedBy(view, parent).map(({ id, properties }) => {
    return { groupId: id, listenerId: id, fixedPort: properties.backendPort };
  });
}

type ParentOf = Pick<TargetAttachmentProperties, 'listenerId' | 'loadBalancerId' | 'ruleId'>;

function listenersServedBy(view: ModelView, parent: ParentOf): StoredObject<'listeners'>[] {
  if (parent.listenerId !== undefined) {
    const listener = view.get('listeners', parent.listenerId);
    return listener === undefined ? [] : [listener];
  }
  const listeners = [...view.list('listeners')].filter((l) => l.properties.loadBalancerId === parent.loadBalancerId);
  const withOwn = new Set([...view.list('attachments')].map((a) => a.properties.listenerId));
  return listeners.filter((listener) => !withOwn.has(listener.id));
}

/** `fixedPort` is a classic listener's backend port, which counts for every target. */
export function resolveTargets(
  attachment: Pick<TargetAttachmentProperties, 'targets' | 'defaultPort'>,
  fixedPort: number | undefined,
): ResolvedTarget[] {
  return Object.entries(attachment.targets).flatMap(([name, target]) => {
    const port = fixedPort ?? target.port ?? attachment.defaultPort;
    if (port === undefined) return [];
    const key = targetKey(target.address, port);
    return [{ name, key, address: target.address, port, weight: weightOf(target) }];
  });
}
