// Tallies of a model: how many objects and bindings are a token's, counted as the model changes.
import { type Attachment, isAttachment, type ObjectChange, type StoredObject } from './object.ts';

type Listener = StoredObject<'listeners'>;

/** A number of things, and how many of them are a token's, by the token's id. */
interface Count {
  readonly all: number;
  readonly byToken: ReadonlyMap<string, number>;
}

/** The counts that multiply at a load balancer: each of its listeners serves each target of its attachments. */
interface AtLoadBalancer {
  readonly listeners: Count;
  readonly targets: Count;
}

/** The name under which the targets of every caller are counted. */
const ALL = '';
const NONE: Count = { all: 0, byToken: new Map() };
const NOTHING: AtLoadBalancer = { listeners: NONE, targets: NONE };

/** Tallies are immutable: a change of the model makes new ones, and copies only the counts that it changes. */
export class Tallies {
  readonly #objects: Map<string, number>;
  /** Targets of attachments to listeners and rules, which are bound once, by token; all of them at "". */
  readonly #bound: Map<string, number>;
  readonly #shared: Map<string, AtLoadBalancer>;

  private constructor(objects: Map<string, number>, bound: Map<string, number>, shared: Map<string, AtLoadBalancer>) {
    this.#objects = objects;
    this.#bound = bound;
    this.#shared = shared;
  }

  static of(objects: readonly StoredObject[]): Tallies {
    const tallies = new Tallies(new Map(), new Map(), new Map());
    for (const object of objects) tallies.#add(object, 1);
    return tallies;
  }

  /** Number of objects that the token has created. */
  objectsOf(token: string): number {
    return this.#objects.get(token) ?? 0;
  }

  /**
   * Number of bindings in which the token has a part: it has bound the target, or created or last changed the listener.
   * A target of a load balancer counts once for each listener, also for those that have attachments of their own:
   * otherwise the deletion of such an attachment would add bindings.
   */
  bindingsOf(token: string): number {
    let count = this.#bound.get(token) ?? 0;
    for (const { listeners, targets } of this.#shared.values()) {
      const own = listeners.byToken.get(token) ?? 0;
      count += own * targets.all + (listeners.all - own) * (targets.byToken.get(token) ?? 0);
    }
    return count;
  }

  /** Number of all bindings, counted in the same way. */
  get bindings(): number {
    let count = this.#bound.get(ALL) ?? 0;
    for (const { listeners, targets } of this.#shared.values()) count += listeners.all * targets.all;
    return count;
  }

  /** The tallies after a change. `before`: the object before the change. */
  with(change: ObjectChange, before: StoredObject | undefined): Tallies {
    const after = 'put' in change ? change.put : undefined;
    if (isSamePart(before, after)) return this;
    const isBinding = [before, after].some((object) => object !== undefined && isCounted(object));
    const tallies = new Tallies(
      new Map(this.#objects),
      isBinding ? new Map(this.#bound) : this.#bound,
      isBinding ? new Map(this.#shared) : this.#shared,
    );
    if (before !== undefined) tallies.#add(before, -1);
    if (after !== undefined) tallies.#add(after, 1);
    return tallies;
  }

  /** Counts an object, or with -1 counts it no more. Only tallies that nobody has yet are changed. */
  #add(object: StoredObject, sign: 1 | -1): void {
    if (object.createdBy !== undefined) addTo(this.#objects, object.createdBy, sign);
    if (object.kind === 'listeners') {
      const byToken = new Map(tokensOf(object).map((token) => [token, 1]));
      this.#addShared(object.properties.loadBalancerId, 'listeners', { all: 1, byToken }, sign);
    } else if (isAttachment(object)) {
      const count = targetCountOf(object);
      const { loadBalancerId } = object.properties;
      if (loadBalancerId !== undefined) this.#addShared(loadBalancerId, 'targets', count, sign);
      else {
        addTo(this.#bound, ALL, sign * count.all);
        for (const [token, targets] of count.byToken) addTo(this.#bound, token, sign * targets);
      }
    }
  }

  #addShared(loadBalancerId: string, name: keyof AtLoadBalancer, { all, byToken }: Count, sign: 1 | -1): void {
    const present = this.#shared.get(loadBalancerId) ?? NOTHING;
    const tokens = new Map(present[name].byToken);
    for (const [token, count] of byToken) addTo(tokens, token, sign * count);
    const next = { ...present, [name]: { all: present[name].all + sign * all, byToken: tokens } };
    if (next.listeners.all === 0 && next.targets.all === 0) this.#shared.delete(loadBalancerId);
    else this.#shared.set(loadBalancerId, next);
  }
}

/** The tokens that have a part in what a listener serves. */
function tokensOf({ createdBy, changedBy }: Listener): string[] {
  return [...new Set([createdBy, changedBy])].filter((token) => token !== undefined);
}

/** The targets of an attachment, by the token that bound each of them. */
function targetCountOf({ createdBy, state: { boundSince, boundBy = {} } }: Attachment): Count {
  const all = Object.keys(boundSince).length;
  const others = Object.values(boundBy);
  const byToken = new Map<string, number>();
  if (createdBy !== undefined) byToken.set(createdBy, all - others.length);
  for (const token of others) if (token !== '') addTo(byToken, token, 1);
  return { all, byToken };
}

/** Whether a change leaves alone what is counted of an object, as most changes do. */
function isSamePart(before: StoredObject | undefined, after: StoredObject | undefined): boolean {
  if (before === undefined || after === undefined) {
    const object = before ?? after;
    return object === undefined || (object.createdBy === undefined && !isCounted(object));
  }
  if (before.createdBy !== after.createdBy) return false;
  if (before.kind === 'listeners' && after.kind === 'listeners') {
    const isInPlace = before.properties.loadBalancerId === after.properties.loadBalancerId;
    return isInPlace && before.changedBy === after.changedBy;
  }
  if (!isAttachment(before) || !isAttachment(after)) return true;
  const isInPlace = before.properties.loadBalancerId === after.properties.loadBalancerId;
  return isInPlace && before.state === after.state;
}

function isCounted(object: StoredObject): boolean {
  return object.kind === 'listeners' || isAttachment(object);
}

function addTo(counts: Map<string, number>, token: string, count: number): void {
  const next = (counts.get(token) ?? 0) + count;
  if (next === 0) counts.delete(token);
  else counts.set(token, next);
}
