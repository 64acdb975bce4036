// The difference between the served snapshot and the next one: changed listeners, target groups and targets. Pure.
import {
  type ListenerSnapshot,
  type Snapshot,
  type TargetGroupSnapshot,
  type TargetSnapshot,
  targetGroupsOf,
} from '../../contract/snapshot.ts';
import { VersionedMap } from '../../contract/versioned-map.ts';

export interface TargetGroupDifference {
  readonly targetGroup: TargetGroupSnapshot;
  readonly upserted: readonly TargetSnapshot[];
  /** Target keys of the targets that are no longer bound. */
  readonly removed: readonly string[];
}

interface ListenerDifference {
  readonly listener: ListenerSnapshot;
  /** Target groups that are new or changed. */
  readonly targetGroups: readonly TargetGroupDifference[];
  /** Ids of target groups that the listener no longer has. */
  readonly removedTargetGroups: readonly string[];
}

interface Difference {
  /** Listeners that are new or changed. */
  readonly upserted: readonly ListenerDifference[];
  /** Ids of the listeners that are no longer served. */
  readonly removed: readonly string[];
}

const NO_TARGETS: TargetGroupSnapshot['targets'] = VersionedMap.of();

/**
 * Returns the difference between two snapshots. Unchanged parts are the same object in both, so that an unchanged
 * listener costs one comparison.
 */
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
  const changed = targetGroup.targets.changedSince(before?.targets ?? NO_TARGETS);
  const upserted = changed.flatMap((key) => targetGroup.targets.get(key) ?? []);
  return { targetGroup, upserted, removed: changed.filter((key) => !targetGroup.targets.has(key)) };
}
