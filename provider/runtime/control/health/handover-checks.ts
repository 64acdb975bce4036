// Checks of a hand-over (make before break): new targets pass a first check before they replace targets in traffic.
// A write whose new targets do not pass fails here; this is an error of the control plane, not a refusal by the engine.
import { setTimeout as sleep } from 'node:timers/promises';
import { problemsText, WeirError } from '../../../model/base/errors.ts';
import { propertyPath } from '../../../model/base/property-path.ts';
import { toMs } from '../../../model/objects/seconds.ts';
import { type TargetSnapshot, takesTraffic } from '../../contract/snapshot.ts';
import type { CheckSlots } from '../../health/check-slots.ts';
import type { HealthMonitor, Proven } from '../../health/monitor.ts';
import type { HoldSlot, Probe } from '../../health/probe.ts';
import type { Handover } from './handovers.ts';

/** Longest wait before a failed first check is repeated, even if the interval of the health check is longer. */
const LONGEST_RETRY_MS = 1000;
/**
 * Shortest wait before a first check is repeated. If the remaining time allows only a shorter wait, the hand-over has
 * failed.
 */
const SHORTEST_RETRY_MS = 20;

const PASSED = 'passed';
/** The old targets are no longer healthy, so there is nothing to protect and the new target replaces them at once. */
const OLD_IS_GONE = 'old-is-gone';

type DelayMs = (target: TargetSnapshot) => number;

type Outcome = typeof PASSED | typeof OLD_IS_GONE | { readonly problem: string };

interface Trial {
  readonly handover: Handover;
  /** One outcome for each new target of the hand-over, in the same order. */
  readonly outcomes: readonly Outcome[];
}

export class HandoverChecks {
  readonly #monitor: HealthMonitor;
  readonly #probe: Probe;
  readonly #slots: CheckSlots;
  readonly #waiting = new Map<string, AbortController>();
  #isClosed = false;

  constructor(monitor: HealthMonitor, probe: Probe, slots: CheckSlots) {
    this.#monitor = monitor;
    this.#probe = probe;
    this.#slots = slots;
  }

  /** Rejects every waiting hand-over, and every later one, with `SystemBusy`. */
  close(): void {
    this.#isClosed = true;
    for (const name of [...this.#waiting.keys()]) this.#end(name, stopping);
  }

  /** Rejects the waiting hand-over of an older write with this name with `Superseded`. */
  supersede(name: string): void {
    this.#end(name, () => new WeirError('Superseded'));
  }

  /**
   * Checks the new targets of hand-overs. Resolves with the new targets that have passed. A hand-over ends as soon as
   * one of its new targets has passed or its old targets are no longer healthy. If the hand-over cannot fail the write,
   * it also ends after one check of each new target. Rejects if another hand-over has not ended after `withinSeconds`,
   * or as soon as a newer write supersedes the write.
   * `delayMs` reserves a check of a target and returns how long the check has to wait.
   */
  async prove(
    name: string,
    handovers: readonly Handover[],
    withinSeconds: number,
    delayMs: DelayMs = () => 0,
  ): Promise<readonly Proven[]> {
    if (this.#isClosed) throw stopping();
    const ended = new AbortController();
    this.#waiting.set(name, ended);
    try {
      const deadlineMs = performance.now() + toMs(withinSeconds);
      const trials = await Promise.all(handovers.map((each) => this.#try(each, deadlineMs, delayMs, ended.signal)));
      ended.signal.throwIfAborted();
      throwUnlessProven(trials, withinSeconds);
      return trials.flatMap(({ handover: { targetGroupId, newTargets }, outcomes }) =>
        newTargets.filter((_, index) => outcomes[index] === PASSED).map(({ key }) => ({ targetGroupId, key })),
      );
    } finally {
      if (this.#waiting.get(name) === ended) this.#waiting.delete(name);
    }
  }

  #end(name: string, reason: () => WeirError): void {
    this.#waiting.get(name)?.abort(reason());
    this.#waiting.delete(name);
  }

  async #try(handover: Handover, deadlineMs: number, delayMs: DelayMs, signal: AbortSignal): Promise<Trial> {
    const enough = new AbortController();
    const either = AbortSignal.any([signal, enough.signal]);
    const trials = handover.newTargets.map(async (newTarget) => {
      const outcome = await this.#await(handover, newTarget, deadlineMs, delayMs, either);
      if (typeof outcome !== 'object') enough.abort();
      return outcome;
    });
    return { handover, outcomes: await Promise.all(trials) };
  }

  /** Checks one new target until it passes, until its old targets are no longer healthy, or until the deadline. */
  async #await(
    { targetGroupId, check, oldKeys, failsAt }: Handover,
    newTarget: TargetSnapshot,
    deadlineMs: number,
    delayMs: DelayMs,
    signal: AbortSignal,
  ): Promise<Outcome> {
    for (;;) {
      // A check that would wait beyond the deadline is made at the deadline, so that the write gets its error in time.
      const delayedMs = Math.min(delayMs(newTarget), deadlineMs - performance.now() - SHORTEST_RETRY_MS);
      if (delayedMs > 0) await sleep(delayedMs, undefined, { signal }).catch(() => {});
      const leftMs = () => Math.max(1, Math.ceil(deadlineMs - performance.now()));
      const probe = (hold: HoldSlot) => {
        const timeoutMs = Math.min(check.timeoutMs, leftMs());
        return this.#probe(newTarget, { ...check, timeoutMs }, signal, hold);
      };
      const result = await this.#slots.run('first', probe, signal, leftMs());
      // A shortage of the runtime is no result about the target, so the check is repeated.
      const isShort = typeof result === 'object';
      const found = isShort ? `the runtime is short of ${result.resource} (${result.message})` : result;
      // A target that is already bound has its own checker, which must pass too: its result counts after the hand-over.
      const health = this.#monitor.state(targetGroupId, newTarget.key)?.health ?? 'healthy';
      const problem = found ?? (takesTraffic(health) ? undefined : 'its checks do not pass yet');
      if (problem === undefined) return PASSED;
      if (oldKeys.every((old) => this.#monitor.health(targetGroupId, old) !== 'healthy')) return OLD_IS_GONE;
      const isDecided = found !== undefined && !isShort && failsAt === undefined;
      // Waits for at most half of the remaining time, so the last check starts shortly before the deadline.
      const waitMs = Math.min(check.intervalMs, LONGEST_RETRY_MS, (deadlineMs - performance.now()) / 2);
      if (isDecided || signal.aborted || waitMs < SHORTEST_RETRY_MS) return { problem };
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
  }
}

function stopping(): WeirError {
  return new WeirError('SystemBusy', 'The runtime is stopping.');
}

function throwUnlessProven(trials: readonly Trial[], withinSeconds: number): void {
  const details = trials.flatMap(({ handover: { newTargets, failsAt }, outcomes }) => {
    if (failsAt === undefined) return [];
    const problems = outcomes.flatMap((outcome) => (typeof outcome === 'object' ? [outcome.problem] : []));
    if (problems.length < outcomes.length) return [];
    return newTargets.map(({ key, name }, index) => {
      const message = `did not pass a first check at ${key} within ${withinSeconds} s: ${problems[index]}`;
      return { path: propertyPath([failsAt, name]), message };
    });
  });
  if (details.length === 0) return;
  throw new WeirError('IncorrectStatus.RSByPassToas', `${problemsText(details)}. Nothing was changed.`, details);
}
