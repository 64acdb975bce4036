// What changed from one snapshot to the next, as a pure function; engine.ts turns it into the message to the workers.
import type { ListenerSnapshot, Snapshot, TargetSnapshot } from '../snapshot.ts';

export interface ListenerDifference {
  readonly listener: ListenerSnapshot;
  readonly upserted: readonly TargetSnapshot[];
  /** Keys. */
  readonly removed: readonly string[];
}

export interface Difference {
  readonly upserted: readonly ListenerDifference[];
  /** Listener ids. */
  readonly removed: readonly string[];
}

const NO_TARGETS: ListenerSnapshot['targets'] = new Map();

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
  const old = before?.targets ?? NO_TARGETS;
  if (old === listener.targets) return { listener, upserted: [], removed: [] };
  const upserted = [...listener.targets.values()].filter((target) => old.get(target.key) !== target);
  const removed = [...old.keys()].filter((key) => !listener.targets.has(key));
  return { listener, upserted, removed };
}
