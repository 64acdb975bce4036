// Waits of writes for targets' health: hand-overs before a write, first checks and `awaitHealthySeconds` after it.
import { problemsText, WeirError } from '../../../model/base/errors.ts';
import { HANDOVER_SECONDS, toMs } from '../../../model/objects/seconds.ts';
import type { Compiled, CompiledWrite } from '../../compile/compile.ts';
import type { HealthView } from '../../contract/engine.ts';
import type { CheckBudget } from '../../health/check-budget.ts';
import type { CheckSlots } from '../../health/check-slots.ts';
import type { HealthMonitor, Proven } from '../../health/monitor.ts';
import type { Probe } from '../../health/probe.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { type AwaitedTarget, awaitedTargets } from './first-checks.ts';
import { HandoverChecks } from './handover-checks.ts';
import { changesBindings, handoversOf, type RecordOf } from './handovers.ts';
import { isDecided, wantedBy } from './idle-targets.ts';
import type { RunningState } from './running-state.ts';
import { Waiters } from './waiters.ts';

/** Longest wait for results that only decide on a warning. By default a check ends after 2 s at the latest. */
const FIRST_RESULTS_MS = 5_000;

interface HealthWaitsOptions {
  readonly monitor: HealthMonitor;
  readonly probe: Probe;
  /** The slots of first checks, which are those of all checks. */
  readonly slots: CheckSlots;
  readonly running: RunningState;
  readonly budget: CheckBudget;
}

export class HealthWaits {
  readonly #monitor: HealthMonitor;
  readonly #running: RunningState;
  readonly #handover: HandoverChecks;
  readonly #budget: CheckBudget;
  readonly #waiters = new Waiters();

  constructor({ monitor, probe, slots, running, budget }: HealthWaitsOptions) {
    this.#budget = budget;
    this.#monitor = monitor;
    this.#running = running;
    this.#handover = new HandoverChecks(monitor, probe, slots);
  }

  /**
   * Supersedes an older waiting write with the same name, and starts the hand-overs of `write`. Returns a promise of
   * the new targets that have passed a first check, or `undefined` if the write needs no hand-over.
   */
  handOver(write: CompiledWrite): Promise<readonly Proven[]> | undefined {
    const { name, caller, model, changes, written } = write;
    this.#handover.supersede(name);
    const seconds = handoverSecondsOf(written);
    if (seconds === 0 || !changesBindings(model, changes)) return undefined;
    const recordOf: RecordOf = (targetGroupId, key) => this.#monitor.record(targetGroupId, key);
    const handovers = handoversOf(write.before.snapshot, write.after.snapshot, written, recordOf);
    const delayMs = ({ address }: { address: string }) => this.#budget.delayMs(caller, address);
    return handovers.length === 0 ? undefined : this.#handover.prove(name, handovers, seconds, delayMs);
  }

  /** Waits after a write for first checks. `isOfStack`: the response is one for a stack, which shows its warnings. */
  async afterWrite(view: ModelView, compiled: Compiled, written: StoredObject, isOfStack = false): Promise<void> {
    const results = isOfStack ? this.#firstResults(view, compiled, written) : undefined;
    await Promise.all([this.#firstChecks(view, compiled, written), results]);
  }

  /**
   * Waits for the first checks of targets that replace an older listener or rule. Pulumi deletes the older object as
   * soon as the write has its response, so healthy new targets must take traffic by then.
   */
  async #firstChecks(view: ModelView, { snapshot }: Compiled, written: StoredObject): Promise<void> {
    const health: HealthView = (targetGroupId, key) => this.#running.targetHealth(targetGroupId, key).health;
    const awaited = awaitedTargets(view, snapshot, written, health);
    const hasEnded = ({ targetGroupId, key }: AwaitedTarget) => {
      const record = this.#running.healthRecord(targetGroupId, key);
      return record === undefined || record.checkedAtMs !== undefined || record.state.health !== 'checking';
    };
    await this.#waiters.until(() => awaited.every(hasEnded), toMs(handoverSecondsOf(written)));
  }

  /**
   * Waits until each target group of the written object has a target that takes traffic or has failed all first checks,
   * so that the response can warn. A target that passes, or refuses connections, ends the wait in milliseconds.
   */
  async #firstResults(view: ModelView, { snapshot }: Compiled, written: StoredObject): Promise<void> {
    const isAwaited = written.kind === 'attachments' && written.properties.awaitHealthySeconds !== undefined;
    const wanted = isAwaited ? [] : wantedBy(view, snapshot, written);
    await this.#waiters.until(() => wanted.every((each) => isDecided(each, this.#running)), FIRST_RESULTS_MS);
  }

  /** Resolves when all targets of weight > 0 take traffic. After `seconds`, rejects with the targets that do not. */
  async healthy(attachmentId: string, seconds: number): Promise<void> {
    const result = await this.#waiters.until(this.#running.healthyTest(attachmentId), toMs(seconds));
    if (result === 'met') return;
    if (result === 'closed') throw new WeirError('SystemBusy', 'The runtime is stopping. The targets are bound.');
    const details = this.#running.notHealthy(attachmentId);
    const message = `Not every target takes traffic after ${seconds} s: ${problemsText(details)}. The targets are bound.`;
    throw new WeirError('IncorrectStatus.RSByPassToas', message, details);
  }

  /** Tests the condition of every waiting caller again. Must be called after each change of health or bindings. */
  look(): void {
    this.#waiters.look();
  }

  /** Ends the waits of all callers, because the runtime is stopping. */
  close(): void {
    this.#handover.close();
    this.#waiters.close();
  }
}

function handoverSecondsOf(written: StoredObject | undefined): number {
  return written?.kind === 'attachments' ? written.properties.handoverSeconds : HANDOVER_SECONDS;
}
