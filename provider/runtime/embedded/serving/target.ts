// A target in a worker: its settings, its counters, and the flows and connections that use it until it is unbound.
import { shortageOf } from '../../contract/shortage.ts';
import { type Health, takesTraffic } from '../../contract/snapshot.ts';
import type { RampingTarget } from '../../select/slow-start.ts';
import type { StickyTarget } from '../../select/stickiness.ts';
import { TargetColumn } from '../shared/counters.ts';
import type { TargetUpsert } from '../shared/messages.ts';

/** How an unbind treats open flows and exchanges; part of the listener's settings. */
export interface UnbindRule {
  readonly drainMs: number;
  readonly requestTimeoutMs: number;
}

/** Something that uses a target: a connect in progress, a flow, an exchange, or an idle pooled connection. */
export interface Hold {
  /** Called once when the target is unbound, inside the swap and after the new pickers are in place. */
  onUnbind(rule: UnbindRule): void;
  /**
   * Called before `onUnbind` if the listening socket was transferred to a listener that has the same target, passed as
   * `target`. Returns `true` if the hold continues with that target.
   */
  transferTo(target: Target): boolean;
}

/**
 * Receives failed connects, those because of a shortage of the runtime too. `error` is `undefined` for the first connect
 * that succeeds after failures.
 */
export type PassiveListener = (key: string, error: Error | undefined) => void;

/** Returns true if a connect failed for want of something on this machine, which says nothing about the target. */
export function isLocalFault(error: Error | undefined): boolean {
  return error !== undefined && shortageOf(error) !== undefined;
}

/** A target bound to one target group. If its target key is bound again later, that is a new object. */
export class Target implements StickyTarget, RampingTarget {
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly number: number;
  readonly slot: number;
  readonly counters: TargetColumn;
  /** The target's configured weight, 0-100. */
  fullWeight: number;
  /** The weight that pickers use, not 0-100: slow start multiplies `fullWeight` by up to RAMP_PARTS at each rebuild. */
  pickingWeight = 0;
  health: Health;
  begunAtMs: number | undefined;
  #isBound = true;
  readonly #holds = new Set<Hold>();
  readonly #onPassive: PassiveListener;

  constructor(upsert: TargetUpsert, workerId: number, onPassive: PassiveListener) {
    this.key = upsert.key;
    this.address = upsert.address;
    this.port = upsert.port;
    this.number = upsert.number;
    this.slot = upsert.slot;
    this.fullWeight = upsert.weight;
    this.health = upsert.health;
    this.begunAtMs = upsert.begunAtMs;
    this.counters = new TargetColumn(upsert.counters, workerId);
    this.#onPassive = onPassive;
  }

  /** False from the tick of the swap that unbound the target: it gets no connect and no new request from then on. */
  get isBound(): boolean {
    return this.#isBound;
  }

  get isPickable(): boolean {
    return this.#isBound && this.fullWeight > 0 && takesTraffic(this.health);
  }

  get connections(): number {
    return this.counters.connections;
  }

  hold(hold: Hold): void {
    this.#holds.add(hold);
  }

  release(hold: Hold): void {
    this.#holds.delete(hold);
  }

  connectFailed(error: Error): void {
    if (!this.#isBound) return;
    if (shortageOf(error) === undefined) this.counters.markFailing();
    this.#onPassive(this.key, error);
  }

  connected(): void {
    if (this.counters.clearFailing() && this.#isBound) this.#onPassive(this.key, undefined);
  }

  /** First half of an unbind: from now on no picker returns the target. */
  unbind(): void {
    this.#isBound = false;
  }

  /**
   * Second half of an unbind: notifies the holds, which may pick again under the new snapshot. If the listening socket
   * was transferred to another listener that has the same target, `transferred` is that listener's target.
   */
  tellHolds(rule: UnbindRule, transferred?: Target): void {
    const holds = [...this.#holds];
    this.#holds.clear();
    for (const hold of holds) if (transferred === undefined || !hold.transferTo(transferred)) hold.onUnbind(rule);
  }
}
