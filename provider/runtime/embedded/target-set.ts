// A worker's targets of one listener: who may be picked, and who must hear that a target was unbound.
import { WeightedRoundRobin } from '../select/weighted-round-robin.ts';
import { type Health, takesTraffic } from '../snapshot.ts';
import { TargetColumn } from './counters.ts';
import type { TargetUpsert } from './messages.ts';

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

/** `error` undefined: a connect succeeded, the first after failures. */
export type PassiveListener = (key: string, error: Error | undefined) => void;

/** Failures of this machine say nothing of the target. */
const LOCAL_FAULTS = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);

/** How many of the shared picks a retry may use up before it takes any target that is left. */
const MAX_RETRY_PICKS = 8;

/** A binding of one wire identity to one listener; bound again later, it is another object. */
export class Target {
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
  readonly #targets = new Map<string, Target>();
  readonly #selection: SharedArrayBuffer;
  readonly #workerId: number;
  readonly #onPassive: PassiveListener;
  #picker: WeightedRoundRobin<Target>;

  /** `selection` is shared with the other workers' sets of the same listener, so that shares hold over all of them. */
  constructor(selection: SharedArrayBuffer, workerId: number, onPassive: PassiveListener) {
    this.#selection = selection;
    this.#workerId = workerId;
    this.#onPassive = onPassive;
    this.#picker = new WeightedRoundRobin([], selection, workerId);
  }

  /** Next eligible target, not one of `tried`; undefined: none eligible. Connect to it in the same tick. */
  pick(tried?: ReadonlySet<Target>): Target | undefined {
    const first = this.#picker.next();
    if (tried === undefined || first === undefined || !tried.has(first)) return first;
    for (let again = 1; again < MAX_RETRY_PICKS; again++) {
      const target = this.#picker.next();
      if (target && !tried.has(target)) return target;
    }
    return this.#picker.targets.find((target) => !tried.has(target));
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
    const eligible = [...this.#targets.values()].filter((target) => takesTraffic(target.health));
    this.#picker = new WeightedRoundRobin(eligible, this.#selection, this.#workerId);
  }
}
