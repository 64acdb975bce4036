// A worker's targets of one group: who may be picked, and who must hear that a target was unbound.
import type { PickableTarget, Picker } from '../select/picker.ts';
import { createPicker } from '../select/pickers.ts';
import { Selection } from '../select/selection.ts';
import { type Health, takesTraffic } from '../snapshot.ts';
import { TargetColumn } from './counters.ts';
import type { GroupSettings, TargetUpsert } from './messages.ts';

/** How an unbind treats what is under way, of the listener's settings. */
export interface UnbindRule {
  readonly drainMs: number;
  readonly requestTimeoutMs: number;
}

/** One thing that holds on to a target: a connect in progress, a flow, an exchange, an idle pooled connection. */
export interface Hold {
  /** Told once, inside the swap, when the new pickers are in place. */
  onUnbind(rule: UnbindRule): void;
}

/** Whom a target is picked for. */
export interface PickingClient {
  /** Asked for only where the algorithm goes by it: it may cost a system call. */
  readonly remoteAddress: string;
}

/** `error` undefined: a connect succeeded, the first after failures. */
export type PassiveListener = (key: string, error: Error | undefined) => void;

/** Failures of this machine say nothing of the target. */
const LOCAL_FAULTS = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);

/** A binding of one wire identity to one group; bound again later, it is another object. */
export class Target implements PickableTarget {
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly slot: number;
  readonly counters: TargetColumn;
  weight: number;
  health: Health;
  #isBound = true;
  readonly #holds = new Set<Hold>();
  readonly #onPassive: PassiveListener;

  constructor(upsert: TargetUpsert, workerId: number, onPassive: PassiveListener) {
    this.key = upsert.key;
    this.address = upsert.address;
    this.port = upsert.port;
    this.slot = upsert.slot;
    this.weight = upsert.weight;
    this.health = upsert.health;
    this.counters = new TargetColumn(upsert.counters, workerId);
    this.#onPassive = onPassive;
  }

  /** False from the tick of the swap that unbound it: no connect, no first byte of a request from then on. */
  get isBound(): boolean {
    return this.#isBound;
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
  tellHolds(rule: UnbindRule): void {
    const holds = [...this.#holds];
    this.#holds.clear();
    for (const hold of holds) hold.onUnbind(rule);
  }
}

export class TargetSet {
  /** As of the served snapshot; `rebuild` must follow a change. */
  settings: GroupSettings;
  readonly #targets = new Map<string, Target>();
  readonly #selection: Selection;
  readonly #workerId: number;
  readonly #onPassive: PassiveListener;
  #picker: Picker<Target>;
  #canPick = false;
  #hasBegun = false;

  /** `selection` is shared with the other workers' sets of the same group, so that shares hold over all of them. */
  constructor(settings: GroupSettings, selection: SharedArrayBuffer, workerId: number, onPassive: PassiveListener) {
    this.settings = settings;
    this.#selection = new Selection(selection, workerId);
    this.#workerId = workerId;
    this.#onPassive = onPassive;
    this.#picker = createPicker(settings.algorithm, [], this.#selection);
  }

  /** False: no target takes new traffic. */
  get canPick(): boolean {
    return this.#canPick;
  }

  /**
   * False until the first checks have told of a target: requests that others serve must not wait for that. True for good
   * from then on, and at once where there is nothing to wait for.
   */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /**
   * Next eligible target, not one of `tried`; undefined: none eligible. Connect to it in the same tick, and count that:
   * the next pick must see it.
   */
  pick(client: PickingClient, tried?: ReadonlySet<Target>): Target | undefined {
    const picker = this.#picker;
    return picker.pick(picker.isByClient ? client.remoteAddress : '', tried);
  }

  /** Adds the target, or changes it in place: its flows live on. `rebuild` must follow. */
  upsert(upsert: TargetUpsert): void {
    const present = this.#targets.get(upsert.key);
    if (present) {
      present.weight = upsert.weight;
      present.health = upsert.health;
    } else {
      this.#targets.set(upsert.key, new Target(upsert, this.#workerId, this.#onPassive));
    }
  }

  /** The target, unbound; its holds are not told yet. `rebuild` must follow. */
  remove(key: string): Target | undefined {
    const target = this.#targets.get(key);
    this.#targets.delete(key);
    target?.unbind();
    return target;
  }

  removeAll(): Target[] {
    return [...this.#targets.keys()].map((key) => this.remove(key)).filter((target) => target !== undefined);
  }

  /** `rebuild` must follow. */
  setHealth(key: string, health: Health): void {
    const target = this.#targets.get(key);
    if (target) target.health = health;
  }

  rebuild(): void {
    const targets = [...this.#targets.values()];
    const eligible = targets.filter((target) => takesTraffic(target.health));
    this.#picker = createPicker(this.settings.algorithm, eligible, this.#selection);
    this.#hasBegun ||= targets.length === 0 || targets.some(({ health }) => health !== 'checking');
    this.#canPick = eligible.some(({ weight }) => weight > 0);
  }
}
