// A worker's state of one listener: its settings as the served snapshot has them, and the targets of it and of its rules.
import { TrustedProxies } from './http/trusted-proxies.ts';
import { ListenerColumn } from './listener-counters.ts';
import type { ListenerSettings } from './messages.ts';
import type { TargetSet } from './target-set.ts';

export class WorkerListener {
  readonly counters: ListenerColumn;
  /** By group id: its own and those of its rules. */
  readonly groups = new Map<string, TargetSet>();
  /** As of the served snapshot. */
  snapshot: ListenerSettings;
  #trusted = new TrustedProxies([]);
  #trustedNetworks: readonly string[] = [];

  constructor(settings: ListenerSettings, workerId: number, counters: SharedArrayBuffer) {
    this.snapshot = settings;
    this.counters = new ListenerColumn(counters, workerId);
  }

  /** To be asked once a connection. */
  isTrusted(remoteAddress: string): boolean {
    const { trustedProxies } = this.snapshot;
    if (trustedProxies.length === 0) return false;
    if (trustedProxies !== this.#trustedNetworks) {
      this.#trusted = new TrustedProxies(trustedProxies);
      this.#trustedNetworks = trustedProxies;
    }
    return this.#trusted.has(remoteAddress);
  }

  /** Its own, where no rule counts. */
  get targets(): TargetSet {
    const own = this.groups.get(this.snapshot.id);
    if (!own) throw new Error('A listener has targets of its own from its first swap on.');
    return own;
  }
}
