// Which of several values a client gets for the server name that it asks for: exact, by wildcard, or the first. Pure.

export interface Named<T> {
  /** Exact, or `*.` and the rest for one label more. */
  readonly names: readonly string[];
  readonly value: T;
}

export class ServerNames<T> {
  readonly #first: T;
  readonly #values = new Map<string, T>();

  /** Where two have one name, the first counts. */
  constructor(entries: readonly [Named<T>, ...Named<T>[]]) {
    this.#first = entries[0].value;
    for (const { names, value } of entries) {
      for (const name of names.map(canonical)) if (!this.#values.has(name)) this.#values.set(name, value);
    }
  }

  /** Undefined: the client named none. RFC 6066 section 3 lets a server go on with a name that it does not know. */
  find(serverName: string | undefined): T {
    if (serverName === undefined) return this.#first;
    const name = canonical(serverName);
    const dotAt = name.indexOf('.');
    return this.#values.get(name) ?? this.#values.get(`*${name.slice(dotAt)}`) ?? this.#first;
  }
}

/** RFC 4343, and RFC 1034 3.1 of the final dot. */
function canonical(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}
