// Unbound targets, which are kept while they have open flows.
import type { DrainingTarget } from '../../contract/engine-statistics.ts';
import type { TargetSnapshot } from '../../contract/snapshot.ts';
import { clearActive, readCounters } from '../shared/counters.ts';
import type { TargetGroupSettings } from '../shared/messages.ts';

export interface UnboundTarget {
  readonly targetGroup: TargetGroupSettings;
  /** The target as it was when it was last served. */
  readonly target: TargetSnapshot;
  readonly counters: SharedArrayBuffer;
}

export class UnboundTargets {
  #targets: UnboundTarget[] = [];

  add(target: UnboundTarget): void {
    this.#targets.push(target);
  }

  /** Forgets targets that have no open flow any more. */
  prune(): void {
    this.#targets = this.#targets.filter(({ counters }) => readCounters(counters).active > 0);
  }

  /** The number of open flows of earlier bindings of the target `key` to the target group. */
  active(targetGroupId: string, key: string): number {
    let active = 0;
    for (const { target, targetGroup, counters } of this.#targets) {
      if (target.key === key && targetGroup.id === targetGroupId) active += readCounters(counters).active;
    }
    return active;
  }

  /** Targets with open flows that are not bound again. */
  draining(isBound: (targetGroupId: string, key: string) => boolean): readonly DrainingTarget[] {
    const gone = new Map<string, DrainingTarget>();
    for (const { targetGroup, target, counters } of this.#targets) {
      const { active } = readCounters(counters);
      if (active === 0 || isBound(targetGroup.id, target.key)) continue;
      const name = `${targetGroup.id} ${target.key}`;
      const { listenerId, ruleId } = targetGroup;
      gone.set(name, { listenerId, ruleId, target, count: active + (gone.get(name)?.count ?? 0) });
    }
    return [...gone.values()];
  }

  forgetWorker(workerId: number): void {
    for (const { counters } of this.#targets) clearActive(counters, workerId);
  }
}
