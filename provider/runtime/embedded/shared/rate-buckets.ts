// Token buckets in memory that all workers share, so that a limit of events a second holds for all of them together.
import { hash, randomFillSync } from 'node:crypto';
import type { RateSnapshot } from '../../contract/snapshot.ts';

/** The key under which a bucket stands. */
export type BucketKey = bigint;

const SECOND_NS = 1_000_000_000;
/**
 * The place of a bucket is one of a few that its key chooses. 262,144 buckets have room, of which only used ones take
 * memory. A bucket needs its place for as long as its tokens are not all back, which is a second unless `burst` says
 * more.
 */
const SETS = 2 ** 15;
const WAYS = 8;
const WORDS = 2;
/** The first cells hold the secret of the keys, without which clients could choose addresses of one place. */
const SECRET_WORDS = 2;
/** Attempts to take a token. Only workers that take one of the same bucket at the same moment need more than one. */
const MAX_TRIES = 100;

export function createRateBuckets(): SharedArrayBuffer {
  const words = SECRET_WORDS + SETS * WAYS * WORDS;
  const buffer = new SharedArrayBuffer(words * BigInt64Array.BYTES_PER_ELEMENT);
  randomFillSync(new BigInt64Array(buffer, 0, SECRET_WORDS));
  return buffer;
}

/**
 * A bucket is the time at which all its tokens are back (the generic cell rate algorithm): in the past for a full bucket,
 * which is therefore the same as none. Each token that is taken moves the time on by the interval of one token.
 */
export class RateBuckets {
  readonly #cells: BigInt64Array;
  readonly #secret: string;

  constructor(buffer: SharedArrayBuffer) {
    this.#cells = new BigInt64Array(buffer);
    this.#secret = this.#cells.slice(0, SECRET_WORDS).join();
  }

  /** The key of the bucket with this name. */
  keyOf(name: string): BucketKey {
    const key = hash('sha256', this.#secret + name, 'buffer').readBigInt64LE();
    // A place that holds 0 is free.
    return key === 0n ? 1n : key;
  }

  /**
   * Takes a token. Returns `false` if there is none. `nowNs` is a time of the clock that all threads share, as
   * `process.hrtime.bigint()` returns it.
   */
  take(key: BucketKey, { perSecond, burst }: RateSnapshot, nowNs: bigint): boolean {
    const intervalNs = BigInt(Math.round(SECOND_NS / perSecond));
    const mostNs = intervalNs * BigInt(burst - 1);
    const cell = this.#placeOf(key, nowNs) + 1;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const fullAtNs = Atomics.load(this.#cells, cell);
      const baseNs = fullAtNs > nowNs ? fullAtNs : nowNs;
      if (baseNs - nowNs > mostNs) return false;
      if (Atomics.compareExchange(this.#cells, cell, fullAtNs, baseNs + intervalNs) === fullAtNs) return true;
    }
    return false;
  }

  /** The index of the bucket's first word. If it has no place yet, it gets the one of a full bucket. */
  #placeOf(key: BucketKey, nowNs: bigint): number {
    const cells = this.#cells;
    const from = SECRET_WORDS + Number(BigInt.asUintN(15, key)) * WAYS * WORDS;
    const to = from + WAYS * WORDS;
    let first = from;
    for (let at = from; at < to; at += WORDS) {
      if (Atomics.load(cells, at) === key) return at;
      // Without a full bucket, the one goes that will be full first.
      if (Atomics.load(cells, at + 1) < Atomics.load(cells, first + 1)) first = at;
    }
    for (let at = from; at < to; at += WORDS) {
      if (Atomics.load(cells, at + 1) > nowNs) continue;
      const holder = Atomics.load(cells, at);
      const found = Atomics.compareExchange(cells, at, holder, key);
      // Another worker may have given the bucket this place, or the one of another full bucket.
      if (found === holder || found === key) return at;
    }
    Atomics.store(cells, first, key);
    Atomics.store(cells, first + 1, nowNs);
    return first;
  }
}
