// Rates between two readings of the status: requests or connections a second, and the share of errors among them.
import type { StatusResponse } from '../../model/api/status.ts';
import { targetKey } from '../../model/base/target-key.ts';

type Listener = StatusResponse['listeners'][number];
type Target = Listener['targets'][number];

/** Requests or connections, and those of them that failed. */
export interface Counts {
  readonly total: number;
  readonly errors: number;
}

export interface Rate {
  readonly perSecond: number;
  /** Errors among all requests or connections, 0 to 1. `undefined` if there were none. */
  readonly errorShare: number | undefined;
}

interface Reading {
  readonly atMs: number;
  readonly counts: ReadonlyMap<string, Counts>;
}

/** Time over which rates are taken at least. Over a shorter one, a single request would look like many. */
const WINDOW_MS = 1_000;
/** Shortest time between two readings that are kept. */
const SPACING_MS = 400;

/** A listener's counts: requests if it is HTTP, else connections. `undefined` if they are not known. */
export function countsOfListener({ endpoint, traffic }: Listener): Counts | undefined {
  if (traffic === undefined) return undefined;
  const { connections, rejectedConnections, requests, errorResponses } = traffic;
  if (isHttpEndpoint(endpoint)) return { total: requests, errors: errorResponses };
  return { total: connections + rejectedConnections, errors: rejectedConnections };
}

export function isHttpEndpoint(endpoint: string): boolean {
  return /^https?:/i.test(endpoint);
}

/** A target's counts: requests, connections or sessions, with connects that failed. */
export function countsOfTarget({ requests, errorResponses = 0, failedConnects = 0 }: Target): Counts {
  return { total: requests + failedConnects, errors: errorResponses + failedConnects };
}

export class Rates {
  #readings: readonly Reading[] = [];
  #newest: Reading | undefined;

  /** Takes a reading of the status at a time in milliseconds. */
  add(status: StatusResponse, atMs: number): void {
    const counts = new Map<string, Counts>();
    for (const listener of status.listeners) {
      const own = countsOfListener(listener);
      if (own !== undefined) counts.set(keyOfListener(listener), own);
      for (const target of listener.targets)
        if (!isUnbound(target)) counts.set(keyOfTarget(listener, target), countsOfTarget(target));
    }
    const last = this.#readings.at(-1);
    this.#newest = { atMs, counts };
    if (last !== undefined && atMs - last.atMs < SPACING_MS) return;
    // A rate is taken since the newest reading that is old enough, so the readings before that one can go.
    const firstNeeded = this.#readings.findLastIndex((reading) => atMs - reading.atMs >= WINDOW_MS);
    this.#readings = [...this.#readings.slice(Math.max(0, firstNeeded)), this.#newest];
  }

  /** Forgets the readings, such as those of a runtime that has ended. */
  clear(): void {
    this.#readings = [];
    this.#newest = undefined;
  }

  ofListener(listener: Listener): Rate | undefined {
    return this.#rateOf(keyOfListener(listener));
  }

  ofTarget(listener: Listener, target: Target): Rate | undefined {
    return isUnbound(target) ? undefined : this.#rateOf(keyOfTarget(listener, target));
  }

  #rateOf(key: string): Rate | undefined {
    const newest = this.#newest;
    if (newest === undefined) return undefined;
    const isOld = ({ atMs }: Reading) => newest.atMs - atMs >= WINDOW_MS;
    const before = this.#readings.findLast(isOld) ?? this.#readings[0];
    const [now, then] = [newest.counts.get(key), before?.counts.get(key)];
    const seconds = (newest.atMs - (before?.atMs ?? newest.atMs)) / 1000;
    // Counts begin again when a target is bound anew.
    if (now === undefined || then === undefined || now.total < then.total || seconds < SPACING_MS / 1000)
      return undefined;
    const total = now.total - then.total;
    const errors = Math.max(0, now.errors - then.errors);
    return { perSecond: total / seconds, errorShare: total === 0 ? undefined : Math.min(1, errors / total) };
  }
}

/** Whether a target is shown only until its last request or connection has ended. Another row may have its address. */
function isUnbound({ reason }: Target): boolean {
  return reason === 'unbound';
}

function keyOfListener({ id }: Listener): string {
  return JSON.stringify([id]);
}

function keyOfTarget({ id }: Listener, { rule, address, port }: Target): string {
  return `${id} ${rule ?? ''} ${targetKey(address, port)}`;
}
