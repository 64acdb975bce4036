// The file descriptors of traffic: how many of the process's limit it may use, counted over all workers.
import type { ConnectionEnd } from './connection.ts';

/** One worker's column fills a cache line, so that workers do not slow each other. The first one is the main thread's. */
const COLUMN_INTS = 16;
/** Cell of the main thread: descriptors that traffic may use. The rest of the process's limit is kept back. */
const LIMIT = 0;
/** Cell of the main thread: rejected connections that may linger. Their descriptors are not part of LIMIT. */
const MAX_LINGERING = 1;
/** Cell of the main thread: UDP sessions that there may be, because each has a local port that no other socket has. */
const MAX_SESSIONS = 2;
const CLIENTS = 0;
const UPSTREAMS = 1;
const SESSIONS = 2;
const LINGERING = 3;
/** Connections that UPSTREAMS counts too, and that are idle in the pool of a worker: they can be closed for others. */
const IDLE = 4;
/**
 * A client needs a descriptor for its own connection and one for a connection to a target. Each of so many clients has
 * both; of those beyond, only every second one uses a target at the same time, because most of a large crowd is idle.
 */
const CLIENTS_WITH_TARGET = 1024;
/** What a listener leaves to others: a part of all, at least so many, but not more than it has itself. */
const PART_LEFT = 16;
const MIN_LEFT = 512;
/** The part of all that is enough to leave for a listener with a limit of its own. */
const PART_LEFT_BY_LIMIT = 8;
/** The part of all descriptors and ports that UDP sessions never get. */
const PART_NOT_FOR_SESSIONS = 4;

/** Makes the counters of all workers. Until the main thread calls `setDescriptorLimit`, there is no limit. */
export function createDescriptorCounters(workers: number): SharedArrayBuffer {
  const shared = new SharedArrayBuffer((1 + workers) * COLUMN_INTS * Int32Array.BYTES_PER_ELEMENT);
  setDescriptorLimit(shared, { limit: 2 ** 30, maxLingering: 2 ** 30, ports: 2 ** 30 });
  return shared;
}

/**
 * Sets how many descriptors traffic may use, how many rejected connections may linger beside it, and how many local
 * ports the machine has for sockets without a port of their own.
 */
export function setDescriptorLimit(
  shared: SharedArrayBuffer,
  { limit, maxLingering, ports }: { limit: number; maxLingering: number; ports: number },
): void {
  const ints = new Int32Array(shared);
  Atomics.store(ints, LIMIT, limit);
  Atomics.store(ints, MAX_LINGERING, maxLingering);
  Atomics.store(ints, MAX_SESSIONS, Math.floor(Math.min(limit, ports) * (1 - 1 / PART_NOT_FOR_SESSIONS)));
}

/** Clears the counts of a worker that ended, for the main thread: its descriptors are closed. */
export function clearDescriptors(shared: SharedArrayBuffer, workerId: number): void {
  new Int32Array(shared).fill(0, (1 + workerId) * COLUMN_INTS, (2 + workerId) * COLUMN_INTS);
}

/** The open client connections and UDP sessions of a worker, for the main thread. */
export function openClients(shared: SharedArrayBuffer, workerId: number): number {
  const ints = new Int32Array(shared);
  const at = (1 + workerId) * COLUMN_INTS;
  return Atomics.load(ints, at + CLIENTS) + Atomics.load(ints, at + SESSIONS);
}

/** The idle connections to targets, which are closed for others that need their descriptors and ports. */
interface IdleConnections {
  /**
   * Closes an idle connection of this worker, one to the same address and port as `wanted` if there is any. Returns
   * `false` if none is idle.
   */
  closeOne(wanted?: ConnectionEnd): boolean;
  /** Lets another worker close an idle connection. */
  closeOneOf(workerId: number): void;
}

const NO_IDLE: IdleConnections = { closeOne: () => false, closeOneOf: () => {} };

/**
 * The counts of this worker. Every `take` is followed by its `give`. Two workers that take the last descriptor at once
 * may both get it or both not; what is kept back covers the former.
 */
class Descriptors {
  #ints = new Int32Array(createDescriptorCounters(1));
  #at = COLUMN_INTS;
  #idle = NO_IDLE;

  /** Shares the counts of all workers. Called once, at the start of a worker. */
  share(shared: SharedArrayBuffer, workerId: number, idle = NO_IDLE): void {
    this.#ints = new Int32Array(shared);
    this.#at = (1 + workerId) * COLUMN_INTS;
    this.#idle = idle;
  }

  /**
   * Takes the descriptors of one more client, of a listener with `open` clients in all workers. A listener may have as
   * many as it leaves to others: of few descriptors, one flooded listener gets half, two get a third each, and there is
   * always some for the next. Returns `false` if the client must be rejected.
   */
  takeClient(open: number, hasOwnLimit: boolean): boolean {
    const free = this.#free();
    const atLeast = hasOwnLimit ? Math.min(this.#limit / PART_LEFT_BY_LIMIT, MIN_LEFT) : MIN_LEFT;
    if (free < 2 || free <= this.#left(2 * open, atLeast)) return false;
    this.#take(CLIENTS);
    return true;
  }

  giveClient(): void {
    this.#add(CLIENTS, -1);
  }

  /** Counts a connection to a target. It is not refused, because its client has taken a descriptor for it. */
  takeUpstream(): void {
    this.#take(UPSTREAMS);
  }

  giveUpstream(): void {
    this.#add(UPSTREAMS, -1);
  }

  /** Counts connections to targets that become idle in this worker's pool, or leave it. Only this worker writes there. */
  addIdle(change: number): void {
    const at = this.#at + IDLE;
    this.#ints[at] = (this.#ints[at] as number) + change;
  }

  /**
   * Closes an idle connection of this worker after a connect to `wanted` has failed for want of a descriptor or port.
   * Returns `false` if none is idle.
   */
  makeRoom(wanted: ConnectionEnd): boolean {
    return this.#idle.closeOne(wanted);
  }

  /**
   * Takes the descriptor and the port of one more UDP session, of a listener with `own` sessions, which leaves as many
   * to others as one with clients does. Returns `false` if a session must end first.
   */
  takeSession(own: number): boolean {
    const free = Math.min(Atomics.load(this.#ints, MAX_SESSIONS) - this.#sum(SESSIONS), this.#free());
    if (free < 1 || free <= this.#left(own, MIN_LEFT)) return false;
    this.#take(SESSIONS);
    return true;
  }

  /** Takes the descriptor of a session that has just ended for a new one. */
  replaceSession(): void {
    this.#add(SESSIONS, 1);
  }

  giveSession(): void {
    this.#add(SESSIONS, -1);
  }

  /** Takes a descriptor for a rejected connection while it gets its response. Returns `false` if it must be reset. */
  takeLingering(): boolean {
    if (this.#sum(LINGERING) >= Atomics.load(this.#ints, MAX_LINGERING)) return false;
    this.#add(LINGERING, 1);
    return true;
  }

  giveLingering(): void {
    this.#add(LINGERING, -1);
  }

  get #limit(): number {
    return Atomics.load(this.#ints, LIMIT);
  }

  /**
   * Descriptors that nobody uses, and that no client has taken for its connection to a target. Idle connections count
   * as free, because they make room for others.
   */
  #free(): number {
    const clients = this.#sum(CLIENTS);
    const forTargets = Math.min(clients, (clients + CLIENTS_WITH_TARGET) / 2);
    const forUpstreams = Math.max(forTargets, this.#sum(UPSTREAMS) - this.#sum(IDLE));
    return this.#limit - clients - forUpstreams - this.#sum(SESSIONS);
  }

  /** Descriptors that a listener which has `own` ones leaves to others. */
  #left(own: number, atLeast: number): number {
    return Math.min(own, Math.max(this.#limit / PART_LEFT, atLeast));
  }

  /** Takes a descriptor. If traffic then uses more than it may, an idle connection makes room, in whichever worker. */
  #take(offset: number): void {
    this.#add(offset, 1);
    const used = this.#sum(CLIENTS) + this.#sum(UPSTREAMS) + this.#sum(SESSIONS);
    if (used <= this.#limit || this.#idle.closeOne()) return;
    const other = this.#otherWithIdle();
    if (other !== undefined) this.#idle.closeOneOf(other);
  }

  /** Returns another worker that has idle connections to targets, or `undefined` if there is none. */
  #otherWithIdle(): number | undefined {
    const ints = this.#ints;
    for (let at = COLUMN_INTS; at < ints.length; at += COLUMN_INTS)
      if (at !== this.#at && Atomics.load(ints, at + IDLE) > 0) return at / COLUMN_INTS - 1;
    return undefined;
  }

  #add(offset: number, change: number): void {
    Atomics.add(this.#ints, this.#at + offset, change);
  }

  #sum(offset: number): number {
    const ints = this.#ints;
    let sum = 0;
    for (let at = COLUMN_INTS + offset; at < ints.length; at += COLUMN_INTS) sum += Atomics.load(ints, at);
    return sum;
  }
}

/** The descriptors of this worker's traffic. */
export const descriptors = new Descriptors();
