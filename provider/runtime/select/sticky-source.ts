// Sticky sessions by source IP: a client's address stays with its target, over all workers, while it keeps coming.
import { ClientTable } from './client-table.ts';
import type { Selection } from './selection.ts';
import type { PickingClient, Stickiness, StickyTarget } from './stickiness.ts';

/** Times in the table are in units of the shortest lifetime: counted from the machine's start they last for six years. */
const TICK_MS = 50;

/** What all workers share of it, and the clock that they share. */
export interface SharedClients {
  /** Of createClientTable. */
  readonly memory: SharedArrayBuffer;
  readonly selection: Selection;
  readonly nowMs: () => number;
}

export class StickySource<T extends StickyTarget> implements Stickiness<T> {
  readonly #table: ClientTable;
  readonly #selection: Selection;
  readonly #nowMs: () => number;
  readonly #lifetimeTicks: number;
  readonly #targets = new Map<number, T>();

  constructor(lifetimeMs: number, { memory, selection, nowMs }: SharedClients) {
    this.#table = new ClientTable(memory);
    this.#selection = selection;
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
    // A lock not had belongs to a thread that is not running: the client's next connection is remembered.
    if (!this.#selection.tryLock()) return picked;
    const now = this.#now();
    const standing = this.#seek(client, now, tried);
    if (standing === undefined) this.#table.put(picked.number, now + this.#lifetimeTicks);
    this.#selection.unlock();
    return standing ?? picked;
  }

  #seek({ remoteAddress }: PickingClient, now: number, tried: ReadonlySet<T> | undefined): T | undefined {
    const target = this.#targets.get(this.#table.seek(remoteAddress, now));
    return target?.isPickable && !tried?.has(target) ? target : undefined;
  }

  #now(): number {
    return Math.floor(this.#nowMs() / TICK_MS);
  }
}
