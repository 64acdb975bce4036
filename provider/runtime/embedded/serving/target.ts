// One target as a worker has it: its settings, its counters, and what holds on to it until it is unbound.
import { type Health, takesTraffic } from '../../contract/snapshot.ts';
import type { RampingTarget } from '../../select/slow-start.ts';
import type { StickyTarget } from '../../select/stickiness.ts';
import { TargetColumn } from '../shared/counters.ts';
import type { TargetUpsert } from '../shared/messages.ts';

/** How an unbind treats what is under way, of the listener's settings. */
export interface UnbindRule {
  readonly drainMs: number;
  readonly requestTimeoutMs: number;
}

/** One thing that holds on to a target: a connect in progress, a flow, an exchange, an idle pooled connection. */
export interface Hold {
  /** Told once, inside the swap, when the new pickers are in place. */
  onUnbind(rule: UnbindRule): void;
  /**
   * Asked before that if the listening socket was transferred to a listener that has the same target, which is `target`.
   * Returns true if the hold goes on with it.
   */
  transferTo(target: Target): boolean;
}

/** `error` undefined: a connect succeeded, the first after failures. */
export type PassiveListener = (key: string, error: Error | undefined) => void;

/** Failures of this machine say nothing of the target. */
const LOCAL_FAULTS = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);

/** A target bound to one target group. If its key is bound again later, that is another object. */
export class Target implements StickyTarget, RampingTarget {
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly number: number;
  readonly slot: number;
  readonly counters: TargetColumn;
  fullWeight: number;
  /** Of the last rebuild. */
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

  /** False from the tick of the swap that unbound it: no connect, no first byte of a request from then on. */
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
    if (!this.#isBound || LOCAL_FAULTS.has((error as NodeJS.ErrnoException).code ?? '')) return;
    this.counters.markFailing();
    this.#onPassive(this.key, error);
  }

  connected(): void {
    if (this.counters.clearFailing() && this.#isBound) this.#onPassive(this.key, undefined);
  }

  /** The swap's first half: from here on nothing picks it. */
  unbind(): void {
    this.#isBound = false;
  }

  /** The swap's second half: holds may pick again under the new snapshot. */
  tellHolds(rule: UnbindRule, transferred?: Target): void {
    const holds = [...this.#holds];
    this.#holds.clear();
    for (const hold of holds) if (transferred === undefined || !hold.transferTo(transferred)) hold.onUnbind(rule);
  }
}
