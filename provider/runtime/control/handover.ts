// Make before break: before targets take the place of others that take traffic, a first check of theirs must pass.
import { setTimeout as sleep } from 'node:timers/promises';
import { WeirError } from '../../model/errors.ts';
import { propertyPath } from '../../model/property-path.ts';
import { toMs } from '../../model/seconds.ts';
import type { TargetAttachmentProperties } from '../../model/target-attachment.ts';
import type { HealthMonitor } from '../health/monitor.ts';
import type { Probe } from '../health/probe.ts';
import { type GroupSnapshot, type HealthCheckSnapshot, takesTraffic } from '../snapshot.ts';
import type { StoredObject } from '../store/store.ts';
import { type Binder, bindersOf, groupsServedBy, type ResolvedTarget, resolveTargets } from './membership.ts';
import type { ModelView } from './model.ts';

/** A failed first check is repeated at the check's interval, but at least this often, and to the end of the time. */
const LONGEST_RETRY_MS = 1000;
const SHORTEST_RETRY_MS = 20;

/** A target that has passed its first check before it is bound. */
export interface Proven {
  readonly groupId: string;
  readonly key: string;
}

interface Step extends Proven {
  /** Which it takes the place of; while one of them is healthy there is something to wait for. */
  readonly oldKeys: readonly string[];
  readonly target: ResolvedTarget;
  readonly check: HealthCheckSnapshot;
}

const PASSED = 'passed';
/** The old target takes no traffic any more: it is given up for the new one at once, whose checks then decide. */
const OLD_IS_GONE = 'old-is-gone';

type Outcome = typeof PASSED | typeof OLD_IS_GONE | { readonly problem: string };

export interface HandoverOptions {
  readonly monitor: HealthMonitor;
  readonly probe: Probe;
  readonly groupOf: (groupId: string) => GroupSnapshot | undefined;
}

export class Handover {
  readonly #options: HandoverOptions;
  readonly #waiting = new Map<string, AbortController>();

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  isWaiting(attachmentId: string): boolean {
    return this.#waiting.has(attachmentId);
  }

  /** A newer write of the attachment ends the one that waits, with `Superseded`. */
  supersede(attachmentId: string): void {
    this.#end(attachmentId, new WeirError('Superseded'));
  }

  /** Ends all that wait, with `SystemBusy`. */
  close(): void {
    for (const id of [...this.#waiting.keys()]) this.#end(id, new WeirError('SystemBusy', 'The runtime is stopping.'));
  }

  /**
   * Resolves when every target that must pass a first check has, with those that did, or has nothing to take over from;
   * rejects after `handoverSeconds`, and nothing has changed. Of the first targets that a listener has of its own, which
   * take the place of its load balancer's, one is enough.
   * `tryOut` is called before anything waits or ends, and throws where the write would be refused.
   */
  async prove(
    view: ModelView,
    id: string,
    next: TargetAttachmentProperties,
    tryOut: () => void,
  ): Promise<readonly Proven[]> {
    const ownSteps = next.handoverSeconds === 0 ? [] : this.#ownSteps(view, next);
    const steps = ownSteps.length > 0 ? ownSteps : this.#steps(view, id, next);
    if (steps.length > 0 || this.isWaiting(id)) tryOut();
    this.supersede(id);
    if (steps.length === 0) return [];
    const ended = new AbortController();
    this.#waiting.set(id, ended);
    try {
      const deadlineMs = performance.now() + toMs(next.handoverSeconds);
      const outcomes =
        steps === ownSteps
          ? await this.#awaitAny(steps, deadlineMs, ended.signal)
          : await Promise.all(steps.map((step) => this.#await(step, deadlineMs, ended.signal)));
      ended.signal.throwIfAborted();
      const isEnough = steps === ownSteps && outcomes.some((outcome) => typeof outcome !== 'object');
      if (!isEnough) refuse(steps, outcomes, next.handoverSeconds);
      return steps.filter((_, index) => outcomes[index] === PASSED);
    } finally {
      if (this.#waiting.get(id) === ended) this.#waiting.delete(id);
    }
  }

  /**
   * Which targets of the load balancer pass a check, where they come back to a listener whose last own attachment goes.
   * No delete is refused for that: what does not pass now is bound all the same, and checked on.
   */
  async proveReturn(view: ModelView, binder: Binder, tryOut: () => void): Promise<readonly Proven[]> {
    const listener = view.get('listeners', binder.properties.listenerId ?? '');
    if (listener === undefined) return [];
    const { loadBalancerId, backendPort } = listener.properties;
    const shared = [...bindersOf(view)].filter(({ properties }) => properties.loadBalancerId === loadBalancerId);
    const targets = shared.flatMap((each) => resolveTargets(view, each, backendPort));
    const steps = ownBinders(view, listener, binder.id) > 0 ? [] : this.#stepsFor(listener, targets);
    if (steps.length > 0) tryOut();
    const { signal } = new AbortController();
    const found = await Promise.all(steps.map(({ target, check }) => this.#options.probe(target, check, signal)));
    return steps.filter((_, index) => found[index] === undefined);
  }

  #end(attachmentId: string, reason: WeirError): void {
    this.#waiting.get(attachmentId)?.abort(reason);
    this.#waiting.delete(attachmentId);
  }

  /** Only where a healthy target would be given up for one that nothing is known of. */
  #steps(view: ModelView, id: string, next: TargetAttachmentProperties): Step[] {
    const existing = view.get('attachments', id);
    if (existing === undefined || next.handoverSeconds === 0) return [];
    const bindings = { kind: 'attachments', properties: next } as const;
    return groupsServedBy(view, existing.properties).flatMap(({ groupId, fixedPort }) => {
      const check = this.#options.groupOf(groupId)?.healthCheck;
      if (check === undefined) return [];
      const before = new Map(resolveTargets(view, existing, fixedPort).map((target) => [target.name, target]));
      return resolveTargets(view, bindings, fixedPort).flatMap((target) => {
        const old = before.get(target.name);
        if (old === undefined || old.key === target.key) return [];
        if (this.#takesTraffic(groupId, target.key)) return [];
        if (this.#options.monitor.health(groupId, old.key) !== 'healthy') return [];
        return [{ groupId, key: target.key, oldKeys: [old.key], target, check }];
      });
    });
  }

  /** Of the first attachment that a listener has of its own: its load balancer's targets go with that. */
  #ownSteps(view: ModelView, next: TargetAttachmentProperties): Step[] {
    const listener = view.get('listeners', next.listenerId ?? '');
    if (listener === undefined || ownBinders(view, listener, '') > 0) return [];
    return this.#stepsFor(listener, resolveTargets(view, { kind: 'attachments', properties: next }, undefined));
  }

  /** Only where targets in traffic would all be given up for some that nothing is known of. */
  #stepsFor({ id: groupId }: StoredObject<'listeners'>, targets: readonly ResolvedTarget[]): Step[] {
    const group = this.#options.groupOf(groupId);
    const check = group?.healthCheck;
    if (group === undefined || check === undefined) return [];
    const served = [...group.targets.values()].filter(
      ({ key, weight }) => weight > 0 && this.#takesTraffic(groupId, key),
    );
    const oldKeys = served.map(({ key }) => key);
    const able = targets.filter(({ weight, ineligible }) => weight > 0 && ineligible === undefined);
    if (oldKeys.length === 0 || able.some(({ key }) => oldKeys.includes(key))) return [];
    return able.map((target) => ({ groupId, key: target.key, oldKeys, target, check }));
  }

  async #awaitAny(steps: readonly Step[], deadlineMs: number, signal: AbortSignal): Promise<Outcome[]> {
    const enough = new AbortController();
    const either = AbortSignal.any([signal, enough.signal]);
    return await Promise.all(
      steps.map(async (step) => {
        const outcome = await this.#await(step, deadlineMs, either);
        if (typeof outcome !== 'object') enough.abort();
        return outcome;
      }),
    );
  }

  /** Bound already, under another name, and in traffic. */
  #takesTraffic(groupId: string, key: string): boolean {
    const state = this.#options.monitor.state(groupId, key);
    return state !== undefined && takesTraffic(state.health);
  }

  /** Until it passed, the old one is no longer worth waiting for, or the time is over: then what was wrong. */
  async #await(
    { groupId, key, oldKeys, target, check }: Step,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<Outcome> {
    for (;;) {
      const timeoutMs = Math.min(check.timeoutMs, Math.ceil(deadlineMs - performance.now()));
      const found = await this.#options.probe(target, { ...check, timeoutMs }, signal);
      // One that is bound under another name has a checker of its own, whose word counts when they swap.
      const isBound = this.#options.monitor.state(groupId, key) !== undefined;
      const problem =
        found ?? (isBound && !this.#takesTraffic(groupId, key) ? 'its checks do not pass yet' : undefined);
      // Half of what is left, so that the last check is close to the end and not beyond it.
      const waitMs = Math.min(check.intervalMs, LONGEST_RETRY_MS, (deadlineMs - performance.now()) / 2);
      if (problem === undefined) return PASSED;
      if (oldKeys.every((old) => this.#options.monitor.health(groupId, old) !== 'healthy')) return OLD_IS_GONE;
      if (signal.aborted || waitMs < SHORTEST_RETRY_MS) return { problem };
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
  }
}

/** How many attachments the listener has of its own, without the one named. */
function ownBinders(view: ModelView, { id }: StoredObject<'listeners'>, without: string): number {
  return [...bindersOf(view)].filter((binder) => binder.properties.listenerId === id && binder.id !== without).length;
}

function refuse(steps: readonly Step[], outcomes: readonly Outcome[], withinSeconds: number): void {
  const details = steps.flatMap(({ target }, index) => {
    const outcome = outcomes[index];
    if (typeof outcome !== 'object') return [];
    const message = `did not pass a first check at ${target.key} within ${withinSeconds} s: ${outcome.problem}`;
    return [{ path: propertyPath(['targets', target.name]), message }];
  });
  if (details.length === 0) return;
  const text = details.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new WeirError('IncorrectStatus.RSByPassToas', `${text}. Nothing was changed.`, details);
}
