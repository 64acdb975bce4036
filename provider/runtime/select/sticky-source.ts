// Sticky sessions by source IP: a client address stays with its target in all workers while connections keep coming.
import { ClientTable } from './client-table.ts';
import type { PickingClient, Stickiness, StickyTarget } from './stickiness.ts';

/**
 * Unit of times in the client table, equal to the shortest lifetime of a client. 32 bits of this unit last six years
 * from the machine's start.
 */
const TICK_MS = 50;

/** Attempts to store a client. One fails only if another worker changes the client's place at the same moment. */
const MAX_PUTS = 4;

export class StickySource<T extends StickyTarget> implements Stickiness<T> {
  readonly #table: ClientTable;
  readonly #nowMs: () => number;
  readonly #lifetimeTicks: number;
  readonly #targets = new Map<number, T>();

  /** `clients` is the memory of `createClientTable`. All workers share it and the clock of `nowMs`. */
  constructor(lifetimeMs: number, clients: SharedArrayBuffer, nowMs: () => number) {
    this.#table = new ClientTable(clients);
    this.#nowMs = nowMs;
    // The lifetime gets one tick more than its duration, because a part of the present tick has already passed.
    this.#lifetimeTicks = Math.ceil(lifetimeMs / TICK_MS) + 1;
  }

  add(target: T): void {
    this.#targets.set(target.number, target);
  }

  remove(target: T): void {
    this.#targets.delete(target.number);
  }

  find(client: PickingClient, tried?: ReadonlySet<T>): T | undefined {
    const now = this.#now();
    const target = this.#seek(client, now, tried);
    if (target !== undefined) this.#table.extend(now + this.#lifetimeTicks);
    return target;
  }

  /** If another worker has already chosen a target for the same client, its choice is returned. */
  keep(client: PickingClient, picked: T, tried?: ReadonlySet<T>): T {
    const now = this.#now();
    for (let puts = 0; puts < MAX_PUTS; puts++) {
      const standing = this.#seek(client, now, tried);
      if (standing !== undefined) return standing;
      if (this.#table.put(picked.number, now + this.#lifetimeTicks)) return picked;
    }
    return picked;
  }

  #seek({ remoteAddress }: PickingClient, now: number, tried: ReadonlySet<T> | undefined): T | undefined {
    const target = this.#targets.get(this.#table.seek(remoteAddress, now));
    return target?.isPickable && !tried?.has(target) ? target : undefined;
  }

  #now(): number {
    return Math.floor(this.#nowMs() / TICK_MS);
  }
}
