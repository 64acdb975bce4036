// The running state that the API shows: health of targets as far as it is stored, counts and traffic from the engine.
import { propertyPath } from '../../../model/base/property-path.ts';
import type {
  DrainingTarget,
  EngineStatistics,
  EngineStatus,
  ListenerTraffic,
} from '../../contract/engine-statistics.ts';
import { type Health, type TargetSnapshot, takesTraffic } from '../../contract/snapshot.ts';
import type { HealthRecord } from '../../health/checker.ts';
import { bindingsOf } from '../../stored/bindings.ts';
import type { Model } from '../../stored/model.ts';
import type { Attachment } from '../../stored/object.ts';
import type { HealthRecords } from './health-records.ts';

interface BoundTarget {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly health: Health;
}

export class RunningState {
  readonly #engine: EngineStatistics;
  readonly #records: Pick<HealthRecords, 'record'>;
  readonly #modelNow: () => Model;

  /** `records` has the health that may be told. */
  constructor(engine: EngineStatistics, records: Pick<HealthRecords, 'record'>, modelNow: () => Model) {
    this.#engine = engine;
    this.#records = records;
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
    const bound = [...this.#boundTargets(attachment, model)];
    return Object.fromEntries(bound.map(([name, { lastError: _, ...target }]) => [name, target]));
  }

  #boundTargets(attachment: Attachment, model: Model): Map<string, BoundTarget & { readonly lastError?: string }> {
    const bindings = bindingsOf(model);
    const bound = new Map<string, BoundTarget & { readonly lastError?: string }>();
    // If several attachments bind one target key, only the target of the holder is checked.
    const tell = (target: TargetSnapshot, checked: { health: Health; lastError?: string | undefined }) => {
      const { name, address, port, weight, ineligible } = target;
      const health = ineligible === undefined ? checked.health : 'ineligible';
      const lastError = ineligible ?? checked.lastError;
      const known = bound.get(name)?.health;
      if (known !== undefined && worse(known, health) === known) return;
      bound.set(name, { address, port, weight, health, ...(lastError !== undefined && { lastError }) });
    };
    const targetGroups = bindings.targetGroupsServedBy(attachment);
    for (const { targetGroupId, fixedPort } of targetGroups) {
      for (const target of bindings.targetsOf(attachment, fixedPort))
        tell(target, this.targetHealth(targetGroupId, target.key));
    }
    if (targetGroups.length > 0) return bound;
    for (const target of bindings.targetsOf(attachment, undefined)) tell(target, { health: 'unchecked' });
    return bound;
  }

  /** The targets of an attachment with weight > 0 that take no traffic, as problems of the attachment's properties. */
  notHealthy(attachmentId: string): { path: string; message: string }[] {
    const model = this.#modelNow();
    const attachment = model.get('attachments', attachmentId);
    if (attachment === undefined) return [];
    return [...this.#boundTargets(attachment, model)]
      .filter(([, { weight, health }]) => weight > 0 && !takesTraffic(health))
      .map(([name, { health, lastError }]) => {
        const message = lastError === undefined ? `is ${health}` : `is ${health} (${lastError})`;
        return { path: propertyPath(['targets', name]), message };
      });
  }

  /**
   * Returns a function that tells whether `notHealthy` is empty, to be called after each of many health changes: as long
   * as the target that was found last takes no traffic, no other one is looked at.
   */
  healthyTest(attachmentId: string): () => boolean {
    let model: Model | undefined;
    let missing: { targetGroupId: string; key: string } | undefined;
    return () => {
      const isSame = model === this.#modelNow();
      if (isSame && missing && !takesTraffic(this.targetHealth(missing.targetGroupId, missing.key).health))
        return false;
      model = this.#modelNow();
      const attachment = model.get('attachments', attachmentId);
      missing = attachment && this.#missing(attachment);
      return missing === undefined;
    };
  }

  /** Finds a target of an attachment with weight > 0 that takes no traffic. */
  #missing(attachment: Attachment): { targetGroupId: string; key: string } | undefined {
    const bindings = bindingsOf(this.#modelNow());
    const served = bindings.targetGroupsServedBy(attachment);
    for (const { targetGroupId, fixedPort } of served) {
      const found = bindings.targetsOf(attachment, fixedPort).find(({ key, weight, ineligible }) => {
        const takes = ineligible === undefined && takesTraffic(this.targetHealth(targetGroupId, key).health);
        return weight > 0 && !takes;
      });
      if (found !== undefined) return { targetGroupId, key: found.key };
    }
    if (served.length > 0) return undefined;
    const found = bindings.targetsOf(attachment, undefined).find(({ weight, ineligible }) => weight > 0 && ineligible);
    return found && { targetGroupId: '', key: found.key };
  }

  targetHealth(targetGroupId: string, key: string): { health: Health; lastError: string | undefined } {
    const state = this.#records.record(targetGroupId, key)?.state;
    return { health: state?.health ?? 'checking', lastError: state?.lastError };
  }

  healthRecord(targetGroupId: string, key: string): HealthRecord | undefined {
    return this.#records.record(targetGroupId, key);
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
