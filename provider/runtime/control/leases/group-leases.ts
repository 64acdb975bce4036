// The leases of all group members: begins, renews and ends them with one timer.
import { hasCode } from '../../../model/base/errors.ts';
import { leasesOf } from '../../stored/members.ts';
import type { ModelView } from '../../stored/model.ts';
import type { ObjectChange, StoredObject } from '../../stored/object.ts';
import { type CarriedLease, type EndedLease, LeaseTable } from './lease-table.ts';
import { RunningClock } from './running-clock.ts';

/** Longest time between two looks at the leases. The clock of the leases is read that often. */
const LOOK_MS = 1_000;
/** When members that could not be removed are tried again, because the disk was full, say. */
const TRY_AGAIN_MS = 1_000;

interface GroupLeasesOptions {
  /** A monotonic clock in milliseconds. */
  readonly monotonicMs: () => number;
  /**
   * Removes members whose leases have ended, unless they have got other ones meanwhile. `ended`: times to live by server
   * id. Resolves when the members are unbound.
   */
  readonly remove: (groupId: string, ended: ReadonlyMap<string, number>) => Promise<void>;
  /** Called when a member is unbound because its lease has ended. */
  readonly onEnded: (ended: EndedLease) => void;
  readonly onError: (error: unknown) => void;
}

/** The lease of a member as it is shown. */
export interface ShownLease {
  readonly ttlSeconds: number;
  readonly leftMs: number;
}

export class GroupLeases {
  readonly #options: GroupLeasesOptions;
  readonly #table = new LeaseTable();
  readonly #clock: RunningClock;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #ended = 0;
  #isClosed = false;

  constructor(options: GroupLeasesOptions) {
    this.#options = options;
    this.#clock = new RunningClock(options.monotonicMs);
  }

  /** Number of members that have a lease. */
  get count(): number {
    return this.#table.size;
  }

  /** Number of leases that have ended since the start. */
  get ended(): number {
    return this.#ended;
  }

  /** Begins all stored leases anew, because nobody could renew them while no process was there. */
  start(model: ModelView): void {
    const nowMs = this.#clock.read();
    for (const group of model.list('groups')) this.#table.follow(group.id, leasesOf(group), nowMs, true);
    this.#plan();
  }

  /** Follows groups that were written. Called once the engine serves the changes. */
  written(changes: readonly ObjectChange[]): void {
    if (this.#isClosed) return;
    const nowMs = this.#clock.read();
    for (const change of changes) {
      const { kind, id } = 'put' in change ? change.put : change.delete;
      if (kind !== 'groups') continue;
      const leases = 'put' in change && change.put.kind === 'groups' ? leasesOf(change.put) : {};
      for (const lease of this.#table.follow(id, leases, nowMs)) {
        this.#ended += 1;
        this.#options.onEnded(lease);
      }
    }
    this.#plan();
  }

  /** Renews a lease in memory. Returns false if a write has to begin one. */
  renew(groupId: string, serverId: string, ttlSeconds: number): boolean {
    return !this.#isClosed && this.#table.renew(groupId, serverId, ttlSeconds, this.#clock.read());
  }

  /** The lease of a member. `undefined` if it has none. */
  of(group: StoredObject<'groups'>, serverId: string): ShownLease | undefined {
    const ttlSeconds = leasesOf(group)[serverId];
    if (ttlSeconds === undefined) return undefined;
    return { ttlSeconds, leftMs: this.#table.leftMs(group.id, serverId, this.#clock.read()) ?? ttlSeconds * 1000 };
  }

  /** The leases for a process that takes over. */
  carried(): CarriedLease[] {
    return this.#table.carried(this.#clock.read());
  }

  /** Goes on with the leases of a process that this one has taken over from. */
  continue(carried: readonly CarriedLease[]): void {
    this.#table.continue(carried, this.#clock.read());
    this.#plan();
  }

  /** Ends no lease any more, and renews none. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Sets the timer to the next end of a lease, but not later than the next reading of the clock. */
  #plan(): void {
    const { nextMs } = this.#table;
    if (this.#isClosed || nextMs === undefined) return;
    const nowMs = this.#clock.read();
    const atMs = Math.min(nextMs, nowMs + LOOK_MS);
    if (this.#timer !== undefined && this.#timerAtMs <= atMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => this.#look(), Math.max(0, Math.ceil(atMs - nowMs)));
  }

  #look(): void {
    this.#timer = undefined;
    for (const [groupId, ended] of this.#table.takeEnded(this.#clock.read())) void this.#end(groupId, ended);
    this.#plan();
  }

  /** Removes members of one group. The writer makes one batch of the writes that arrive together. */
  async #end(groupId: string, ended: ReadonlyMap<string, number>): Promise<void> {
    try {
      await this.#options.remove(groupId, ended);
    } catch (error) {
      // After a timeout, the members are removed as soon as the late data plane serves the write.
      if (this.#isClosed || hasCode(error, 'Timeout')) return;
      this.#table.putBack(groupId, ended.keys(), this.#clock.read() + TRY_AGAIN_MS);
      this.#plan();
      this.#options.onError(error);
    }
  }
}
