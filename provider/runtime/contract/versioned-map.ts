// An immutable map of which a new version shares all that did not change, so that a change costs the same in a map of any size.

/** Entries of one chunk, the part of a map that a change copies. A power of two. */
const CHUNK = 64;
/** Places that a lineage may have beyond twice the size of a map before the map begins a new lineage. */
const MAX_SPARE = 4 * CHUNK;

/** The places of keys, which all versions that come from one map share. A key keeps its place for ever. */
interface Lineage<K> {
  readonly places: Map<K, number>;
  readonly keys: K[];
}

type Chunk<V> = readonly (V | undefined)[];

/** Entries are in the order in which their keys first came into the map or into an earlier version of it. */
export class VersionedMap<K, V extends object> implements ReadonlyMap<K, V> {
  readonly size: number;
  readonly #lineage: Lineage<K>;
  readonly #chunks: readonly Chunk<V>[];

  private constructor(lineage: Lineage<K>, chunks: readonly Chunk<V>[], size: number) {
    this.#lineage = lineage;
    this.#chunks = chunks;
    this.size = size;
  }

  static of<K, V extends object>(entries: Iterable<readonly [K, V]> = []): VersionedMap<K, V> {
    return new VersionedMap<K, V>({ places: new Map(), keys: [] }, [], 0).with(entries);
  }

  get(key: K): V | undefined {
    const place = this.#lineage.places.get(key);
    return place === undefined ? undefined : this.#at(place);
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  /** The next version of the map. A change to `undefined` removes the key. */
  with(changes: Iterable<readonly [K, V | undefined]>): VersionedMap<K, V> {
    const { places, keys } = this.#lineage;
    const chunks = [...this.#chunks];
    const copied = new Set<number>();
    let { size } = this;
    for (const [key, value] of changes) {
      let place = places.get(key);
      if (place === undefined) {
        if (value === undefined) continue;
        place = keys.push(key) - 1;
        places.set(key, place);
      }
      const index = Math.floor(place / CHUNK);
      const chunk = copied.has(index) ? (chunks[index] as (V | undefined)[]) : [...(chunks[index] ?? [])];
      // Chunks without entries stand before one that got an entry, if other versions of the lineage have added keys.
      while (chunks.length < index) chunks.push([]);
      chunks[index] = chunk;
      copied.add(index);
      size += Number(value !== undefined) - Number(chunk[place % CHUNK] !== undefined);
      while (chunk.length < place % CHUNK) chunk.push(undefined);
      chunk[place % CHUNK] = value;
    }
    if (copied.size === 0) return this;
    const next = new VersionedMap(this.#lineage, chunks, size);
    return keys.length > 2 * size + MAX_SPARE ? VersionedMap.of(next) : next;
  }

  /** The keys whose values differ from those in another map. Costs as much as differs if one map came from the other. */
  changedSince(before: ReadonlyMap<K, V>): K[] {
    if (!(before instanceof VersionedMap) || before.#lineage !== this.#lineage) {
      if (before.size === 0) return [...this.keys()];
      const removed = [...before.keys()].filter((key) => !this.has(key));
      return [...removed, ...[...this.keys()].filter((key) => before.get(key) !== this.get(key))];
    }
    const changed: K[] = [];
    for (let index = 0; index < Math.max(before.#chunks.length, this.#chunks.length); index++) {
      const [old, next] = [before.#chunks[index] ?? [], this.#chunks[index] ?? []];
      if (old === next) continue;
      for (let at = 0; at < Math.max(old.length, next.length); at++) {
        if (old[at] !== next[at]) changed.push(this.#lineage.keys[index * CHUNK + at] as K);
      }
    }
    return changed;
  }

  *entries(): MapIterator<[K, V]> {
    const { keys } = this.#lineage;
    for (const [index, chunk] of this.#chunks.entries())
      for (const [at, value] of chunk.entries()) if (value !== undefined) yield [keys[index * CHUNK + at] as K, value];
    return undefined;
  }

  *keys(): MapIterator<K> {
    const { keys } = this.#lineage;
    for (const [index, chunk] of this.#chunks.entries())
      for (const [at, value] of chunk.entries()) if (value !== undefined) yield keys[index * CHUNK + at] as K;
    return undefined;
  }

  *values(): MapIterator<V> {
    for (const chunk of this.#chunks) for (const value of chunk) if (value !== undefined) yield value;
    return undefined;
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  forEach(each: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) each(value, key, this);
  }

  #at(place: number): V | undefined {
    return this.#chunks[Math.floor(place / CHUNK)]?.[place % CHUNK];
  }
}
