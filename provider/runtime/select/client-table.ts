// Which target each client address is with, in memory that all workers share: bounded, and without a lock.
import { randomInt } from 'node:crypto';
import { hashOf } from './hash.ts';

const SETS = 2048;
/** Places that an address may be in. */
const WAYS = 8;
/** As many clients as can be remembered, where they are spread evenly; 256 KiB. */
export const CLIENT_PLACES = SETS * WAYS;

/** Of seeks that find nothing. Targets are numbered from 1. */
export const NO_TARGET = 0;

const HEADER_WORDS = 16;
const SET_SEED = 0;
const FINGERPRINT_SEED = 1;

const PLACE_WORDS = 4;
/** The client's fingerprint, and how often the place was changed: changed as one with the target, so that no change is missed. */
const CLIENT = 0;
const TARGET = 1;
const UNTIL = 2;

const FINGERPRINT_SHIFT = 8;
const CHANGES = 2 ** FINGERPRINT_SHIFT - 1;

/** Its seeds are of its own: nobody can know which addresses share places. */
export function createClientTable(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer((HEADER_WORDS + CLIENT_PLACES * PLACE_WORDS) * Uint32Array.BYTES_PER_ELEMENT);
  const words = new Uint32Array(memory);
  words[SET_SEED] = randomInt(2 ** 32);
  words[FINGERPRINT_SEED] = randomInt(2 ** 32);
  return memory;
}

/**
 * One worker's hand on it. Times are whole numbers below 2^32 of any unit, later ones larger. An address is known by 35
 * bits of hashes: two that share them share a target, which harms neither.
 */
export class ClientTable {
  readonly #words: Uint32Array;
  readonly #pairs: BigUint64Array;
  readonly #pair = new BigUint64Array(1);
  readonly #pairWords = new Uint32Array(this.#pair.buffer);
  /** Of the last seek, as the next ones. */
  #fingerprint = 0;
  /** The client's place, or the one that it would get, and what was there. */
  #place = 0;
  #seenClient = 0;
  #seenTarget = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Uint32Array(memory);
    this.#pairs = new BigUint64Array(memory);
  }

  /** The number of the target that the client is with at `now`, or NOBODY. */
  seek(address: string, now: number): number {
    const words = this.#words;
    const fingerprint = hashOf(address, words[FINGERPRINT_SEED] as number) >>> FINGERPRINT_SHIFT;
    const first = HEADER_WORDS + (hashOf(address, words[SET_SEED] as number) % SETS) * WAYS * PLACE_WORDS;
    let place = first;
    let client = 0;
    let leastUntil = Number.POSITIVE_INFINITY;
    for (let next = first; next < first + WAYS * PLACE_WORDS; next += PLACE_WORDS) {
      // Before the client: a free place that another worker gives to this one's client is then seen free, or as its own.
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
    // A place that was changed meanwhile: target and time may be of two clients.
    return isKnown && Atomics.load(words, place + CLIENT) === client ? this.#seenTarget : NO_TARGET;
  }

  /** The client of the last seek is known until then. Where its place was given away, it lengthens another's time. */
  extend(until: number): void {
    const at = this.#place + UNTIL;
    if (this.#words[at] !== until) Atomics.store(this.#words, at, until);
  }

  /**
   * The client of the last seek is with that target, and who had the place is forgotten. False: another worker has
   * changed the place since, maybe for the same client.
   */
  put(target: number, until: number): boolean {
    // First nobody: with a new time the old target would count again.
    if (!this.#change(NO_TARGET)) return false;
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
