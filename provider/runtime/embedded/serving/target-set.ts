// A worker's targets of one group: who may be picked, and who must hear that a target was unbound.
import { isDeepStrictEqual } from 'node:util';
import { type Health, takesTraffic } from '../../contract/snapshot.ts';
import type { Picker } from '../../select/picker.ts';
import { createPicker } from '../../select/pickers.ts';
import { Selection } from '../../select/selection.ts';
import { RAMP_PARTS, type RampingTarget, ramp, rampMsOf } from '../../select/slow-start.ts';
import type { PickingClient, Stickiness, StickyTarget } from '../../select/stickiness.ts';
import { createStickiness } from '../../select/sticky-sessions.ts';
import { TargetColumn } from '../shared/counters.ts';
import type { GroupBase, GroupSettings, TargetUpsert } from '../shared/messages.ts';
import { sharedNowMs } from '../shared/shared-clock.ts';

/** How an unbind treats what is under way, of the listener's settings. */
export interface UnbindRule {
  readonly drainMs: number;
  readonly requestTimeoutMs: number;
}

/** One thing that holds on to a target: a connect in progress, a flow, an exchange, an idle pooled connection. */
export interface Hold {
  /** Told once, inside the swap, when the new pickers are in place. */
  onUnbind(rule: UnbindRule): void;
  /** Asked before that where another listener took the socket over and has the same target: true where it goes on with `heir`. */
  passTo(heir: Target): boolean;
}

/** `error` undefined: a connect succeeded, the first after failures. */
export type PassiveListener = (key: string, error: Error | undefined) => void;

/** Failures of this machine say nothing of the target. */
const LOCAL_FAULTS = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);

/** A binding of one wire identity to one group; bound again later, it is another object. */
export class Target implements StickyTarget, RampingTarget {
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly number: number;
  readonly slot: number;
  readonly counters: TargetColumn;
  fullWeight: number;
  /** Of the last rebuild. */
  weight = 0;
  health: Health;
  begunAtMs: number | undefined;
  #isBound = true;
  readonly #holds = new Set<Hold>();
  readonly #onPassive: PassiveListener;

  constructor(upsert: TargetUpsert, workerId: number, onPassive: PassiveListener) {
    this.key = upsert.key;
    this.address = upsert.address;
    this.port = upsert.port;
    this.number = upsert.number;
    this.slot = upsert.slot;
    this.fullWeight = upsert.weight;
    this.health = upsert.health;
    this.begunAtMs = upsert.begunAtMs;
    this.counters = new TargetColumn(upsert.counters, workerId);
    this.#onPassive = onPassive;
  }

  /** False from the tick of the swap that unbound it: no connect, no first byte of a request from then on. */
  get isBound(): boolean {
    return this.#isBound;
  }

  get isPickable(): boolean {
    return this.#isBound && this.fullWeight > 0 && takesTraffic(this.health);
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
  tellHolds(rule: UnbindRule, heir?: Target): void {
    const holds = [...this.#holds];
    this.#holds.clear();
    for (const hold of holds) if (heir === undefined || !hold.passTo(heir)) hold.onUnbind(rule);
  }
}

export class TargetSet {
  #settings: GroupSettings;
  readonly #targets = new Map<string, Target>();
  readonly #selection: Selection;
  readonly #workerId: number;
  readonly #onPassive: PassiveListener;
  #picker: Picker<Target>;
  #canPick = false;
  #stickiness: Stickiness<Target> | undefined;
  /** While a target is in slow start. */
  #rampTimer: NodeJS.Timeout | undefined;
  #hasBegun = false;

  /** `selection` is shared with the other workers' sets of the same group, so that shares hold over all of them. */
  constructor({ settings, selection, clients }: GroupBase, workerId: number, onPassive: PassiveListener) {
    this.#settings = settings;
    this.#selection = new Selection(selection, workerId);
    this.#workerId = workerId;
    this.#onPassive = onPassive;
    this.#picker = createPicker(settings.algorithm, [], this.#selection);
    this.#stickiness = this.#newStickiness(clients);
  }

  /** As of the served snapshot. */
  get settings(): GroupSettings {
    return this.#settings;
  }

  /** `rebuild` must follow. */
  configure({ settings, clients }: Omit<GroupBase, 'selection'>): void {
    const isSame = isDeepStrictEqual(this.#settings.sticky, settings.sticky);
    this.#settings = settings;
    if (isSame) return;
    this.#stickiness = this.#newStickiness(clients);
    for (const target of this.#targets.values()) this.#stickiness?.add(target);
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
   * The client's own target or the next one, eligible and not one of `tried`; undefined: none eligible. Connect to it in
   * the same tick, and count that: the next pick must see it.
   */
  pick(client: PickingClient, tried?: ReadonlySet<Target>): Target | undefined {
    const stickiness = this.#stickiness;
    const own = stickiness?.find(client, tried);
    if (own !== undefined) return own;
    const picker = this.#picker;
    const next = picker.pick(picker.isByClient ? client.remoteAddress : '', tried);
    return next === undefined || stickiness === undefined ? next : stickiness.keep(client, next, tried);
  }

  get targets(): Iterable<Target> {
    return this.#targets.values();
  }

  /** Adds the target, or changes it in place: its flows live on. `rebuild` must follow. */
  upsert(upsert: TargetUpsert): void {
    const present = this.#targets.get(upsert.key);
    if (present) {
      present.fullWeight = upsert.weight;
      present.health = upsert.health;
      present.begunAtMs = upsert.begunAtMs;
    } else {
      const target = new Target(upsert, this.#workerId, this.#onPassive);
      this.#targets.set(upsert.key, target);
      this.#stickiness?.add(target);
    }
  }

  /** The target, unbound; its holds are not told yet. `rebuild` must follow. */
  remove(key: string): Target | undefined {
    const target = this.#targets.get(key);
    if (target === undefined) return undefined;
    this.#targets.delete(key);
    this.#stickiness?.remove(target);
    target.unbind();
    return target;
  }

  removeAll(): Target[] {
    return [...this.#targets.keys()].map((key) => this.remove(key)).filter((target) => target !== undefined);
  }

  /** `rebuild` must follow. */
  setHealth(key: string, health: Health, begunAtMs: number | undefined): void {
    const target = this.#targets.get(key);
    if (target === undefined) return;
    target.health = health;
    target.begunAtMs = begunAtMs;
  }

  rebuild(): void {
    const { algorithm } = this.#settings;
    const targets = [...this.#targets.values()];
    const eligible = targets.filter((target) => target.isPickable);
    const rampMs = rampMsOf(this.#settings);
    const isRamping = ramp(eligible, rampMs, sharedNowMs());
    this.#picker = createPicker(algorithm, eligible, this.#selection);
    this.#canPick = eligible.length > 0;
    this.#hasBegun ||= targets.length === 0 || targets.some(({ health }) => health !== 'checking');
    clearTimeout(this.#rampTimer);
    this.#rampTimer = isRamping ? setTimeout(() => this.rebuild(), rampMs / RAMP_PARTS).unref() : undefined;
  }

  #newStickiness(clients: SharedArrayBuffer | undefined): Stickiness<Target> | undefined {
    const { id, sticky } = this.#settings;
    return createStickiness(id, sticky, clients, sharedNowMs);
  }
}
