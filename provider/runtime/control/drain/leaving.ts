// The targets that a batch of writes unbinds, for objects whose unbinds wait until the flows of these targets end.
import type { Kind } from '../../../model/base/kinds.ts';
import { keyOf } from '../../../model/base/object-key.ts';
import type { ParentIds } from '../../../model/objects/parent.ts';
import type { DrainingTarget } from '../../contract/engine-statistics.ts';
import { targetGroupIdOfRule } from '../../contract/snapshot.ts';
import { bindingsOf } from '../../stored/bindings.ts';
import type { Model } from '../../stored/model.ts';
import type { Attachment, ObjectChange, StoredObject } from '../../stored/object.ts';

export interface Leaving {
  /** The keys of the objects whose writes wait: the attachment, its group, and what was deleted above it. */
  readonly waiting: readonly string[];
  readonly seconds: number;
  /** Whether an unbound target is one of those that leave. */
  readonly has: (target: DrainingTarget) => boolean;
}

/** `before`, `after`: the model on both sides of a batch of changes. */
export function leavingTargets(before: Model, after: Model, changes: readonly ObjectChange[]): Leaving[] {
  const changed = changes.map((change) => ('put' in change ? change.put : change.delete));
  const isDeleted = (kind: Kind, id: string | undefined) =>
    id !== undefined && before.get<Kind>(kind, id) !== undefined && after.get<Kind>(kind, id) === undefined;
  const leaving: Leaving[] = [];
  const seen = new Set<string>();
  const addAttachment = (attachment: Attachment | undefined, group?: string) => {
    if (attachment === undefined || seen.has(keyOf(attachment.kind, attachment.id))) return;
    seen.add(keyOf(attachment.kind, attachment.id));
    const next = after.get<Attachment['kind']>(attachment.kind, attachment.id);
    const seconds = (next ?? attachment).properties.awaitDrainSeconds ?? 0;
    if (seconds === 0) return;
    const kept = next === undefined ? new Set<string>() : bindingNames(after, next);
    const left = new Set([...bindingNames(before, attachment)].filter((name) => !kept.has(name)));
    if (left.size === 0) return;
    const above = parentsOf(before, attachment.properties).filter(({ kind, id }) => isDeleted(kind, id));
    const waiting = [attachment, ...above].map(({ kind, id }) => keyOf(kind, id));
    if (group !== undefined) waiting.push(keyOf('groups', group));
    leaving.push({
      waiting,
      seconds,
      has: (target) => left.has(bindingName(targetGroupIdOf(target), target.target.key)),
    });
  };
  for (const { kind, id } of changed) {
    if (kind === 'attachments' || kind === 'group-attachments') {
      addAttachment(before.get<Attachment['kind']>(kind, id));
    } else if (kind === 'groups') {
      for (const attachment of before.list('group-attachments'))
        if (attachment.properties.groupId === id) addAttachment(attachment, id);
    } else if (kind === 'listeners' && isDeleted(kind, id)) {
      const listener = before.get('listeners', id) as StoredObject<'listeners'>;
      const seconds = listener.properties.awaitDrainSeconds ?? 0;
      const above = parentsOf(before, listener.properties).filter((parent) => isDeleted(parent.kind, parent.id));
      const waiting = [listener, ...above].map((object) => keyOf(object.kind, object.id));
      if (seconds > 0) leaving.push({ waiting, seconds, has: ({ listenerId }) => listenerId === id });
    }
  }
  return leaving;
}

/** The objects above an attachment or a listener, as far as they exist. */
function parentsOf(model: Model, { ruleId, listenerId, loadBalancerId }: ParentIds): StoredObject[] {
  const rule = ruleId === undefined ? undefined : model.get('rules', ruleId);
  const listener = model.get('listeners', rule?.properties.listenerId ?? listenerId ?? '');
  const loadBalancer = model.get('load-balancers', listener?.properties.loadBalancerId ?? loadBalancerId ?? '');
  return [rule, listener, loadBalancer].filter((object) => object !== undefined);
}

function bindingNames(model: Model, attachment: Attachment): Set<string> {
  const bindings = bindingsOf(model);
  return new Set(
    bindings.targetGroupsServedBy(attachment).flatMap(({ targetGroupId, fixedPort }) => {
      return bindings.targetsOf(attachment, fixedPort).map(({ key }) => bindingName(targetGroupId, key));
    }),
  );
}

function bindingName(targetGroupId: string, key: string): string {
  return `${targetGroupId} ${key}`;
}

function targetGroupIdOf({ listenerId, ruleId }: DrainingTarget): string {
  return ruleId === undefined ? listenerId : targetGroupIdOfRule(ruleId);
}
