// The targets of one target group in a worker: picks, changes, health and slow start.
import { isDeepStrictEqual } from 'node:util';
import type { Picker } from '../../select/picker.ts';
import { createPicker } from '../../select/pickers.ts';
import { PickingState } from '../../select/picking-state.ts';
import { RAMP_PARTS, ramp, rampMsOf } from '../../select/slow-start.ts';
import type { PickingClient, Stickiness } from '../../select/stickiness.ts';
import { createStickiness } from '../../select/sticky-sessions.ts';
import { RuleActions } from '../http/actions/rule-actions.ts';
import type { OwnResponder } from '../http/actions/rule-response.ts';
import type {
  Capacity,
  TargetGroupBase,
  TargetGroupSettings,
  TargetGroupUpsert,
  TargetUpsert,
  TimedHealthChange,
} from '../shared/messages.ts';
import { sharedNowMs } from '../shared/shared-clock.ts';
import { WaitingColumn } from '../shared/waiting.ts';
import { forgetRebuild, type Rebuildable, rebuildSoon } from './rebuilds.ts';
import { type PassiveListener, Target, type TargetOwner } from './target.ts';

/** A change of a target set. Missing properties stay unchanged. `clients` is used only if `settings` is present. */
type TargetSetChange = Partial<Omit<TargetGroupUpsert, 'pickingState' | 'waiting'>>;

/**
 * How many targets are passed over that became unhealthy since the last rebuild. If more are met, most have become
 * unhealthy, and a rebuild is cheaper than further picks.
 */
const MAX_PASSED = 8;

type TargetHealth = Pick<TimedHealthChange, 'key' | 'health' | 'begunAtMs'>;

export class TargetSet implements Rebuildable, TargetOwner {
  readonly waiting: WaitingColumn;
  #settings: TargetGroupSettings;
  readonly #targets = new Map<string, Target>();
  readonly #pickingState: PickingState;
  readonly #onPassive: PassiveListener;
  readonly #onCapacity: (capacity: Capacity) => void;
  #picker: Picker<Target>;
  /** Number of targets that take new traffic. */
  #pickable = 0;
  #stickiness: Stickiness<Target> | undefined;
  /** What the rule of the target group does with its requests. `undefined` if it only chooses targets. */
  #actions: RuleActions | undefined;
  /** The actions with which the rule responded itself, until the first of its targets has begun. */
  #former: RuleActions | undefined;
  /** Timer of the next step of slow start, set while a target is in slow start. */
  #rampTimer: NodeJS.Timeout | undefined;
  #hasBegun = false;
  /** True while health changes wait for a rebuild of the picker. */
  #isStale = false;
  /** True from a change of targets or settings until the next pick, which rebuilds the picker first. */
  #isOutdated = false;

  /** All workers share `pickingState`, so that together they give each target its share of the picks. */
  constructor(
    { settings, pickingState, waiting, clients }: TargetGroupBase,
    workerId: number,
    onPassive: PassiveListener,
    onCapacity: (capacity: Capacity) => void = () => {},
  ) {
    this.waiting = new WaitingColumn(waiting, workerId);
    this.#settings = settings;
    this.#pickingState = new PickingState(pickingState, workerId);
    this.#onPassive = onPassive;
    this.#onCapacity = onCapacity;
    this.#picker = createPicker(settings.algorithm, [], this.#pickingState);
    this.#stickiness = this.#newStickiness(clients);
    this.#actions = settings.actions && new RuleActions(settings.actions);
  }

  /** The target group's settings in the served snapshot. */
  get settings(): TargetGroupSettings {
    return this.#settings;
  }

  /** True if any target of the group takes new traffic. */
  get canPick(): boolean {
    return this.#pickable > 0;
  }

  /** The actions that count for requests now. */
  get actions(): RuleActions | undefined {
    return this.#former ?? this.#actions;
  }

  /** What the rule of the target group responds itself. `undefined` for a target group whose targets get its requests. */
  get own(): OwnResponder | undefined {
    return this.actions?.own;
  }

  /** True if a request that goes to this target group gets a response: of a target, or of the rule itself. */
  get canServe(): boolean {
    return this.canPick || this.own !== undefined;
  }

  /**
   * True once the target group takes requests: from the first health check result of any of its targets on, or at once
   * for a target group without targets or checks. Until then, requests that match a new rule go to the targets that
   * took them before.
   */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /**
   * Returns the client's sticky target, else `preferred` if it takes new traffic, else the next eligible one, in any
   * case one that is not in `tried`; `undefined` if there is none. The caller must connect and count the connect in the
   * same tick, so that the next pick sees it.
   */
  pick(client: PickingClient, tried?: ReadonlySet<Target>, preferred?: Target): Target | undefined {
    const stickiness = this.#stickiness;
    const own = stickiness?.find(client, tried);
    if (own !== undefined) return own;
    const isPreferred = preferred?.isPickable === true && tried?.has(preferred) !== true;
    const next = isPreferred ? preferred : this.#next(client, tried);
    return next === undefined || stickiness === undefined ? next : stickiness.keep(client, next, tried);
  }

  /** Returns true if the client's requests must go to the target that `pick` returned for them. */
  isTied(client: PickingClient): boolean {
    return this.#currentPicker().isByClient || this.#stickiness?.find(client) !== undefined;
  }

  tellCapacity({ key }: Target, workerId: number, declined: readonly number[]): void {
    this.#onCapacity({ workerId, targetGroupId: this.#settings.id, key, declined });
  }

  target(key: string): Target | undefined {
    return this.#targets.get(key);
  }

  /** Returns true if the target is bound to this target group. */
  has(target: Target): boolean {
    return this.#targets.get(target.key) === target;
  }

  get targets(): Iterable<Target> {
    return this.#targets.values();
  }

  /**
   * Changes the target set in one step and returns the unbound targets. Flows of the other targets continue. The holds
   * on the unbound targets are not notified yet.
   */
  update({ settings, clients, upserted = [], removed = [] }: TargetSetChange): Target[] {
    if (settings !== undefined) this.#configure(settings, clients);
    const unbound = removed.map((key) => this.#remove(key)).filter((target) => target !== undefined);
    for (const upsert of upserted) this.#upsert(upsert);
    if (this.#targets.size === 0) this.#begin();
    // The next pick rebuilds, so that many changes between two picks cost one rebuild, and a change does not wait for it.
    this.#isOutdated = true;
    return unbound;
  }

  /** Unbinds every target and returns them, like `update`. */
  clear(): Target[] {
    return this.update({ removed: [...this.#targets.keys()] });
  }

  /** Records health changes. From now on no unhealthy target is picked; others are picked after a rebuild, which is soon. */
  setHealth(changes: readonly TargetHealth[]): void {
    for (const { key, health, begunAtMs } of changes) {
      const target = this.#targets.get(key);
      if (target === undefined) continue;
      const wasPickable = target.isPickable;
      target.health = health;
      target.begunAtMs = begunAtMs;
      this.#pickable += Number(target.isPickable) - Number(wasPickable);
      if (health !== 'checking') this.#begin();
    }
    this.#isStale = true;
    rebuildSoon(this);
  }

  /** Rebuilds the picker of the targets that are eligible now. */
  rebuild(): void {
    const { algorithm } = this.#settings;
    const eligible: Target[] = [];
    for (const target of this.#targets.values()) if (target.isPickable) eligible.push(target);
    const rampMs = rampMsOf(this.#settings);
    const isRamping = ramp(eligible, rampMs, sharedNowMs());
    this.#picker = createPicker(algorithm, eligible, this.#pickingState);
    this.#isStale = false;
    this.#isOutdated = false;
    forgetRebuild(this);
    clearTimeout(this.#rampTimer);
    this.#rampTimer = isRamping ? setTimeout(() => rebuildSoon(this), rampMs / RAMP_PARTS).unref() : undefined;
  }

  #next(client: PickingClient, tried: ReadonlySet<Target> | undefined): Target | undefined {
    const picker = this.#currentPicker();
    const address = picker.isByClient ? client.remoteAddress : '';
    let target = picker.pick(address, tried);
    if (!this.#isStale) return target;
    const passed = new Set(tried);
    while (target !== undefined && !target.isPickable && passed.size < MAX_PASSED) {
      passed.add(target);
      target = picker.pick(address, passed);
    }
    if (target?.isPickable) return target;
    this.rebuild();
    return this.#picker.pick(address, tried);
  }

  #currentPicker(): Picker<Target> {
    if (this.#isOutdated) this.rebuild();
    return this.#picker;
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#former = undefined;
  }

  #configure(settings: TargetGroupSettings, clients: SharedArrayBuffer | undefined): void {
    const isSame = isDeepStrictEqual(this.#settings.sticky, settings.sticky);
    if (!isDeepStrictEqual(this.#settings.actions, settings.actions)) this.#act(settings.actions);
    this.#settings = settings;
    if (isSame) return;
    this.#stickiness = this.#newStickiness(clients);
    for (const target of this.#targets.values()) this.#stickiness?.add(target);
  }

  /** A rule that no longer responds itself does so until one of its targets has begun, so that no request fails meanwhile. */
  #act(actions: TargetGroupSettings['actions']): void {
    const before = this.actions;
    this.#actions = actions && new RuleActions(actions);
    this.#former = before?.own !== undefined && this.#actions?.own === undefined ? before : undefined;
  }

  /** Adds a target, or changes it in place if it exists, so that its flows continue. */
  #upsert(upsert: TargetUpsert): void {
    const present = this.#targets.get(upsert.target.key);
    const wasPickable = present?.isPickable === true;
    const target = present ?? new Target(upsert, this, this.#onPassive);
    if (present) {
      present.fullWeight = upsert.target.weight;
      present.health = upsert.health;
      present.begunAtMs = upsert.begunAtMs;
    } else {
      this.#targets.set(target.key, target);
      this.#stickiness?.add(target);
    }
    this.#pickable += Number(target.isPickable) - Number(wasPickable);
    if (target.health !== 'checking') this.#begin();
  }

  #remove(key: string): Target | undefined {
    const target = this.#targets.get(key);
    if (target === undefined) return undefined;
    this.#pickable -= Number(target.isPickable);
    this.#targets.delete(key);
    this.#stickiness?.remove(target);
    target.unbind();
    return target;
  }

  #newStickiness(clients: SharedArrayBuffer | undefined): Stickiness<Target> | undefined {
    const { id, sticky } = this.#settings;
    return createStickiness(id, sticky, clients, sharedNowMs);
  }
}
