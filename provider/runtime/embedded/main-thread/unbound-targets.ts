// Unbound targets, which are kept while they have open flows.
import type { DrainingTarget } from '../../contract/engine-statistics.ts';
import type { TargetSnapshot } from '../../contract/snapshot.ts';
import { clearActive, readActive, type TargetCounters } from '../shared/counters.ts';
import type { TargetGroupSettings } from '../shared/messages.ts';

/** Interval at which targets without open flows are forgotten, each of which keeps some KB of memory. */
const PRUNE_MS = 10_000;

export interface UnboundTarget {
  readonly targetGroup: TargetGroupSettings;
  /** The target as it was when it was last served. */
  readonly target: TargetSnapshot;
  readonly counters: TargetCounters;
}

export class UnboundTargets {
  /** By target group id and target key: the earlier bindings, of which there may be several. */
  readonly #targetGroups = new Map<string, Map<string, UnboundTarget[]>>();
  /** Set while there are targets. */
  #timer: NodeJS.Timeout | undefined;

  add(unbound: UnboundTarget): void {
    const { targetGroup, target } = unbound;
    const targets = this.#targetGroups.get(targetGroup.id) ?? new Map<string, UnboundTarget[]>();
    this.#targetGroups.set(targetGroup.id, targets);
    const present = targets.get(target.key);
    if (present === undefined) targets.set(target.key, [unbound]);
    else present.push(unbound);
    this.#timer ??= setTimeout(() => this.#pruneOnTime(), PRUNE_MS).unref();
  }

  /** Forgets targets that have no open flow any more. */
  prune(): void {
    for (const [id, targets] of this.#targetGroups) {
      for (const [key, unbound] of targets) {
        const used = unbound.filter(({ counters }) => readActive(counters) > 0);
        if (used.length > 0) targets.set(key, used);
        else targets.delete(key);
      }
      if (targets.size === 0) this.#targetGroups.delete(id);
    }
  }

  /** The number of open flows of earlier bindings of the target `key` to the target group. */
  active(targetGroupId: string, key: string): number {
    let active = 0;
    for (const { counters } of this.#targetGroups.get(targetGroupId)?.get(key) ?? []) active += readActive(counters);
    return active;
  }

  /** Targets with open flows that are not bound again. */
  draining(isBound: (targetGroupId: string, key: string) => boolean): readonly DrainingTarget[] {
    const draining: DrainingTarget[] = [];
    for (const [id, targets] of this.#targetGroups) {
      for (const [key, unbound] of targets) {
        const last = unbound.at(-1);
        const count = last === undefined || isBound(id, key) ? 0 : this.active(id, key);
        if (last === undefined || count === 0) continue;
        const { listenerId, ruleId } = last.targetGroup;
        draining.push({ listenerId, ruleId, target: last.target, count });
      }
    }
    return draining;
  }

  forgetWorker(workerId: number): void {
    for (const targets of this.#targetGroups.values())
      for (const unbound of targets.values()) for (const { counters } of unbound) clearActive(counters, workerId);
  }

  #pruneOnTime(): void {
    this.prune();
    this.#timer = this.#targetGroups.size === 0 ? undefined : setTimeout(() => this.#pruneOnTime(), PRUNE_MS).unref();
  }
}
