// Sticky sessions by source IP: a client's address stays with its target, over all workers, while it keeps coming.
import { ClientTable } from './client-table.ts';
import type { PickingClient, Stickiness, StickyTarget } from './stickiness.ts';

/** Times in the table are in units of the shortest lifetime: counted from the machine's start they last for six years. */
const TICK_MS = 50;

/** Each fails only where another worker has changed the client's place in the same moment. */
const MAX_PUTS = 4;

export class StickySource<T extends StickyTarget> implements Stickiness<T> {
  readonly #table: ClientTable;
  readonly #nowMs: () => number;
  readonly #lifetimeTicks: number;
  readonly #targets = new Map<number, T>();

  /** `clients`: of createClientTable; all workers share it, and the clock. */
  constructor(lifetimeMs: number, clients: SharedArrayBuffer, nowMs: () => number) {
    this.#table = new ClientTable(clients);
    this.#nowMs = nowMs;
    // The tick that is under way counts for nothing.
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

  /** Where another worker was quicker with a connection of the same client, that one's choice stands. */
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
