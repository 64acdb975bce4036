// The choice of certificates by server name: exact names before wildcards, else the first; one for each kind of key.

/** A value, such as a certificate, with the server names that it is for and the kind of its key. */
export interface Named<T> {
  /** Server names of the value. `*.` at the beginning of a name stands for exactly one label. */
  readonly names: readonly string[];
  /** The kind of key. A client may take one kind and not another. */
  readonly keyType: string;
  readonly value: T;
}

/** The entries for one server name: the first one of each kind of key, the preferred one first. */
export type Choice<T> = readonly [Named<T>, ...Named<T>[]];

export class ServerNames<T> {
  readonly #first: Choice<T>;
  readonly #choices = new Map<string, Choice<T>>();

  /** The first one of several entries with the same server name and kind of key is used. */
  constructor(entries: readonly [Named<T>, ...Named<T>[]]) {
    const numbers = new Map(entries.map((entry, number) => [entry, number]));
    // Equal choices are one object, so that a context is made of each only once.
    const known = new Map<string, Choice<T>>();
    const choose = (candidates: readonly Named<T>[]) => {
      const choice = oneOfEachKey(candidates);
      const key = choice.map((entry) => numbers.get(entry)).join();
      const same = known.get(key) ?? choice;
      known.set(key, same);
      return same;
    };
    const byName = new Map<string, Named<T>[]>();
    for (const entry of entries) {
      for (const name of new Set(entry.names.map(canonical))) byName.set(name, [...(byName.get(name) ?? []), entry]);
    }
    for (const [name, exact] of byName) {
      const wild = name.startsWith('*.') ? [] : (byName.get(wildcardOf(name)) ?? []);
      this.#choices.set(name, choose([...exact, ...wild]));
    }
    const [first] = entries;
    const partners = this.#choices.get(canonical(first.names[0] ?? '')) ?? [];
    this.#first = choose([first, ...partners]);
  }

  /**
   * Returns the choice for a server name. If no name matches or the client sent none, it is the first entry and those
   * that are served together with it. RFC 6066 section 3 lets a server continue with an unknown name.
   */
  find(serverName: string | undefined): Choice<T> {
    if (serverName === undefined) return this.#first;
    const name = canonical(serverName);
    return this.#choices.get(name) ?? this.#choices.get(wildcardOf(name)) ?? this.#first;
  }

  /** The names of an entry for which another entry with the same kind of key is used, with that other entry. */
  hidden(entry: Named<T>): ReadonlyMap<string, Named<T>> {
    const hidden = new Map<string, Named<T>>();
    for (const name of entry.names) {
      const other = this.find(name).find(({ keyType }) => keyType === entry.keyType);
      if (other !== undefined && other !== entry) hidden.set(name, other);
    }
    return hidden;
  }
}

function oneOfEachKey<T>(entries: readonly Named<T>[]): Choice<T> {
  const chosen = new Map<string, Named<T>>();
  for (const entry of entries) if (!chosen.has(entry.keyType)) chosen.set(entry.keyType, entry);
  return [...chosen.values()] as unknown as Choice<T>;
}

/** The wildcard that matches the name, such as "*.example.com" for "www.example.com". */
function wildcardOf(name: string): string {
  return `*${name.slice(name.indexOf('.'))}`;
}

/** The name in lower case (RFC 4343) and without a final dot (RFC 1034 3.1). */
function canonical(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}
