// Connections that a process has left when another one has taken over: how they are counted, and added to the other's.
import type { DrainingTarget, EngineStatistics } from '../contract/engine-statistics.ts';
import { type Snapshot, targetGroupsOf } from '../contract/snapshot.ts';
import type { LeftConnections } from './messages.ts';

/** Counts the open connections of a process. */
export function leftConnections(engine: EngineStatistics, { listeners }: Snapshot): LeftConnections {
  const open: Record<string, number> = {};
  const active: Record<string, Record<string, number>> = {};
  for (const listener of listeners.values()) {
    const count = engine.traffic(listener.id)?.openConnections ?? 0;
    if (count === 0) continue;
    open[listener.id] = count;
    for (const { id, targets } of targetGroupsOf(listener)) {
      const used = [...targets.keys()].map((key) => [key, engine.counts(id, key).activeConnections] as const);
      active[id] = Object.fromEntries(used.filter(([, flows]) => flows > 0));
    }
  }
  return { open, active, draining: engine.draining() };
}

/** The statistics of a data plane together with the connections that the process before it has left. */
export function withLeft(engine: EngineStatistics, left: () => LeftConnections): EngineStatistics {
  return {
    counts: (targetGroupId, key) => {
      const counts = engine.counts(targetGroupId, key);
      const before = left().active[targetGroupId]?.[key] ?? 0;
      return before === 0 ? counts : { ...counts, activeConnections: counts.activeConnections + before };
    },
    // The open connections of the process before are in the engine's own count, because they count towards limits.
    traffic: (listenerId) => engine.traffic(listenerId),
    draining: () => merged([...engine.draining(), ...left().draining]),
    status: () => engine.status(),
  };
}

function merged(draining: readonly DrainingTarget[]): readonly DrainingTarget[] {
  const byName = new Map<string, DrainingTarget>();
  for (const each of draining) {
    const name = JSON.stringify([each.listenerId, each.ruleId, each.target.key]);
    const other = byName.get(name);
    byName.set(name, other === undefined ? each : { ...other, count: other.count + each.count });
  }
  return [...byName.values()];
}
