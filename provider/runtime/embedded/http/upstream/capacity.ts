// Requests that wait for a connection to a target, in order, and the connections that they get, in whichever worker.
import { type Timed, unwatch, watch } from '../../io/deadlines.ts';
import type { Target, TargetOwner } from '../../serving/target.ts';

/**
 * How many of its own requests a worker serves on an idle connection while another worker's request has waited for
 * longer: that worker has to make a new connection.
 */
const MAX_OWN_IN_ROW = 16;

/** A request that waits for a connection. */
export interface Waiter {
  /** Returns `false` if the request was already tried on the target. */
  mayTry(target: Target): boolean;
  /**
   * Tries to get a connection to `target`, or to any if that is `undefined`. A waiter that gets one, or gives up, leaves
   * the queue.
   */
  retry(target: Target | undefined): void;
}

interface Place {
  readonly ticket: number;
  /** The only target to which the request may go. `undefined` if it may go to any. */
  readonly tiedTo: Target | undefined;
}

/** The waiting requests of one target group in this worker. */
class Queue implements Timed {
  readonly #owner: TargetOwner;
  readonly #places = new Map<Waiter, Place>();
  /** How many requests were served in a row before the older ones of other workers. */
  ownInRow = 0;

  constructor(owner: TargetOwner) {
    this.#owner = owner;
  }

  add(waiter: Waiter, tiedTo: Target | undefined): void {
    const ticket = this.#places.get(waiter)?.ticket ?? this.#owner.waiting.draw();
    this.#places.set(waiter, { ticket, tiedTo });
    if (this.#places.size > 1) return;
    queues.set(this.#owner, this);
    watch(this);
    this.#publish();
  }

  remove(waiter: Waiter): void {
    if (!this.#places.delete(waiter)) return;
    this.#publish();
    if (this.#places.size > 0) return;
    queues.delete(this.#owner);
    unwatch(this);
  }

  has(waiter: Waiter): boolean {
    return this.#places.has(waiter);
  }

  /** Returns the request that has waited longest of those that may go to the target. */
  first(target: Target): [Waiter, Place] | undefined {
    for (const entry of this.#places) {
      const { tiedTo } = entry[1];
      if (tiedTo === undefined ? entry[0].mayTry(target) : tiedTo === target) return entry;
    }
    return undefined;
  }

  /** Lets requests try again whose target takes no more traffic, or all of them if no target does. */
  targetsChanged(): void {
    for (const [waiter, { tiedTo }] of [...this.#places])
      if (!this.#owner.canPick || tiedTo?.isPickable === false) waiter.retry(undefined);
  }

  /** Tries again even if no worker tells of a free connection, because it may have ended, or a limit was raised. */
  checkDeadline(): void {
    this.targetsChanged();
    for (const [waiter, { tiedTo }] of [...this.#places]) {
      waiter.retry(tiedTo);
      if (this.#places.has(waiter)) return;
    }
  }

  #publish(): void {
    const [first] = this.#places.values();
    this.#owner.waiting.publish(first?.ticket);
  }
}

/** The queues in which requests wait. */
const queues = new Map<TargetOwner, Queue>();

/** Returns true if a request that comes now must wait behind others. */
export function isContended(owner: TargetOwner): boolean {
  return queues.has(owner) || owner.waiting.hasOther;
}

/**
 * Lets a request wait for a connection to a target of the group, or keeps its place if it waits already. `full` are the
 * targets that it was refused.
 */
export function waitForCapacity(
  owner: TargetOwner,
  waiter: Waiter,
  tiedTo: Target | undefined,
  full: Iterable<Target>,
) {
  (queues.get(owner) ?? new Queue(owner)).add(waiter, tiedTo);
  // Only now do others see that a request waits: what became free before is offered again.
  for (const target of full) {
    offerCapacity(target);
    const workerId = target.counters.otherWithIdle();
    if (workerId !== undefined && target.isFull) owner.tellCapacity(target, workerId, []);
  }
}

export function stopWaiting(owner: TargetOwner, waiter: Waiter): void {
  queues.get(owner)?.remove(waiter);
}

/** Returns true if the request waits for a connection to a target of the group. */
export function isWaiting(owner: TargetOwner, waiter: Waiter): boolean {
  return queues.get(owner)?.has(waiter) === true;
}

/** Lets waiting requests of the group try again, because its targets, their health or its limits have changed. */
export function targetsChanged(owner: TargetOwner): void {
  queues.get(owner)?.targetsChanged();
}

/** Offers a connection that ended or became idle to the requests that wait, when the present event was handled. */
export function offerCapacity(target: Target): void {
  const { owner } = target;
  if (owner.settings.maxConnectionsPerTarget === undefined || !isContended(owner)) return;
  queueMicrotask(() => serveWaiting(target));
}

/**
 * Gives the target's free connections to the requests that have waited longest. If one of another worker has, that
 * worker is told and continues. `declined` are workers whose requests cannot go to this target.
 */
export function serveWaiting(target: Target, declined: readonly number[] = []): void {
  const { owner, counters } = target;
  while (target.isPickable && (!target.isFull || counters.hasIdle)) {
    const queue = queues.get(owner);
    const own = queue?.first(target);
    const other = owner.waiting.oldestOther(own?.[1].ticket, declined);
    const isHandy = queue !== undefined && own !== undefined && counters.hasIdle && queue.ownInRow < MAX_OWN_IN_ROW;
    if (queue !== undefined) queue.ownInRow = other !== undefined && isHandy ? queue.ownInRow + 1 : 0;
    if (other !== undefined && !isHandy) {
      if (target.isFull) target.closeIdle();
      owner.tellCapacity(target, other, own === undefined ? [...declined, owner.waiting.workerId] : declined);
      return;
    }
    if (own === undefined) return;
    own[0].retry(target);
    if (isWaiting(owner, own[0])) return;
  }
}
