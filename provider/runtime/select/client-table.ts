// Which target each client address is with, in memory that all workers share: bounded, and read without a lock.
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
const PRINT = 0;
const TARGET = 1;
const UNTIL = 2;

/** No print of an address. */
const EMPTY = 0;

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
  /** Of the last seek: the client's place, or the one that it would get. */
  #place = 0;
  #print = EMPTY;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Uint32Array(memory);
  }

  /** The number of the target that the client is with at `now`, or NOBODY. */
  seek(address: string, now: number): number {
    const words = this.#words;
    const print = hashOf(address, words[PRINT_SEED] as number) || 1;
    const set = hashOf(address, words[SET_SEED] as number) % SETS;
    const first = HEADER_WORDS + set * WAYS * PLACE_WORDS;
    let oldest = first;
    let leastUntil = Number.POSITIVE_INFINITY;
    this.#print = print;
    for (let place = first; place < first + WAYS * PLACE_WORDS; place += PLACE_WORDS) {
      const until = Atomics.load(words, place + UNTIL);
      if (Atomics.load(words, place + PRINT) === print) {
        this.#place = place;
        const target = Atomics.load(words, place + TARGET);
        // Another worker may have given the place away meanwhile.
        return until > now && Atomics.load(words, place + PRINT) === print ? target : NOBODY;
      }
      if (until >= leastUntil) continue;
      leastUntil = until;
      oldest = place;
    }
    this.#place = oldest;
    return NOBODY;
  }

  /** The client of the last seek is known until then. Where its place was given away, it lengthens another's time. */
  extend(until: number): void {
    const at = this.#place + UNTIL;
    if (this.#words[at] !== until) Atomics.store(this.#words, at, until);
  }

  /** The client of the last seek is with that target; who had the place is forgotten. One worker at a time. */
  put(target: number, until: number): void {
    const words = this.#words;
    const place = this.#place;
    Atomics.store(words, place + PRINT, EMPTY);
    Atomics.store(words, place + TARGET, target);
    Atomics.store(words, place + UNTIL, until);
    Atomics.store(words, place + PRINT, this.#print);
  }
}
