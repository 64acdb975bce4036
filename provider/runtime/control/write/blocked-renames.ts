// Renames without an alias that cannot end, because objects of another stack are below the listener that is to go.
import { WeirError } from '../../../model/base/errors.ts';
import { KIND_NAMES } from '../../../model/base/kinds.ts';
import { loadBalancerOf } from '../../stored/attachments.ts';
import { dependentsOf } from '../../stored/dependents.ts';
import type { ModelView } from '../../stored/model.ts';
import { isAttachment, type StoredObject } from '../../stored/object.ts';
import { isSameStack } from '../../stored/owner.ts';
import { nameOf } from '../../stored/references.ts';
import { laterOf, listenersAt, vipPortOf } from '../../stored/vip-ports.ts';

type Listener = StoredObject<'listeners'>;

/** The objects of other stacks below a listener, which its own stack cannot delete. */
export function foreignBelow(view: ModelView, listener: Listener): StoredObject[] {
  return dependentsOf(view, listener).filter((object) => !isSameStack(object, listener));
}

/**
 * Throws `InUse` if a stack deletes an attachment of a serving listener in the course of a rename that cannot end.
 * Pulumi deletes the attachments of the old listener before the listener itself, whose deletion is then refused. Without
 * this rule, the requests of these attachments, or those of the other stacks, would be lost by then.
 */
export function refuseBlockedRename(view: ModelView, object: StoredObject): void {
  if (!isAttachment(object)) return;
  for (const serving of listenersAbove(view, object)) {
    if (!isSameStack(object, serving)) continue;
    const others = listenersAt(view, vipPortOf(view, serving)).filter(({ id }) => id !== serving.id);
    const waiting = others.find((other) => isSameStack(other, serving));
    if (waiting === undefined || others.reduce(laterOf, serving).id !== serving.id) continue;
    const [foreign] = foreignBelow(view, serving);
    if (foreign === undefined) continue;
    const reason = `listener ${waiting.id} waits for the port of listener ${serving.id}, which cannot be deleted, because ${nameOf(foreign)} is below it`;
    throw new WeirError(
      'InUse',
      `The ${KIND_NAMES[object.kind]} ${object.id} is not deleted: ${reason}. Run \`pulumi up\` with the old names, and then rename with aliases.`,
    );
  }
}

/** The listeners whose requests the attachment may get: one, or those of the load balancer that it is bound to. */
function listenersAbove(
  view: ModelView,
  { properties }: StoredObject<'attachments' | 'group-attachments'>,
): Listener[] {
  const { ruleId } = properties;
  const listenerId = ruleId === undefined ? properties.listenerId : view.get('rules', ruleId)?.properties.listenerId;
  const listener = listenerId === undefined ? undefined : view.get('listeners', listenerId);
  if (listener !== undefined) return [listener];
  const loadBalancer = loadBalancerOf(view, properties);
  return [...view.list('listeners')].filter((each) => each.properties.loadBalancerId === loadBalancer?.id);
}
