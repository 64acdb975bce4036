// The targets of an attachment with every default resolved: what compile serves and hand-over compares.

import { type TargetAttachmentProperties, weightOf } from '../../model/target-attachment.ts';
import { targetKey } from '../../model/target-key.ts';
import type { StoredObject } from '../store/store.ts';
import type { ModelView } from './model.ts';

export interface ResolvedTarget {
  readonly name: string;
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}

/** The listeners whose traffic an attachment gets now: its own, or those of its load balancer that have none of their own. */
export function listenersServedBy(
  view: ModelView,
  attachment: Pick<TargetAttachmentProperties, 'listenerId' | 'loadBalancerId'>,
): StoredObject<'listeners'>[] {
  if (attachment.listenerId !== undefined) {
    const listener = view.get('listeners', attachment.listenerId);
    return listener === undefined ? [] : [listener];
  }
  const listeners = [...view.list('listeners')].filter(
    (l) => l.properties.loadBalancerId === attachment.loadBalancerId,
  );
  const withOwn = new Set([...view.list('attachments')].map((a) => a.properties.listenerId));
  return listeners.filter((listener) => !withOwn.has(listener.id));
}

/** The attachments that serve a listener: its own, and only where there is none its load balancer's. */
export function attachmentsOf(view: ModelView, listener: StoredObject<'listeners'>): StoredObject<'attachments'>[] {
  const own: StoredObject<'attachments'>[] = [];
  const shared: StoredObject<'attachments'>[] = [];
  for (const attachment of view.list('attachments')) {
    if (attachment.properties.listenerId === listener.id) own.push(attachment);
    else if (attachment.properties.loadBalancerId === listener.properties.loadBalancerId) shared.push(attachment);
  }
  return own.length > 0 ? own : shared;
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
