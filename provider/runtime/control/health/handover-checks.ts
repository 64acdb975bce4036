// Make before break: before targets take the place of others that take traffic, a first check of theirs must have passed.
import { setTimeout as sleep } from 'node:timers/promises';
import { problemsText, WeirError } from '../../../model/base/errors.ts';
import { propertyPath } from '../../../model/base/property-path.ts';
import { toMs } from '../../../model/objects/seconds.ts';
import { type TargetSnapshot, takesTraffic } from '../../contract/snapshot.ts';
import type { HealthMonitor, Proven } from '../../health/monitor.ts';
import type { Probe } from '../../health/probe.ts';
import type { Handover } from './handovers.ts';

/** A failed first check is repeated at the check's interval, but at least this often, and to the end of the time. */
const LONGEST_RETRY_MS = 1000;
const SHORTEST_RETRY_MS = 20;

const PASSED = 'passed';
/** The old target takes no traffic any more: it is given up for the new one at once, whose checks then decide. */
const OLD_IS_GONE = 'old-is-gone';

type Outcome = typeof PASSED | typeof OLD_IS_GONE | { readonly problem: string };

interface Trial {
  readonly handover: Handover;
  /** In the order of the successors. */
  readonly outcomes: readonly Outcome[];
}

export class HandoverChecks {
  readonly #monitor: HealthMonitor;
  readonly #probe: Probe;
  readonly #waiting = new Map<string, AbortController>();
  #isClosed = false;

  constructor(monitor: HealthMonitor, probe: Probe) {
    this.#monitor = monitor;
    this.#probe = probe;
  }

  /** Ends all that wait, and all that are still to come, with `SystemBusy`. */
  close(): void {
    this.#isClosed = true;
    for (const name of [...this.#waiting.keys()]) this.#end(name, stopping());
  }

  /** Ends a write of that name that waits: a newer one takes its place. */
  supersede(name: string): void {
    this.#end(name, new WeirError('Superseded'));
  }

  /**
   * Resolves with the successors that have passed a first check: when one of each succession has, or its old ones take
   * no traffic any more, or, where the write is made in any case, each has been checked once. Rejects after
   * `withinSeconds` where the write is refused for it, and as soon as a newer write supersedes this one.
   */
  async prove(name: string, handovers: readonly Handover[], withinSeconds: number): Promise<readonly Proven[]> {
    if (this.#isClosed) throw stopping();
    const ended = new AbortController();
    this.#waiting.set(name, ended);
    try {
      const deadlineMs = performance.now() + toMs(withinSeconds);
      const trials = await Promise.all(handovers.map((each) => this.#try(each, deadlineMs, ended.signal)));
      ended.signal.throwIfAborted();
      refuse(trials, withinSeconds);
      return trials.flatMap(({ handover: { targetGroupId, successors }, outcomes }) =>
        successors.filter((_, index) => outcomes[index] === PASSED).map(({ key }) => ({ targetGroupId, key })),
      );
    } finally {
      if (this.#waiting.get(name) === ended) this.#waiting.delete(name);
    }
  }

  #end(name: string, reason: WeirError): void {
    this.#waiting.get(name)?.abort(reason);
    this.#waiting.delete(name);
  }

  async #try(handover: Handover, deadlineMs: number, signal: AbortSignal): Promise<Trial> {
    const enough = new AbortController();
    const either = AbortSignal.any([signal, enough.signal]);
    const trials = handover.successors.map(async (successor) => {
      const outcome = await this.#await(handover, successor, deadlineMs, either);
      if (typeof outcome !== 'object') enough.abort();
      return outcome;
    });
    return { handover, outcomes: await Promise.all(trials) };
  }

  /** Until it passed, the old ones are no longer worth waiting for, or the time is over: then what was wrong. */
  async #await(
    { targetGroupId, check, oldKeys, refusedAt }: Handover,
    successor: TargetSnapshot,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<Outcome> {
    for (;;) {
      const timeoutMs = Math.min(check.timeoutMs, Math.ceil(deadlineMs - performance.now()));
      const found = await this.#probe(successor, { ...check, timeoutMs }, signal);
      // One that is bound already has a checker of its own, whose word counts when they swap.
      const health = this.#monitor.state(targetGroupId, successor.key)?.health ?? 'healthy';
      const problem = found ?? (takesTraffic(health) ? undefined : 'its checks do not pass yet');
      if (problem === undefined) return PASSED;
      if (oldKeys.every((old) => this.#monitor.health(targetGroupId, old) !== 'healthy')) return OLD_IS_GONE;
      const isDecided = found !== undefined && refusedAt === undefined;
      // Half of what is left, so that the last check is close to the end and not beyond it.
      const waitMs = Math.min(check.intervalMs, LONGEST_RETRY_MS, (deadlineMs - performance.now()) / 2);
      if (isDecided || signal.aborted || waitMs < SHORTEST_RETRY_MS) return { problem };
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
  }
}

function stopping(): WeirError {
  return new WeirError('SystemBusy', 'The runtime is stopping.');
}

function refuse(trials: readonly Trial[], withinSeconds: number): void {
  const details = trials.flatMap(({ handover: { successors, refusedAt }, outcomes }) => {
    if (refusedAt === undefined) return [];
    const problems = outcomes.flatMap((outcome) => (typeof outcome === 'object' ? [outcome.problem] : []));
    if (problems.length < outcomes.length) return [];
    return successors.map(({ key, name }, index) => {
      const message = `did not pass a first check at ${key} within ${withinSeconds} s: ${problems[index]}`;
      return { path: propertyPath([refusedAt, name]), message };
    });
  });
  if (details.length === 0) return;
  throw new WeirError('IncorrectStatus.RSByPassToas', `${problemsText(details)}. Nothing was changed.`, details);
}
