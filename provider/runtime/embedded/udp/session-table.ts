// A UDP listener's sessions by client, the least recently used one first: who goes where there are too many, and who is idle.

export interface TableEntry {
  /** The client's address and port. */
  readonly key: string;
  /** Set by the table. */
  usedAtMs: number;
}

/** `nowMs` is of any clock that never goes back. */
export class SessionTable<S extends TableEntry> {
  /** A map keeps the order in which its keys came: the least recently used one is its first. */
  readonly #sessions = new Map<string, S>();

  get size(): number {
    return this.#sessions.size;
  }

  /** The client's session, which from now on is the most recently used one. */
  use(key: string, nowMs: number): S | undefined {
    const session = this.#sessions.get(key);
    if (session) this.#putLast(session, nowMs);
    return session;
  }

  /** Its key must be new. Returns the sessions that had to go, so that there are no more than `max`. */
  add(session: S, nowMs: number, max: number): S[] {
    this.#putLast(session, nowMs);
    return this.#takeWhile(() => this.#sessions.size > max);
  }

  /** Takes out those that were not used for `idleMs`. */
  takeIdle(nowMs: number, idleMs: number): S[] {
    return this.#takeWhile(({ usedAtMs }) => nowMs - usedAtMs >= idleMs);
  }

  takeAll(): S[] {
    return this.#takeWhile(() => true);
  }

  [Symbol.iterator](): Iterator<S> {
    return this.#sessions.values();
  }

  #putLast(session: S, nowMs: number): void {
    session.usedAtMs = nowMs;
    this.#sessions.delete(session.key);
    this.#sessions.set(session.key, session);
  }

  #takeWhile(isDue: (oldest: S) => boolean): S[] {
    const taken: S[] = [];
    for (const session of this.#sessions.values()) {
      if (!isDue(session)) break;
      this.#sessions.delete(session.key);
      taken.push(session);
    }
    return taken;
  }
}
