// Targets whose binding is over, kept while flows of them are open.
import type { DrainingTarget } from '../../contract/engine-statistics.ts';
import type { TargetSnapshot } from '../../contract/snapshot.ts';
import { clearActive, readCounters } from '../shared/counters.ts';
import type { GroupSettings } from '../shared/messages.ts';

export interface UnboundTarget {
  readonly group: GroupSettings;
  /** As it was last served. */
  readonly target: TargetSnapshot;
  readonly counters: SharedArrayBuffer;
}

export class UnboundTargets {
  #targets: UnboundTarget[] = [];

  add(target: UnboundTarget): void {
    this.#targets.push(target);
  }

  /** Forgets those that have no open flow any more. */
  prune(): void {
    this.#targets = this.#targets.filter(({ counters }) => readCounters(counters).active > 0);
  }

  /** Open flows of what was bound to the group as `key`. */
  active(groupId: string, key: string): number {
    let active = 0;
    for (const { target, group, counters } of this.#targets) {
      if (target.key === key && group.id === groupId) active += readCounters(counters).active;
    }
    return active;
  }

  /** Those with open flows that are not bound again. */
  draining(isBound: (groupId: string, key: string) => boolean): readonly DrainingTarget[] {
    const gone = new Map<string, DrainingTarget>();
    for (const { group, target, counters } of this.#targets) {
      const { active } = readCounters(counters);
      if (active === 0 || isBound(group.id, target.key)) continue;
      const name = `${group.id} ${target.key}`;
      const { listenerId, ruleId } = group;
      gone.set(name, { listenerId, ruleId, target, count: active + (gone.get(name)?.count ?? 0) });
    }
    return [...gone.values()];
  }

  forgetWorker(workerId: number): void {
    for (const { counters } of this.#targets) clearActive(counters, workerId);
  }
}
