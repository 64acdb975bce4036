// The attachments whose connections to targets the changes of a write may have changed, whatever kind of object changed.
import { attachmentsOf, attachmentsOfGroup, loadBalancerOf } from '../../stored/attachments.ts';
import type { Model, ModelView } from '../../stored/model.ts';
import { type Attachment, isAttachment, type StoredObject } from '../../stored/object.ts';
import { hasMoved } from '../../stored/servers.ts';
import { dependents } from './attachments.ts';

interface Touched {
  readonly attachment: Attachment;
  /** The only listener whose connections may have changed; `undefined` for all connections of the attachment. */
  readonly listenerId?: string;
}

/** Each attachment with a connection that the changes may have changed. `view`: the model after the changes. */
export function touchedAttachments(before: Model, view: ModelView, changed: readonly StoredObject[]): Touched[] {
  const whole = new Set<Attachment>();
  const partly: Touched[] = [];
  for (const object of changed) {
    if (object.kind === 'listeners') partly.push(...touchedByListener(view, object));
    else for (const attachment of touchedBy(before, view, object)) whole.add(attachment);
  }
  return [
    ...[...whole].map((attachment) => ({ attachment })),
    ...partly.filter(({ attachment }) => !whole.has(attachment)),
  ];
}

function touchedBy(
  before: Model,
  view: ModelView,
  object: Exclude<StoredObject, StoredObject<'listeners'>>,
): readonly Attachment[] {
  if (isAttachment(object)) return [object];
  switch (object.kind) {
    case 'backend-servers':
      // Servers change their status often, and of a server only its addresses decide where targets are.
      return hasMoved(before.get('backend-servers', object.id), object) ? dependents(view, object) : [];
    case 'groups':
      return attachmentsOfGroup(view, object.id);
    case 'load-balancers':
      return [...attachmentsOf(view)].filter(({ properties }) => loadBalancerOf(view, properties)?.id === object.id);
    case 'rules':
      return [...attachmentsOf(view)].filter(({ properties }) => properties.ruleId === object.id);
  }
}

/** The attachments of a listener, of its rules, and of the load balancer above it. */
function touchedByListener(view: ModelView, { id, properties }: StoredObject<'listeners'>): Touched[] {
  return [...attachmentsOf(view)]
    .filter(({ properties: { loadBalancerId, listenerId, ruleId } }) => {
      if (loadBalancerId !== undefined) return loadBalancerId === properties.loadBalancerId;
      return listenerId === id || (ruleId !== undefined && view.get('rules', ruleId)?.properties.listenerId === id);
    })
    .map((attachment) => ({ attachment, listenerId: id }));
}
