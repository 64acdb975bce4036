// A table of client addresses and their targets in memory that all workers share: bounded in size, and without a lock.
import { randomInt } from 'node:crypto';
import { hashOf } from './hash.ts';

const SETS = 2048;
/** Number of places in one set of the table. A client address belongs to one set and may be in any of its places. */
const WAYS = 8;
/** How many clients the table remembers if they are spread evenly. The table takes 256 KiB. */
export const CLIENT_PLACES = SETS * WAYS;

/** The result of a seek that finds no target. Targets are numbered from 1. */
export const NO_TARGET_NUMBER = 0;

const HEADER_WORDS = 16;
const SET_SEED = 0;
const FINGERPRINT_SEED = 1;

const PLACE_WORDS = 4;
/**
 * Offsets of the words in one place of the table. CLIENT holds the client's fingerprint and a count of changes. It is
 * changed together with TARGET in one atomic operation, so that no worker misses a change. UNTIL is the time until
 * which the client is remembered.
 */
const CLIENT = 0;
const TARGET = 1;
const UNTIL = 2;

const FINGERPRINT_SHIFT = 8;
const CHANGES = 2 ** FINGERPRINT_SHIFT - 1;

/** Makes an empty table. Its hash seeds are random, so that nobody can predict which client addresses share places. */
export function createClientTable(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer((HEADER_WORDS + CLIENT_PLACES * PLACE_WORDS) * Uint32Array.BYTES_PER_ELEMENT);
  const words = new Uint32Array(memory);
  words[SET_SEED] = randomInt(2 ** 32);
  words[FINGERPRINT_SEED] = randomInt(2 ** 32);
  return memory;
}

/**
 * One worker's access to the client table. Times are whole numbers below 2^32 in any unit, and they never go back. A
 * client address is known by 35 bits of hashes: two addresses with equal bits share a target, which is harmless.
 */
export class ClientTable {
  readonly #words: Uint32Array;
  readonly #pairs: BigUint64Array;
  readonly #pair = new BigUint64Array(1);
  readonly #pairWords = new Uint32Array(this.#pair.buffer);
  /** Fingerprint of the client of the last `seek`. The fields below belong to the same `seek`. */
  #fingerprint = 0;
  /**
   * The client's place in the table, or the place that a `put` gives it; and the words CLIENT and TARGET that `seek`
   * read there.
   */
  #place = 0;
  #seenClient = 0;
  #seenTarget = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Uint32Array(memory);
    this.#pairs = new BigUint64Array(memory);
  }

  /** Returns the number of the client's target at time `now`, or NO_TARGET_NUMBER. */
  seek(address: string, now: number): number {
    const words = this.#words;
    const fingerprint = hashOf(address, words[FINGERPRINT_SEED] as number) >>> FINGERPRINT_SHIFT;
    const first = HEADER_WORDS + (hashOf(address, words[SET_SEED] as number) % SETS) * WAYS * PLACE_WORDS;
    let place = first;
    let client = 0;
    let leastUntil = Number.POSITIVE_INFINITY;
    for (let next = first; next < first + WAYS * PLACE_WORDS; next += PLACE_WORDS) {
      // The expiry time of a table place is read before its client. If another worker stores this client in a free
      // place between the two reads, the place counts as free or as the client's own.
      const until = Atomics.load(words, next + UNTIL);
      const other = Atomics.load(words, next + CLIENT);
      const isOwn = other >>> FINGERPRINT_SHIFT === fingerprint;
      if (!isOwn && until >= leastUntil) continue;
      place = next;
      client = other;
      leastUntil = until;
      if (isOwn) break;
    }
    this.#fingerprint = fingerprint;
    this.#place = place;
    this.#seenClient = client;
    this.#seenTarget = Atomics.load(words, place + TARGET);
    const isKnown = client >>> FINGERPRINT_SHIFT === fingerprint && Atomics.load(words, place + UNTIL) > now;
    // If another worker has changed the client's table place meanwhile, the target and the time that were read may
    // belong to two clients.
    return isKnown && Atomics.load(words, place + CLIENT) === client ? this.#seenTarget : NO_TARGET_NUMBER;
  }

  /**
   * Sets a later expiry time for the client of the last `seek`. If its table place was given to another client
   * meanwhile, that client is remembered longer instead.
   */
  extend(until: number): void {
    const at = this.#place + UNTIL;
    if (this.#words[at] !== until) Atomics.store(this.#words, at, until);
  }

  /**
   * Assigns a target to the client of the last `seek`. The client that had the table place before is forgotten. Returns
   * `false` if another worker has changed the place since the `seek`, perhaps for the same client.
   */
  put(target: number, until: number): boolean {
    // The target in the table place is cleared before the expiry time changes: otherwise the old target would become
    // valid again.
    if (!this.#change(NO_TARGET_NUMBER)) return false;
    this.extend(until);
    return this.#change(target);
  }

  #change(target: number): boolean {
    const seen = this.#pairOf(this.#seenClient, this.#seenTarget);
    this.#seenClient = ((this.#fingerprint << FINGERPRINT_SHIFT) | ((this.#seenClient + 1) & CHANGES)) >>> 0;
    this.#seenTarget = target;
    const next = this.#pairOf(this.#seenClient, target);
    return Atomics.compareExchange(this.#pairs, this.#place / 2, seen, next) === seen;
  }

  #pairOf(client: number, target: number): bigint {
    this.#pairWords[CLIENT] = client;
    this.#pairWords[TARGET] = target;
    return this.#pair[0] as bigint;
  }
}
