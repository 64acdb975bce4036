// What changed from one snapshot to the next, as a pure function.
import {
  type ListenerSnapshot,
  type Snapshot,
  type TargetGroupSnapshot,
  type TargetSnapshot,
  targetGroupsOf,
} from '../../contract/snapshot.ts';

export interface TargetGroupDifference {
  readonly targetGroup: TargetGroupSnapshot;
  readonly upserted: readonly TargetSnapshot[];
  /** Keys. */
  readonly removed: readonly string[];
}

interface ListenerDifference {
  readonly listener: ListenerSnapshot;
  /** Those that are others than before. */
  readonly targetGroups: readonly TargetGroupDifference[];
  /** Ids of groups that the listener has no more. */
  readonly removedTargetGroups: readonly string[];
}

interface Difference {
  readonly upserted: readonly ListenerDifference[];
  /** Listener ids. */
  readonly removed: readonly string[];
}

const NO_TARGETS: TargetGroupSnapshot['targets'] = new Map();

/** What did not change is the same object in both, so that unchanged listeners cost one comparison each. */
export function difference(served: Snapshot | undefined, next: Snapshot): Difference {
  const upserted: ListenerDifference[] = [];
  for (const listener of next.listeners.values()) {
    const before = served?.listeners.get(listener.id);
    if (before !== listener) upserted.push(listenerDifference(before, listener));
  }
  const removed = [...(served?.listeners.keys() ?? [])].filter((id) => !next.listeners.has(id));
  return { upserted, removed };
}

function listenerDifference(before: ListenerSnapshot | undefined, listener: ListenerSnapshot): ListenerDifference {
  const old = new Map(
    (before === undefined ? [] : targetGroupsOf(before)).map((targetGroup) => [targetGroup.id, targetGroup]),
  );
  const targetGroups: TargetGroupDifference[] = [];
  for (const targetGroup of targetGroupsOf(listener)) {
    const present = old.get(targetGroup.id);
    old.delete(targetGroup.id);
    if (present !== targetGroup) targetGroups.push(targetGroupDifference(present, targetGroup));
  }
  return { listener, targetGroups, removedTargetGroups: [...old.keys()] };
}

function targetGroupDifference(
  before: TargetGroupSnapshot | undefined,
  targetGroup: TargetGroupSnapshot,
): TargetGroupDifference {
  const old = before?.targets ?? NO_TARGETS;
  if (old === targetGroup.targets) return { targetGroup, upserted: [], removed: [] };
  const upserted = [...targetGroup.targets.values()].filter((target) => old.get(target.key) !== target);
  const removed = [...old.keys()].filter((key) => !targetGroup.targets.has(key));
  return { targetGroup, upserted, removed };
}
