// The running state that the API shows: health of targets from the monitor, counts and traffic from the engine.
import { propertyPath } from '../../../model/base/property-path.ts';
import type {
  DrainingTarget,
  EngineStatistics,
  EngineStatus,
  ListenerTraffic,
} from '../../contract/engine-statistics.ts';
import { type Health, type TargetSnapshot, takesTraffic } from '../../contract/snapshot.ts';
import type { HealthRecord } from '../../health/checker.ts';
import type { HealthMonitor } from '../../health/monitor.ts';
import type { Attachment } from '../../stored/attachments.ts';
import { bindingsOf } from '../../stored/bindings.ts';
import type { Model } from '../../stored/model.ts';

interface BoundTarget {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly health: Health;
}

export class RunningState {
  readonly #engine: EngineStatistics;
  readonly #monitor: HealthMonitor;
  readonly #modelNow: () => Model;

  constructor(engine: EngineStatistics, monitor: HealthMonitor, modelNow: () => Model) {
    this.#engine = engine;
    this.#monitor = monitor;
    this.#modelNow = modelNow;
  }

  get engineStatus(): EngineStatus {
    return this.#engine.status();
  }

  /**
   * The targets of an attachment, by name, with their health. If several listeners serve a target, the worst health
   * counts.
   */
  boundTargets(attachment: Attachment, model: Model): Record<string, BoundTarget> {
    const bindings = bindingsOf(model);
    const bound = new Map<string, BoundTarget>();
    // If several attachments bind one target key, only the target of the holder is checked.
    const tell = ({ name, address, port, weight, ineligible }: TargetSnapshot, checked: Health) => {
      const health = ineligible === undefined ? checked : 'ineligible';
      const known = bound.get(name)?.health;
      bound.set(name, { address, port, weight, health: known === undefined ? health : worse(known, health) });
    };
    const targetGroups = bindings.targetGroupsServedBy(attachment);
    for (const { targetGroupId, fixedPort } of targetGroups) {
      for (const target of bindings.targetsOf(attachment, fixedPort))
        tell(target, this.#monitor.health(targetGroupId, target.key));
    }
    if (targetGroups.length > 0) return Object.fromEntries(bound);
    for (const target of bindings.targetsOf(attachment, undefined)) tell(target, 'unchecked');
    return Object.fromEntries(bound);
  }

  /** The targets of an attachment with weight > 0 that take no traffic, as problems of the attachment's properties. */
  notHealthy(attachmentId: string): { path: string; message: string }[] {
    const model = this.#modelNow();
    const attachment = model.get('attachments', attachmentId);
    if (attachment === undefined) return [];
    return Object.entries(this.boundTargets(attachment, model))
      .filter(([, { weight, health }]) => weight > 0 && !takesTraffic(health))
      .map(([name, { health }]) => ({ path: propertyPath(['targets', name]), message: `is ${health}` }));
  }

  targetHealth(targetGroupId: string, key: string): { health: Health; lastError: string | undefined } {
    const state = this.#monitor.state(targetGroupId, key);
    return { health: state?.health ?? 'checking', lastError: state?.lastError };
  }

  healthRecord(targetGroupId: string, key: string): HealthRecord | undefined {
    return this.#monitor.record(targetGroupId, key);
  }

  counts(targetGroupId: string, key: string) {
    return this.#engine.counts(targetGroupId, key);
  }

  traffic(listenerId: string): ListenerTraffic | undefined {
    return this.#engine.traffic(listenerId);
  }

  /** Unbound targets that still have open connections or requests. */
  draining(): readonly DrainingTarget[] {
    return this.#engine.draining();
  }
}

/** Health states from best to worst. */
const ORDER: readonly Health[] = ['unchecked', 'healthy', 'checking', 'unhealthy', 'ineligible'];

function worse(a: Health, b: Health): Health {
  return ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b;
}
