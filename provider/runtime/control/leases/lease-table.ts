// The leases of group members in memory, and which of them have ended. Pure: a monotonic clock is given to each method.
import { DeadlineQueue } from './deadline-queue.ts';

export interface EndedLease {
  readonly groupId: string;
  readonly serverId: string;
  readonly ttlSeconds: number;
}

/** One lease of a member. */
interface Lease extends EndedLease {
  endsAtMs: number;
  /** The deadline of the lease's entry in the queue. It is not later than `endsAtMs`, because a renewal leaves it. */
  queuedAtMs: number;
  /** True until the first renewal of a lease that this process began at its start, whoever had renewed it before. */
  isRestored: boolean;
  /** True once the lease has ended, while the member is still to be removed. */
  isEnding: boolean;
}

/** A lease that another process goes on with. */
export interface CarriedLease {
  readonly groupId: string;
  readonly serverId: string;
  readonly leftMs: number;
}

/** Entries of the queue that belong to no lease any more, of which that many are kept. */
const MAX_STALE = 1_000;

export class LeaseTable {
  readonly #groups = new Map<string, Map<string, Lease>>();
  readonly #queue = new DeadlineQueue<Lease>();
  #size = 0;

  /** Number of leases. */
  get size(): number {
    return this.#size;
  }

  /** When `takeEnded` is to be called next. `undefined` if there are no leases. */
  get nextMs(): number | undefined {
    return this.#queue.nextMs;
  }

  /**
   * Follows the stored leases of a group, which are times to live by server id. A lease that is new, or has another time
   * to live, begins now. `isRestored`: the leases are those of an earlier process. Returns the leases that are gone
   * because they have ended.
   */
  follow(groupId: string, stored: Readonly<Record<string, number>>, nowMs: number, isRestored = false): EndedLease[] {
    const leases = this.#groups.get(groupId) ?? new Map<string, Lease>();
    const ended: EndedLease[] = [];
    this.#groups.set(groupId, leases);
    this.#size -= leases.size;
    for (const [serverId, lease] of leases) {
      if (stored[serverId] === lease.ttlSeconds) continue;
      leases.delete(serverId);
      if (lease.isEnding && stored[serverId] === undefined) ended.push(lease);
    }
    for (const [serverId, ttlSeconds] of Object.entries(stored)) {
      if (leases.has(serverId)) continue;
      const endsAtMs = nowMs + ttlSeconds * 1000;
      const lease = { groupId, serverId, ttlSeconds, endsAtMs, queuedAtMs: endsAtMs, isRestored, isEnding: false };
      leases.set(serverId, lease);
      this.#queue.add(endsAtMs, lease);
    }
    this.#size += leases.size;
    if (leases.size === 0) this.#groups.delete(groupId);
    if (this.#queue.size > 2 * this.#size + MAX_STALE) this.#rebuild();
    return ended;
  }

  /** Renews a lease. Returns false if there is none with this time to live, or if it has ended. */
  renew(groupId: string, serverId: string, ttlSeconds: number, nowMs: number): boolean {
    const lease = this.#groups.get(groupId)?.get(serverId);
    if (lease === undefined || lease.isEnding || lease.ttlSeconds !== ttlSeconds) return false;
    lease.endsAtMs = nowMs + ttlSeconds * 1000;
    lease.isRestored = false;
    return true;
  }

  /** The time until a lease ends; 0 if it has ended. `undefined` if there is no such lease. */
  leftMs(groupId: string, serverId: string, nowMs: number): number | undefined {
    const lease = this.#groups.get(groupId)?.get(serverId);
    return lease && (lease.isEnding ? 0 : Math.max(0, lease.endsAtMs - nowMs));
  }

  /**
   * The leases that have ended since the last call, as times to live by server id, by group. They stay in the table
   * until `follow` has the group without them.
   */
  takeEnded(nowMs: number): Map<string, Map<string, number>> {
    const ended = new Map<string, Map<string, number>>();
    for (let due = this.#queue.takeDue(nowMs); due !== undefined; due = this.#queue.takeDue(nowMs)) {
      const { atMs, item: lease } = due;
      if (atMs !== lease.queuedAtMs || !this.#has(lease)) continue;
      if (lease.endsAtMs > nowMs) {
        this.#queueAt(lease, lease.endsAtMs);
        continue;
      }
      lease.isEnding = true;
      const ofGroup = ended.get(lease.groupId) ?? new Map<string, number>();
      ended.set(lease.groupId, ofGroup.set(lease.serverId, lease.ttlSeconds));
    }
    return ended;
  }

  /** Lets leases that `takeEnded` has returned end again later, because their members could not be removed. */
  putBack(groupId: string, serverIds: Iterable<string>, endsAtMs: number): void {
    for (const serverId of serverIds) {
      const lease = this.#groups.get(groupId)?.get(serverId);
      if (lease?.isEnding !== true) continue;
      lease.isEnding = false;
      lease.endsAtMs = endsAtMs;
      this.#queueAt(lease, endsAtMs);
    }
  }

  /** The leases for another process. */
  carried(nowMs: number): CarriedLease[] {
    return [...this.#all()].map(({ groupId, serverId }) => {
      return { groupId, serverId, leftMs: this.leftMs(groupId, serverId, nowMs) ?? 0 };
    });
  }

  /** Goes on with the leases of the process before. One that was renewed here since the start is newer, and stays. */
  continue(carried: readonly CarriedLease[], nowMs: number): void {
    for (const { groupId, serverId, leftMs } of carried) {
      const lease = this.#groups.get(groupId)?.get(serverId);
      if (lease?.isRestored !== true || lease.isEnding) continue;
      lease.isRestored = false;
      lease.endsAtMs = Math.min(lease.endsAtMs, nowMs + leftMs);
      if (lease.endsAtMs < lease.queuedAtMs) this.#queueAt(lease, lease.endsAtMs);
    }
  }

  #queueAt(lease: Lease, atMs: number): void {
    lease.queuedAtMs = atMs;
    this.#queue.add(atMs, lease);
  }

  #has(lease: Lease): boolean {
    return this.#groups.get(lease.groupId)?.get(lease.serverId) === lease;
  }

  *#all(): Iterable<Lease> {
    for (const leases of this.#groups.values()) yield* leases.values();
  }

  /** Drops the entries of the queue that belong to no lease any more. */
  #rebuild(): void {
    this.#queue.clear();
    for (const lease of this.#all()) if (!lease.isEnding) this.#queueAt(lease, lease.endsAtMs);
  }
}
