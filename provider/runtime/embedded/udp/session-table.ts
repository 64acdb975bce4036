// The sessions of a UDP listening socket by client, in order of use: the least recently used one goes first.

/** Limit for the sessions of one listening socket; above it the least recently used session ends. */
export const MAX_SESSIONS = 10_000;

/** A UDP session in the session table. */
export interface TableEntry {
  /** The client's address and port as one text. */
  readonly key: string;
  /** Time of the session's last use; set by the table. */
  usedAtMs: number;
}

/** Every `nowMs` is a time of one clock that never goes back. */
export class SessionTable<S extends TableEntry> {
  /** A map keeps its insertion order: the least recently used session is the first one. */
  readonly #sessions = new Map<string, S>();

  get size(): number {
    return this.#sessions.size;
  }

  /** Returns the client's session, which becomes the most recently used one. */
  use(key: string, nowMs: number): S | undefined {
    const session = this.#sessions.get(key);
    if (session) this.#putLast(session, nowMs);
    return session;
  }

  /** Adds a session with a new key. Removes the oldest sessions above `max` and returns them. */
  add(session: S, nowMs: number, max: number): S[] {
    this.#putLast(session, nowMs);
    return this.#takeWhile(() => this.#sessions.size > max);
  }

  /** Removes and returns the sessions that were not used for `idleMs`. */
  takeIdle(nowMs: number, idleMs: number): S[] {
    return this.#takeWhile(({ usedAtMs }) => nowMs - usedAtMs >= idleMs);
  }

  /** Removes and returns the least recently used session, unless that is `kept`. */
  takeOldest(kept?: S): S | undefined {
    const [oldest] = this.#sessions.values();
    if (oldest === undefined || oldest === kept) return undefined;
    this.#sessions.delete(oldest.key);
    return oldest;
  }

  /** Removes and returns all sessions of the table. */
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
