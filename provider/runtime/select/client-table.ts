// Which target each client address is with, in memory that all workers share: bounded, and without a lock.
import { randomInt } from 'node:crypto';
import { hashOf } from './hash.ts';

const SETS = 2048;
/** Places that an address may be in. */
const WAYS = 8;
/** As many clients as can be remembered, where they are spread evenly; 256 KiB. */
export const CLIENT_PLACES = SETS * WAYS;

/** Of seeks that find nothing. Targets are numbered from 1. */
export const NOBODY = 0;

const HEADER_WORDS = 16;
const SET_SEED = 0;
const PRINT_SEED = 1;

const PLACE_WORDS = 4;
/** Print and target are changed as one. */
const PRINT = 0;
const TARGET = 1;
const UNTIL = 2;

/** Its seeds are of its own: nobody can know which addresses share places. */
export function createClientTable(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer((HEADER_WORDS + CLIENT_PLACES * PLACE_WORDS) * Uint32Array.BYTES_PER_ELEMENT);
  const words = new Uint32Array(memory);
  words[SET_SEED] = randomInt(2 ** 32);
  words[PRINT_SEED] = randomInt(2 ** 32);
  return memory;
}

/**
 * One worker's hand on it. Times are whole numbers below 2^32 of any unit, later ones larger. An address is known by 43
 * bits of hashes: two that share them share a target, which harms neither.
 */
export class ClientTable {
  readonly #words: Uint32Array;
  readonly #pairs: BigUint64Array;
  readonly #pair = new BigUint64Array(1);
  readonly #pairWords = new Uint32Array(this.#pair.buffer);
  #print = 0;
  /** Of the last seek: the client's place or the one that it would get, and what was there. */
  #place = 0;
  #seenPrint = 0;
  #seenTarget = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Uint32Array(memory);
    this.#pairs = new BigUint64Array(memory);
  }

  /** The number of the target that the client is with at `now`, or NOBODY. */
  seek(address: string, now: number): number {
    const words = this.#words;
    const print = hashOf(address, words[PRINT_SEED] as number);
    const set = hashOf(address, words[SET_SEED] as number) % SETS;
    const first = HEADER_WORDS + set * WAYS * PLACE_WORDS;
    let chosen = first;
    let seenPrint = 0;
    let leastUntil = Number.POSITIVE_INFINITY;
    for (let place = first; place < first + WAYS * PLACE_WORDS; place += PLACE_WORDS) {
      const until = Atomics.load(words, place + UNTIL);
      const other = Atomics.load(words, place + PRINT);
      const isOwn = other === print && until > 0;
      if (!isOwn && until >= leastUntil) continue;
      chosen = place;
      seenPrint = other;
      leastUntil = until;
      if (isOwn) break;
    }
    const target = Atomics.load(words, chosen + TARGET);
    this.#print = print;
    this.#place = chosen;
    this.#seenPrint = seenPrint;
    this.#seenTarget = target;
    return seenPrint === print && leastUntil > now ? target : NOBODY;
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
    const seen = this.#pairOf(this.#seenPrint, this.#seenTarget);
    // Time first: without it the client would not be found by those that come in the meantime.
    this.extend(until);
    return Atomics.compareExchange(this.#pairs, this.#place / 2, seen, this.#pairOf(this.#print, target)) === seen;
  }

  #pairOf(print: number, target: number): bigint {
    this.#pairWords[PRINT] = print;
    this.#pairWords[TARGET] = target;
    return this.#pair[0] as bigint;
  }
}
