// Reports of the control plane as events: writes, refused and opened listeners, health, ended leases, replaced workers.
import { KIND_ACTIONS } from '../../../model/permissions/actions.ts';
import type { Compiled } from '../../compile/compile.ts';
import type { HealthChange, Refusal } from '../../contract/engine.ts';
import type { WorkerChange } from '../../contract/engine-workers.ts';
import type { ModelView } from '../../stored/model.ts';
import type { ObjectChange } from '../../stored/object.ts';
import { NEEDS_OF_WORKERS, needsOfListener, needsOfRead } from '../access/permissions.ts';
import type { EventLog } from './event-log.ts';
import { writeEvents } from './write-events.ts';

/** The lease of a member that was removed. */
interface Ended {
  readonly groupId: string;
  readonly serverId: string;
  readonly ttlSeconds: number;
}

export class Reports {
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Reports a batch of writes. `before`: the model before the first change. */
  written(before: ModelView, changes: readonly ObjectChange[]): void {
    for (const { event, needs } of writeEvents(before, changes)) this.#log.append(event, needs);
  }

  refused(refusal: Refusal, compiled: Compiled): void {
    const needs = needsOfListener(compiled, refusal.listenerId, KIND_ACTIONS.listeners.read);
    this.#log.append({ type: 'listener', state: 'refused', ...refusal }, needs);
  }

  opened(listenerId: string, compiled: Compiled): void {
    const needs = needsOfListener(compiled, listenerId, KIND_ACTIONS.listeners.read);
    this.#log.append({ type: 'listener', state: 'open', listenerId }, needs);
  }

  /** Reports health changes of targets that are still served. */
  healthChanged(
    changes: readonly (HealthChange & { readonly lastError: string | undefined })[],
    compiled: Compiled,
  ): void {
    for (const [targetGroupId, ofTargetGroup] of Map.groupBy(changes, (change) => change.targetGroupId)) {
      const targetGroup = compiled.snapshot.targetGroups.get(targetGroupId);
      if (targetGroup === undefined) continue;
      const { listenerId: listener, ruleId: rule, targets } = targetGroup;
      const needs = needsOfListener(compiled, listener, KIND_ACTIONS.attachments.read, rule);
      for (const { key: target, health, lastError } of ofTargetGroup) {
        const { name } = targets.get(target) ?? {};
        this.#log.append({ type: 'health', listener, rule, target, name, health, lastError }, needs);
      }
    }
  }

  /** Reports that a server is no longer a member of a group, because its lease has ended. */
  leaseEnded({ groupId, serverId, ttlSeconds }: Ended, model: ModelView): void {
    const group = model.get('groups', groupId);
    const needs = group === undefined ? [] : needsOfRead(model, group);
    this.#log.append({ type: 'lease', state: 'ended', group: groupId, server: serverId, ttlSeconds }, needs);
  }

  workerChanged(change: WorkerChange): void {
    this.#log.append({ type: 'worker', ...change }, NEEDS_OF_WORKERS);
  }
}
