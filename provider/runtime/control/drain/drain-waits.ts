// Waits of writes until the last open flow or exchange of the targets that they unbind has ended.
import { setTimeout as delay } from 'node:timers/promises';
import { WeirError } from '../../../model/base/errors.ts';
import type { Kind } from '../../../model/base/kinds.ts';
import { keyOf } from '../../../model/base/object-key.ts';
import { toMs } from '../../../model/objects/seconds.ts';
import type { DrainingTarget } from '../../contract/engine-statistics.ts';
import type { Model } from '../../stored/model.ts';
import { isAttachment, type ObjectChange, type StoredObject } from '../../stored/object.ts';
import { type Leaving, leavingTargets } from './leaving.ts';

/** Interval at which the open flows are counted while a write waits. */
const COUNT_MS = 50;
/** Interval at which a waiting write reports how far it is. */
const PROGRESS_MS = 1_000;
/** Number of targets that a text names. */
const MAX_NAMES = 10;

interface DrainWaitsOptions {
  /** The targets that are no longer bound where they were and still have open flows or exchanges. */
  readonly draining: () => readonly DrainingTarget[];
  /** Whether the listener serves the target, in whatever target group. Such a target has only moved. */
  readonly isServed: (listenerId: string, key: string) => boolean;
  readonly nowMs?: () => number;
}

interface Unbind extends Leaving {
  readonly begunAtMs: number;
  readonly untilMs: number;
}

export class DrainWaits {
  readonly #options: DrainWaitsOptions;
  readonly #nowMs: () => number;
  readonly #closing = new AbortController();
  /** The unbinds whose targets have open flows. A write that is repeated finds here what its first try unbound. */
  #unbinds: Unbind[] = [];

  constructor(options: DrainWaitsOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Remembers what a batch of changes has unbound, as soon as the data plane serves it. */
  served(before: Model, after: Model, changes: readonly ObjectChange[]): void {
    const nowMs = this.#nowMs();
    for (const change of changes) if ('put' in change) this.#limit(change.put);
    for (const leaving of leavingTargets(before, after, changes))
      this.#unbinds.push({ ...leaving, begunAtMs: nowMs, untilMs: nowMs + toMs(leaving.seconds) });
    if (this.#unbinds.length === 0) return;
    const draining = this.#options.draining();
    this.#unbinds = this.#unbinds.filter((unbind) => this.#left([unbind], draining).length > 0);
  }

  /** Applies the wait of a written attachment to its earlier unbinds, so that a shorter one ends the waits for them. */
  #limit(written: StoredObject): void {
    if (!isAttachment(written)) return;
    const waiter = keyOf(written.kind, written.id);
    const seconds = written.properties.awaitDrainSeconds ?? 0;
    this.#unbinds = this.#unbinds.flatMap((unbind) => {
      if (unbind.waiter !== waiter) return unbind;
      return seconds === 0 ? [] : { ...unbind, seconds, untilMs: unbind.begunAtMs + toMs(seconds) };
    });
  }

  /** Whether targets that writes of the object have unbound may have open flows. */
  has(kind: Kind, id: string): boolean {
    return this.#unbinds.some(({ waiting }) => waiting.includes(keyOf(kind, id)));
  }

  /**
   * Resolves when the targets that writes of the object have unbound have no open flow or exchange any more, or when
   * their time is over. Returns a warning with the number that is left in that case. `sinceMs`: only unbinds from then
   * on, on the clock of `performance.now()`.
   */
  async ended(kind: Kind, id: string, onProgress?: (text: string) => void, sinceMs = 0): Promise<string | undefined> {
    const name = keyOf(kind, id);
    let reportAtMs = this.#nowMs() + PROGRESS_MS;
    for (;;) {
      const unbinds = this.#unbinds.filter(({ waiting, begunAtMs }) => begunAtMs >= sinceMs && waiting.includes(name));
      if (unbinds.length === 0) return undefined;
      const left = this.#left(unbinds, this.#options.draining());
      if (left.length === 0) {
        this.#unbinds = this.#unbinds.filter((unbind) => !unbinds.includes(unbind));
        return undefined;
      }
      const leftMs = Math.max(...unbinds.map(({ untilMs }) => untilMs)) - this.#nowMs();
      if (leftMs <= 0) {
        const seconds = Math.max(...unbinds.map((unbind) => unbind.seconds));
        return `${openFlows(left)} ${isOne(left) ? 'is' : 'are'} left after ${seconds} s`;
      }
      if (this.#nowMs() >= reportAtMs) {
        onProgress?.(`waiting for ${openFlows(left)} to end, at most ${Math.ceil(leftMs / 1000)} s more`);
        reportAtMs = this.#nowMs() + PROGRESS_MS;
      }
      await this.#pause(Math.min(COUNT_MS, leftMs));
    }
  }

  /** Ends the waits of all callers, because the runtime is stopping. */
  close(): void {
    this.#closing.abort();
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#closing;
    await delay(ms, undefined, { signal }).catch(() => {});
    if (signal.aborted) throw new WeirError('SystemBusy', 'The runtime is stopping. The targets are unbound.');
  }

  #left(unbinds: readonly Unbind[], draining: readonly DrainingTarget[]): DrainingTarget[] {
    return draining.filter((target) => {
      const isLeaving = unbinds.some((unbind) => unbind.has(target));
      return isLeaving && !this.#options.isServed(target.listenerId, target.target.key);
    });
  }
}

function countOf(left: readonly DrainingTarget[]): number {
  return left.reduce((sum, { count }) => sum + count, 0);
}

function isOne(left: readonly DrainingTarget[]): boolean {
  return countOf(left) === 1;
}

function openFlows(left: readonly DrainingTarget[]): string {
  const names = [...new Set(left.map(({ target }) => target.name))].sort();
  const shown = names.slice(0, MAX_NAMES).join(', ');
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more targets` : '';
  const what = isOne(left) ? 'open flow or exchange' : 'open flows and exchanges';
  return `${countOf(left)} ${what} of ${shown}${more}`;
}
