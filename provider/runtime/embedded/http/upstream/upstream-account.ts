// What one connection counts as at its target: connecting, in use or idle. Each of them is counted off exactly once.
import type { Target } from '../../serving/target.ts';
import { offerCapacity } from './capacity.ts';

export class UpstreamAccount {
  #target: Target;
  /** True while the connection is one of those that the target may have. */
  #isOpen = true;
  /** True from the pick of the target until the connection's first request is sent or the connection ends. */
  #isPicked = true;
  #isActive = false;
  #isIdle = false;

  /** Returns the account of a new connection, or `undefined` if the target has as many as it may have. */
  static open(target: Target): UpstreamAccount | undefined {
    const { maxConnectionsPerTarget } = target.owner.settings;
    return target.counters.reserveConnection(maxConnectionsPerTarget) ? new UpstreamAccount(target) : undefined;
  }

  private constructor(target: Target) {
    this.#target = target;
    target.counters.connecting();
  }

  get isIdle(): boolean {
    return this.#isIdle;
  }

  get isActive(): boolean {
    return this.#isActive;
  }

  /** Counts a request that begins. */
  begin(): void {
    this.#endPick();
    this.#isActive = true;
    this.#target.counters.request();
    this.#target.counters.opened();
  }

  /** Ends the request, or the connecting before it. */
  end(): void {
    this.#endPick();
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#target.counters.closed();
  }

  /** Counts the connection as idle. Returns `false` if there are enough; one with a login is kept in any case. */
  beginIdle(hasLogin: boolean): boolean {
    const { counters, owner } = this.#target;
    const { maxIdleTargetConnections, maxConnectionsPerTarget } = owner.settings;
    if (maxConnectionsPerTarget !== undefined && counters.openConnections > maxConnectionsPerTarget) return false;
    if (!counters.reserveIdle(hasLogin ? undefined : maxIdleTargetConnections)) return false;
    this.#isIdle = true;
    offerCapacity(this.#target);
    return true;
  }

  endIdle(): void {
    if (!this.#isIdle) return;
    this.#isIdle = false;
    this.#target.counters.idleEnded();
  }

  /** Ends everything: a request that waits may have a connection in place of this one. */
  close(): void {
    this.end();
    this.endIdle();
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#target.counters.connectionEnded();
    offerCapacity(this.#target);
  }

  /** Counts the connection with its request at another target, whatever the limit of that. */
  transferTo(target: Target): void {
    this.#target.counters.closed();
    this.#target.counters.connectionEnded();
    this.#target = target;
    target.counters.opened();
    target.counters.reserveConnection(undefined);
  }

  #endPick(): void {
    if (!this.#isPicked) return;
    this.#isPicked = false;
    this.#target.counters.connectEnded();
  }
}
