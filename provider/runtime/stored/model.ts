// The model in memory, and the draft in which a batch of writes is tried before the batch is stored.
import { KINDS, type Kind } from '../../model/base/kinds.ts';
import type { ObjectChange, StoredObject } from './object.ts';
import { areSeenAt, seenAt } from './servers.ts';
import { Tallies } from './tallies.ts';

/** Stored objects by kind and id. */
export interface StoredObjects {
  get<K extends Kind>(kind: K, id: string): StoredObject<K> | undefined;
}

/** Read access to a model or to a draft of one. */
export interface ModelView extends StoredObjects {
  readonly version: number;
  list<K extends Kind>(kind: K): Iterable<StoredObject<K>>;
  /** An immutable model of the objects that the view contains now. */
  toModel(): Model;
}

type Collections = Record<Kind, ReadonlyMap<string, StoredObject>>;

/** One version of the model. Immutable: a commit makes the next version. */
export class Model implements ModelView {
  readonly version: number;
  /** How many objects and bindings are a token's. */
  readonly tallies: Tallies;
  readonly #collections: Collections;

  constructor(version: number, collections: Collections, tallies: Tallies) {
    this.version = version;
    this.tallies = tallies;
    this.#collections = collections;
  }

  static of(version: number, objects: readonly StoredObject[]): Model {
    const collections = Object.fromEntries(
      KINDS.map((kind) => [kind, new Map(objects.filter((o) => o.kind === kind).map((o) => [o.id, o]))]),
    ) as unknown as Collections;
    return new Model(version, collections, Tallies.of(objects));
  }

  get<K extends Kind>(kind: K, id: string): StoredObject<K> | undefined {
    return this.#collections[kind].get(id) as StoredObject<K> | undefined;
  }

  list<K extends Kind>(kind: K): Iterable<StoredObject<K>> {
    return this.#collections[kind].values() as Iterable<StoredObject<K>>;
  }

  toModel(): Model {
    return this;
  }

  /**
   * The model as it is at a time: compile reads no clock, and which servers have expired follows from the time. Returns
   * this model if nothing in it differs then.
   */
  at(nowMs: number): Model {
    const servers = this.#collections['backend-servers'];
    if (areSeenAt(servers, nowMs)) return this;
    const seen = new Map([...servers].map(([id, server]) => [id, seenAt(server, nowMs)]));
    return new Model(this.version, { ...this.#collections, 'backend-servers': seen }, this.tallies);
  }

  with(version: number, changes: readonly ObjectChange[]): Model {
    const collections: Collections = { ...this.#collections };
    const copied = new Set<Kind>();
    const writable = (kind: Kind) => {
      if (!copied.has(kind)) collections[kind] = new Map(collections[kind]);
      copied.add(kind);
      return collections[kind] as Map<string, StoredObject>;
    };
    let tallies = this.tallies;
    for (const change of changes) {
      const { kind, id } = 'put' in change ? change.put : change.delete;
      tallies = tallies.with(change, collections[kind].get(id));
      if ('put' in change) writable(change.put.kind).set(change.put.id, change.put);
      else writable(change.delete.kind).delete(change.delete.id);
    }
    return new Model(version, collections, tallies);
  }
}

/** A model with changes that are not stored yet. Each change takes the next version. */
export class Draft implements ModelView {
  readonly #base: Model;
  #current: Model;
  readonly #nowMs: number;
  readonly changes: ObjectChange[] = [];

  /** `nowMs`: the time as of which servers have expired, for a base of that time. Without it, none has. */
  constructor(base: Model, nowMs = Number.NEGATIVE_INFINITY) {
    this.#base = base;
    this.#current = base;
    this.#nowMs = nowMs;
  }

  get version(): number {
    return this.#current.version;
  }

  get isChanged(): boolean {
    return this.#current !== this.#base;
  }

  get<K extends Kind>(kind: K, id: string): StoredObject<K> | undefined {
    return this.#current.get(kind, id);
  }

  list<K extends Kind>(kind: K): Iterable<StoredObject<K>> {
    return this.#current.list(kind);
  }

  put(object: StoredObject): void {
    const put = Object.freeze({ ...object, version: this.version + 1 }) as StoredObject;
    this.#apply({ put: seenAt(put, this.#nowMs) });
  }

  delete(kind: Kind, id: string): void {
    this.#apply({ delete: { kind, id } });
  }

  /** Runs a change of several steps. If the change throws, all of its steps are undone. */
  attempt<T>(change: () => T): T {
    const before = this.#current;
    try {
      return change();
    } catch (error) {
      this.undoTo(before);
      throw error;
    }
  }

  /** Undoes every change to the draft since `before`, which is an earlier result of its `toModel`. */
  undoTo(before: Model): void {
    this.changes.length -= this.version - before.version;
    this.#current = before;
  }

  toModel(): Model {
    return this.#current;
  }

  /** The changes to the draft since `before`, which is an earlier result of its `toModel`. */
  changesSince(before: Model): readonly ObjectChange[] {
    return this.changes.slice(this.changes.length - (this.version - before.version));
  }

  #apply(change: ObjectChange): void {
    this.changes.push(change);
    this.#current = this.#current.with(this.version + 1, [change]);
  }
}
