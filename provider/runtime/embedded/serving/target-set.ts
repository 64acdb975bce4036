// A worker's targets of one group: who may be picked, and who must hear that a target was unbound.
import { isDeepStrictEqual } from 'node:util';
import type { Picker } from '../../select/picker.ts';
import { createPicker } from '../../select/pickers.ts';
import { PickingState } from '../../select/picking-state.ts';
import { RAMP_PARTS, ramp, rampMsOf } from '../../select/slow-start.ts';
import type { PickingClient, Stickiness } from '../../select/stickiness.ts';
import { createStickiness } from '../../select/sticky-sessions.ts';
import type {
  TargetGroupBase,
  TargetGroupSettings,
  TargetGroupUpsert,
  TargetUpsert,
  TimedHealthChange,
} from '../shared/messages.ts';
import { sharedNowMs } from '../shared/shared-clock.ts';
import { type PassiveListener, Target } from './target.ts';

/** One change of a target set. What is left out stays as it is; `clients` counts only with `settings`. */
type TargetSetChange = Partial<Omit<TargetGroupUpsert, 'pickingState'>>;

type TargetHealth = Pick<TimedHealthChange, 'key' | 'health' | 'begunAtMs'>;

export class TargetSet {
  #settings: TargetGroupSettings;
  readonly #targets = new Map<string, Target>();
  readonly #pickingState: PickingState;
  readonly #workerId: number;
  readonly #onPassive: PassiveListener;
  #picker: Picker<Target>;
  #canPick = false;
  #stickiness: Stickiness<Target> | undefined;
  /** While a target is in slow start. */
  #rampTimer: NodeJS.Timeout | undefined;
  #hasBegun = false;

  /** `selection` is shared with the other workers' sets of the same group, so that shares hold over all of them. */
  constructor({ settings, pickingState, clients }: TargetGroupBase, workerId: number, onPassive: PassiveListener) {
    this.#settings = settings;
    this.#pickingState = new PickingState(pickingState, workerId);
    this.#workerId = workerId;
    this.#onPassive = onPassive;
    this.#picker = createPicker(settings.algorithm, [], this.#pickingState);
    this.#stickiness = this.#newStickiness(clients);
  }

  /** As of the served snapshot. */
  get settings(): TargetGroupSettings {
    return this.#settings;
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

  /** Changes the set in one step, its flows living on. Returns the targets that it unbound; their holds are not told yet. */
  update({ settings, clients, upserted = [], removed = [] }: TargetSetChange): Target[] {
    if (settings !== undefined) this.#configure(settings, clients);
    const unbound = removed.map((key) => this.#remove(key)).filter((target) => target !== undefined);
    for (const upsert of upserted) this.#upsert(upsert);
    this.#rebuild();
    return unbound;
  }

  /** Unbinds every target, and returns them as `update` does. */
  clear(): Target[] {
    return this.update({ removed: [...this.#targets.keys()] });
  }

  setHealth(changes: readonly TargetHealth[]): void {
    for (const { key, health, begunAtMs } of changes) {
      const target = this.#targets.get(key);
      if (target === undefined) continue;
      target.health = health;
      target.begunAtMs = begunAtMs;
    }
    this.#rebuild();
  }

  #configure(settings: TargetGroupSettings, clients: SharedArrayBuffer | undefined): void {
    const isSame = isDeepStrictEqual(this.#settings.sticky, settings.sticky);
    this.#settings = settings;
    if (isSame) return;
    this.#stickiness = this.#newStickiness(clients);
    for (const target of this.#targets.values()) this.#stickiness?.add(target);
  }

  /** A target that is there is changed in place: its flows live on. */
  #upsert(upsert: TargetUpsert): void {
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

  #remove(key: string): Target | undefined {
    const target = this.#targets.get(key);
    if (target === undefined) return undefined;
    this.#targets.delete(key);
    this.#stickiness?.remove(target);
    target.unbind();
    return target;
  }

  #rebuild(): void {
    const { algorithm } = this.#settings;
    const targets = [...this.#targets.values()];
    const eligible = targets.filter((target) => target.isPickable);
    const rampMs = rampMsOf(this.#settings);
    const isRamping = ramp(eligible, rampMs, sharedNowMs());
    this.#picker = createPicker(algorithm, eligible, this.#pickingState);
    this.#canPick = eligible.length > 0;
    this.#hasBegun ||= targets.length === 0 || targets.some(({ health }) => health !== 'checking');
    clearTimeout(this.#rampTimer);
    this.#rampTimer = isRamping ? setTimeout(() => this.#rebuild(), rampMs / RAMP_PARTS).unref() : undefined;
  }

  #newStickiness(clients: SharedArrayBuffer | undefined): Stickiness<Target> | undefined {
    const { id, sticky } = this.#settings;
    return createStickiness(id, sticky, clients, sharedNowMs);
  }
}
