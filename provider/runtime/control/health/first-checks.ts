// First checks that a put waits for, because its targets replace targets that Pulumi deletes after the response. Pure.

import type { HealthView } from '../../contract/engine.ts';
import { type Snapshot, type TargetGroupSnapshot, takesTraffic, targetGroupsOf } from '../../contract/snapshot.ts';
import { bindingsOf } from '../../stored/bindings.ts';
import type { ModelView } from '../../stored/model.ts';
import { isAttachment, type StoredObject } from '../../stored/object.ts';

export interface AwaitedTarget {
  readonly targetGroupId: string;
  readonly key: string;
}

/**
 * The targets whose first checks the put of an object waits for. Returns none if the object is neither an attachment
 * nor a waiting listener. Returns none for a target group in which other targets take traffic already.
 */
export function awaitedTargets(
  view: ModelView,
  snapshot: Snapshot,
  object: StoredObject,
  health: HealthView,
): AwaitedTarget[] {
  return targetGroupsOfObject(view, snapshot, object).flatMap((targetGroup) => {
    if (targetGroup.healthCheck === undefined || !standsIn(view, snapshot, targetGroup, health)) return [];
    const own = [...targetGroup.targets.values()].filter(({ attachment, weight }) => {
      return weight > 0 && (object.kind === 'listeners' || attachment === object.id);
    });
    return own.map(({ key }) => ({ targetGroupId: targetGroup.id, key }));
  });
}

function targetGroupsOfObject(
  view: ModelView,
  { waiting, targetGroups }: Snapshot,
  object: StoredObject,
): TargetGroupSnapshot[] {
  if (isAttachment(object)) {
    return bindingsOf(view)
      .targetGroupsServedBy(object)
      .flatMap(({ targetGroupId }) => targetGroups.get(targetGroupId) ?? []);
  }
  const listener = object.kind === 'listeners' ? waiting.get(object.id) : undefined;
  return listener === undefined ? [] : targetGroupsOf(listener);
}

/**
 * Whether a target group is about to replace another target group. Such a target group belongs to a listener that waits
 * for its VIP:port, or to a rule that receives no requests until one of its targets takes traffic.
 */
function standsIn(
  view: ModelView,
  { waiting }: Snapshot,
  { id, listenerId, ruleId, targets }: TargetGroupSnapshot,
  health: HealthView,
): boolean {
  if (waiting.has(listenerId)) return view.get('listeners', listenerId)?.state.servesSince === undefined;
  return ruleId !== undefined && ![...targets.keys()].some((key) => takesTraffic(health(id, key)));
}
