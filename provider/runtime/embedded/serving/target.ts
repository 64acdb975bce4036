// A target in a worker: its settings, its counters, and the flows and connections that use it until it is unbound.
import { shortageOf } from '../../contract/shortage.ts';
import { type Health, takesTraffic } from '../../contract/snapshot.ts';
import type { RampingTarget } from '../../select/slow-start.ts';
import type { StickyTarget } from '../../select/stickiness.ts';
import { TargetColumn } from '../shared/counters.ts';
import type { TargetGroupSettings, TargetUpsert } from '../shared/messages.ts';
import type { WaitingColumn } from '../shared/waiting.ts';

/** How an unbind treats open flows and exchanges; part of the listener's settings. */
export interface UnbindRule {
  readonly drainMs: number;
  readonly requestTimeoutMs: number;
}

/** Something that uses a target: a connect in progress, a flow, an exchange, or an idle pooled connection. */
export interface Hold {
  /** The hold as an idle connection. `undefined` while it is something else. */
  readonly idle?: IdleHold | undefined;
  /** Called once when the target is unbound, inside the swap and after the new pickers are in place. */
  onUnbind(rule: UnbindRule): void;
  /**
   * Called before `onUnbind` if the listening socket was transferred to a listener that has the same target, passed as
   * `target`. Returns `true` if the hold continues with that target.
   */
  transferTo(target: Target): boolean;
}

/** A hold that is an idle connection to the target. */
export interface IdleHold {
  /** When the connection became idle, by `performance.now()`. */
  readonly idleSince: number;
  /** True if a client has logged in on the connection. */
  readonly hasLogin: boolean;
  close(): void;
}

/** The target group of a target, as far as its connections need it. */
export interface TargetOwner {
  readonly settings: TargetGroupSettings;
  /** True if any target of the group takes new traffic. */
  readonly canPick: boolean;
  /** The requests that wait for a connection to any target of the group. */
  readonly waiting: WaitingColumn;
  /** Tells another worker that it may have a connection to the target, or is to give one back. */
  tellCapacity(target: Target, workerId: number, declined: readonly number[]): void;
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
  readonly owner: TargetOwner;
  /** The target's configured weight, 0-100. */
  fullWeight: number;
  /** The weight that pickers use, not 0-100: slow start multiplies `fullWeight` by up to RAMP_PARTS at each rebuild. */
  pickingWeight = 0;
  health: Health;
  begunAtMs: number | undefined;
  #isBound = true;
  readonly #holds = new Set<Hold>();
  readonly #onPassive: PassiveListener;

  constructor(upsert: TargetUpsert, owner: TargetOwner, onPassive: PassiveListener) {
    this.owner = owner;
    this.key = upsert.target.key;
    this.address = upsert.target.address;
    this.port = upsert.target.port;
    this.number = upsert.number;
    this.slot = upsert.slot;
    this.fullWeight = upsert.target.weight;
    this.health = upsert.health;
    this.begunAtMs = upsert.begunAtMs;
    this.counters = new TargetColumn(upsert.counters, owner.waiting.workerId);
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

  /** True if all workers together have as many connections to the target as they may. */
  get isFull(): boolean {
    const { maxConnectionsPerTarget } = this.owner.settings;
    return maxConnectionsPerTarget !== undefined && this.counters.openConnections >= maxConnectionsPerTarget;
  }

  /** True if there are more connections than there may be, because a limit was lowered. */
  get isAboveLimits(): boolean {
    const { maxConnectionsPerTarget: most, maxIdleTargetConnections: mostIdle } = this.owner.settings;
    if (most !== undefined && this.counters.openConnections > most) return true;
    return mostIdle !== undefined && this.counters.idleConnections > mostIdle;
  }

  /**
   * Closes the connection of this worker that has been idle for longest, if any. One on which a client has logged in is
   * closed only if there is no other, because the client must log in again.
   */
  closeIdle(): void {
    let oldest: IdleHold | undefined;
    for (const { idle } of this.#holds)
      if (idle !== undefined && (oldest === undefined || isBetterClosed(idle, oldest))) oldest = idle;
    oldest?.close();
  }

  hold(hold: Hold): void {
    this.#holds.add(hold);
  }

  release(hold: Hold): void {
    this.#holds.delete(hold);
  }

  connectFailed(error: Error): void {
    if (!this.#isBound) return;
    if (shortageOf(error) === undefined) this.counters.connectFailed();
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

function isBetterClosed(a: IdleHold, b: IdleHold): boolean {
  return a.hasLogin === b.hasLogin ? a.idleSince < b.idleSince : b.hasLogin;
}
