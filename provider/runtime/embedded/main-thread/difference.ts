// What changed from one snapshot to the next, as a pure function.
import {
  type GroupSnapshot,
  groupsOf,
  type ListenerSnapshot,
  type Snapshot,
  type TargetSnapshot,
} from '../../contract/snapshot.ts';

export interface GroupDifference {
  readonly group: GroupSnapshot;
  readonly upserted: readonly TargetSnapshot[];
  /** Keys. */
  readonly removed: readonly string[];
}

interface ListenerDifference {
  readonly listener: ListenerSnapshot;
  /** Those that are others than before. */
  readonly groups: readonly GroupDifference[];
  /** Ids of groups that the listener has no more. */
  readonly removedGroups: readonly string[];
}

interface Difference {
  readonly upserted: readonly ListenerDifference[];
  /** Listener ids. */
  readonly removed: readonly string[];
}

const NO_TARGETS: GroupSnapshot['targets'] = new Map();

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
  const old = new Map((before === undefined ? [] : groupsOf(before)).map((group) => [group.id, group]));
  const groups: GroupDifference[] = [];
  for (const group of groupsOf(listener)) {
    const present = old.get(group.id);
    old.delete(group.id);
    if (present !== group) groups.push(groupDifference(present, group));
  }
  return { listener, groups, removedGroups: [...old.keys()] };
}

function groupDifference(before: GroupSnapshot | undefined, group: GroupSnapshot): GroupDifference {
  const old = before?.targets ?? NO_TARGETS;
  if (old === group.targets) return { group, upserted: [], removed: [] };
  const upserted = [...group.targets.values()].filter((target) => old.get(target.key) !== target);
  const removed = [...old.keys()].filter((key) => !group.targets.has(key));
  return { group, upserted, removed };
}
