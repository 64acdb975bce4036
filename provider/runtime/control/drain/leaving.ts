// The targets that a batch of writes unbinds, for objects whose unbinds wait until the flows of these targets end.
import type { Kind } from '../../../model/base/kinds.ts';
import { keyOf } from '../../../model/base/object-key.ts';
import type { ParentIds } from '../../../model/objects/parent.ts';
import type { DrainingTarget } from '../../contract/engine-statistics.ts';
import { targetSourcesOf } from '../../stored/attachments.ts';
import { bindingsOf } from '../../stored/bindings.ts';
import type { Model } from '../../stored/model.ts';
import { type Attachment, isAttachment, type ObjectChange, type StoredObject } from '../../stored/object.ts';
import { touchedAttachments } from '../write/touched.ts';

export interface Leaving {
  /** The keys of the objects whose writes wait: the attachment, and the objects whose changes unbind its targets. */
  readonly waiting: readonly string[];
  /** The key of the attachment or listener whose `awaitDrainSeconds` counts. */
  readonly waiter: string;
  readonly seconds: number;
  /** Whether an unbound target is one of those that leave. */
  readonly has: (target: DrainingTarget) => boolean;
}

/** `before`, `after`: the model on both sides of a batch of changes. */
export function leavingTargets(before: Model, after: Model, changes: readonly ObjectChange[]): Leaving[] {
  const causes = new Map<Attachment, Set<string>>();
  for (const change of changes) {
    const { kind, id } = 'put' in change ? change.put : change.delete;
    for (const attachment of attachmentsChangedBy(before, change)) {
      const keys = causes.get(attachment) ?? new Set([keyOf(attachment.kind, attachment.id)]);
      causes.set(attachment, keys.add(keyOf(kind, id)));
    }
  }
  return [
    ...[...causes].flatMap(([attachment, keys]) => leavingOf(before, after, attachment, keys)),
    ...changes.flatMap((change) => ('delete' in change ? leavingWith(before, after, change.delete) : [])),
  ];
}

/**
 * The attachments, as they are before a change, whose targets the change may unbind. A deleted object other than an
 * attachment is used by no attachment that stays.
 */
function attachmentsChangedBy(before: Model, change: ObjectChange): Attachment[] {
  if ('delete' in change) {
    const deleted = before.get<Kind>(change.delete.kind, change.delete.id);
    return deleted !== undefined && isAttachment(deleted) ? [deleted] : [];
  }
  const { put } = change;
  // A listener that moves to another load balancer leaves the attachments of the old one.
  const versions = [before.get<Kind>(put.kind, put.id) ?? [], put].flat();
  const touched = touchedAttachments(before, before, versions).flatMap(({ attachment }) => {
    return before.get<Attachment['kind']>(attachment.kind, attachment.id) ?? [];
  });
  return isAttachment(put) ? [...touched, ...displacedBy(before, put)] : touched;
}

/** The attachments of the load balancer that no longer serve a listener, because it gets an attachment of its own. */
function displacedBy(before: Model, { properties: { listenerId } }: Attachment): Attachment[] {
  const listener = listenerId === undefined ? undefined : before.get('listeners', listenerId);
  const serving = listener === undefined ? [] : bindingsOf(before).ofListener(listener);
  return serving.filter(({ properties }) => properties.loadBalancerId !== undefined);
}

/** `causes`: the keys of the changed objects. Of deleted objects, those that the attachment depends on are added. */
function leavingOf(before: Model, after: Model, attachment: Attachment, causes: ReadonlySet<string>): Leaving[] {
  const next = after.get<Attachment['kind']>(attachment.kind, attachment.id);
  const seconds = (next ?? attachment).properties.awaitDrainSeconds ?? 0;
  if (seconds === 0) return [];
  const kept = next === undefined ? new Set<string>() : bindingNames(after, next);
  const left = new Set([...bindingNames(before, attachment)].filter((name) => !kept.has(name)));
  if (left.size === 0) return [];
  const above = [...parentsOf(before, attachment.properties), ...targetSourcesOf(before, attachment)];
  const waiter = keyOf(attachment.kind, attachment.id);
  const has = ({ listenerId, target }: DrainingTarget) => left.has(bindingName(listenerId, target.key));
  return [{ waiting: [...causes, ...deletedKeys(after, above)], waiter, seconds, has }];
}

/** The targets that leave with a deleted listener. */
function leavingWith(
  before: Model,
  after: Model,
  { kind, id }: { readonly kind: Kind; readonly id: string },
): Leaving[] {
  const listener = kind === 'listeners' ? before.get('listeners', id) : undefined;
  const seconds = listener?.properties.awaitDrainSeconds ?? 0;
  if (listener === undefined || seconds === 0 || after.get('listeners', id) !== undefined) return [];
  const waiting = deletedKeys(after, [listener, ...parentsOf(before, listener.properties)]);
  return [{ waiting, waiter: keyOf(kind, id), seconds, has: ({ listenerId }) => listenerId === id }];
}

function deletedKeys(after: Model, objects: readonly StoredObject[]): string[] {
  const deleted = objects.filter(({ kind, id }) => after.get<Kind>(kind, id) === undefined);
  return deleted.map(({ kind, id }) => keyOf(kind, id));
}

/** The objects above an attachment or a listener, as far as they exist. */
function parentsOf(model: Model, { ruleId, listenerId, loadBalancerId }: ParentIds): StoredObject[] {
  const rule = ruleId === undefined ? undefined : model.get('rules', ruleId);
  const listener = model.get('listeners', rule?.properties.listenerId ?? listenerId ?? '');
  const loadBalancer = model.get('load-balancers', listener?.properties.loadBalancerId ?? loadBalancerId ?? '');
  return [rule, listener, loadBalancer].filter((object) => object !== undefined);
}

/**
 * The targets of an attachment, each with its listener. The target group does not matter: if a listener and one of its
 * rules have the same target, the attachment that lets it go last waits for the flows of both.
 */
function bindingNames(model: Model, attachment: Attachment): Set<string> {
  const bindings = bindingsOf(model);
  return new Set(
    bindings.targetGroupsServedBy(attachment).flatMap(({ listenerId, fixedPort }) => {
      return bindings.targetsOf(attachment, fixedPort).map(({ key }) => bindingName(listenerId, key));
    }),
  );
}

function bindingName(listenerId: string, key: string): string {
  return `${listenerId} ${key}`;
}
