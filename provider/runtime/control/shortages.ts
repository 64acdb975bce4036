// Shortages of the runtime that kept it from connecting to targets: counted, logged from time to time, and shown.
import { SHORT_RESOURCES, type ShortResource } from '../../model/base/short-resource.ts';
import type { Shortage } from '../contract/shortage.ts';
import type { Probe } from '../health/probe.ts';

/** Interval at which a shortage that goes on is logged again. */
const LOG_MS = 10_000;

interface ShortageCount {
  readonly resource: ShortResource;
  /** How many checks and connections could not be made, or were late. */
  readonly count: number;
  readonly lastError: string;
  /** Time of day of the last one, in milliseconds since 1970. */
  readonly lastAtMs: number;
}

interface ShortagesOptions {
  readonly nowMs: () => number;
  readonly onLog: (shortage: ShortageCount) => void;
}

export class Shortages {
  readonly #options: ShortagesOptions;
  readonly #counts = new Map<ShortResource, ShortageCount>();
  readonly #loggedAtMs = new Map<ShortResource, number>();

  constructor(options: ShortagesOptions) {
    this.#options = options;
  }

  /** Records that a shortage kept `count` checks or connections from being made, or delayed them. */
  add({ resource, message }: Shortage, count = 1): void {
    const all = (this.#counts.get(resource)?.count ?? 0) + count;
    const shortage = { resource, count: all, lastError: message, lastAtMs: this.#options.nowMs() };
    this.#counts.set(resource, shortage);
    const now = performance.now();
    if (now - (this.#loggedAtMs.get(resource) ?? Number.NEGATIVE_INFINITY) < LOG_MS) return;
    this.#loggedAtMs.set(resource, now);
    this.#options.onLog(shortage);
  }

  /** A probe that makes the checks of another one, and records the shortages that kept them from being made. */
  recorded(probe: Probe): Probe {
    return async (...check) => {
      const result = await probe(...check);
      if (typeof result === 'object') this.add(result);
      return result;
    };
  }

  /** The shortages since the start of the runtime. A resource of which it was never short is left out. */
  get all(): readonly ShortageCount[] {
    return SHORT_RESOURCES.flatMap((resource) => this.#counts.get(resource) ?? []);
  }
}
