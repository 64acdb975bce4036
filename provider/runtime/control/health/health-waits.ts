// What writes wait for of the health of targets: first checks before they are made and after, and all of it where one asks.
import { problemsText, WeirError } from '../../../model/base/errors.ts';
import { HANDOVER_SECONDS, toMs } from '../../../model/objects/seconds.ts';
import type { Compiled, CompiledWrite } from '../../compile/compile.ts';
import type { HealthView } from '../../contract/engine.ts';
import type { HealthMonitor, Proven } from '../../health/monitor.ts';
import type { Probe } from '../../health/probe.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { type AwaitedTarget, awaitedTargets } from './first-checks.ts';
import { HandoverChecks } from './handover-checks.ts';
import { changesBindings, handoversOf, type RecordOf } from './handovers.ts';
import type { RunningState } from './running-state.ts';
import { Waiters } from './waiters.ts';

export class HealthWaits {
  readonly #monitor: HealthMonitor;
  readonly #running: RunningState;
  readonly #handover: HandoverChecks;
  readonly #waiters = new Waiters();

  constructor(monitor: HealthMonitor, probe: Probe, running: RunningState) {
    this.#monitor = monitor;
    this.#running = running;
    this.#handover = new HandoverChecks(monitor, probe);
  }

  /**
   * Ends an older write of the same name that waits. Returns `undefined` if this one gives up no target in traffic for
   * others of which nothing is known; else a promise of those that have passed a first check.
   */
  handOver(write: CompiledWrite): Promise<readonly Proven[]> | undefined {
    const { name, model, changes, written } = write;
    this.#handover.supersede(name);
    const seconds = handoverSecondsOf(written);
    if (seconds === 0 || !changesBindings(model, changes)) return undefined;
    const recordOf: RecordOf = (targetGroupId, key) => this.#monitor.record(targetGroupId, key);
    const handovers = handoversOf(write.before.snapshot, write.after.snapshot, written, recordOf);
    return handovers.length === 0 ? undefined : this.#handover.prove(name, handovers, seconds);
  }

  /**
   * After a put: first checks of what stands in for an older listener or rule, so that Pulumi, which deletes that next,
   * takes nothing away that is needed where the targets are well.
   */
  async firstChecks(view: ModelView, { snapshot }: Compiled, written: StoredObject): Promise<void> {
    const health: HealthView = (targetGroupId, key) => this.#monitor.health(targetGroupId, key);
    const awaited = awaitedTargets(view, snapshot, written, health);
    const hasEnded = ({ targetGroupId, key }: AwaitedTarget) => {
      const record = this.#monitor.record(targetGroupId, key);
      return record === undefined || record.checkedAtMs !== undefined || record.state.health !== 'checking';
    };
    await this.#waiters.until(() => awaited.every(hasEnded), toMs(handoverSecondsOf(written)));
  }

  /** Resolves when every target of weight > 0 takes traffic; after `seconds` rejects with those that do not. */
  async healthy(attachmentId: string, seconds: number): Promise<void> {
    const waiting = () => this.#running.notHealthy(attachmentId);
    const result = await this.#waiters.until(() => waiting().length === 0, toMs(seconds));
    if (result === 'met') return;
    if (result === 'closed') throw new WeirError('SystemBusy', 'The runtime is stopping; the targets are bound.');
    const details = waiting();
    const message = `After ${seconds} s: ${problemsText(details)}. The targets are bound.`;
    throw new WeirError('IncorrectStatus.RSByPassToas', message, details);
  }

  /** The health of a target, or what is bound, has changed. */
  look(): void {
    this.#waiters.look();
  }

  /** Ends all of them. */
  close(): void {
    this.#handover.close();
    this.#waiters.close();
  }
}

function handoverSecondsOf(written: StoredObject | undefined): number {
  return written?.kind === 'attachments' ? written.properties.handoverSeconds : HANDOVER_SECONDS;
}
