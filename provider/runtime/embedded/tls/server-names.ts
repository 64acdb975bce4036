// The choice of a certificate by server name: an exact match, a wildcard, or the first one. Pure.

/** A value, such as a certificate, and the server names that it is for. */
export interface Named<T> {
  /** Server names of the value. `*.` at the beginning of a name stands for exactly one label. */
  readonly names: readonly string[];
  readonly value: T;
}

export class ServerNames<T> {
  readonly #first: T;
  readonly #values = new Map<string, T>();

  /** If two entries have the same server name, the first one is used. */
  constructor(entries: readonly [Named<T>, ...Named<T>[]]) {
    this.#first = entries[0].value;
    for (const { names, value } of entries) {
      for (const name of names.map(canonical)) if (!this.#values.has(name)) this.#values.set(name, value);
    }
  }

  /**
   * Returns the value for a server name, or the first value if no name matches or the client sent none. RFC 6066
   * section 3 lets a server continue with an unknown name.
   */
  find(serverName: string | undefined): T {
    if (serverName === undefined) return this.#first;
    const name = canonical(serverName);
    const dotAt = name.indexOf('.');
    return this.#values.get(name) ?? this.#values.get(`*${name.slice(dotAt)}`) ?? this.#first;
  }
}

/** The name in lower case (RFC 4343) and without a final dot (RFC 1034 3.1). */
function canonical(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}
