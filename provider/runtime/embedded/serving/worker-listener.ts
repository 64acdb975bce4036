// A worker's state of one listener: its settings as the served snapshot has them, and the targets of it and of its rules.

import { TrustedProxies } from '../http/message/trusted-proxies.ts';
import { Router } from '../http/routing/router.ts';
import { ListenerColumn } from '../shared/listener-counters.ts';
import type { ListenerSettings, Route } from '../shared/messages.ts';
import type { TargetSet } from './target-set.ts';

export class WorkerListener {
  readonly counters: ListenerColumn;
  /** By group id: its own and those of its rules. */
  readonly targetGroups = new Map<string, TargetSet>();
  /** As of the served snapshot. */
  settings: ListenerSettings;
  /** Undefined: there are no rules, and a request costs nothing for them. */
  #router: Router<TargetSet> | undefined;
  #trusted = new TrustedProxies([]);
  #trustedNetworks: readonly string[] = [];

  constructor(settings: ListenerSettings, workerId: number, counters: SharedArrayBuffer) {
    this.settings = settings;
    this.counters = new ListenerColumn(counters, workerId);
  }

  /** To be asked once a connection, and again where the networks changed. */
  isTrusted(remoteAddress: string): boolean {
    const { trustedProxies } = this.settings;
    if (trustedProxies.length === 0) return false;
    if (trustedProxies !== this.#trustedNetworks) {
      this.#trusted = new TrustedProxies(trustedProxies);
      this.#trustedNetworks = trustedProxies;
    }
    return this.#trusted.has(remoteAddress);
  }

  /** Its own, where no rule counts. */
  get targets(): TargetSet {
    const own = this.targetGroups.get(this.settings.id);
    if (!own) throw new Error('A listener has targets of its own from its first swap on.');
    return own;
  }

  /** At each swap, when `groups` are those of the snapshot. */
  set routes(routes: readonly Route[]) {
    const known = routes.flatMap((route) => {
      const targetGroup = this.targetGroups.get(route.targetGroupId);
      return targetGroup ? [{ ...route, targetGroup }] : [];
    });
    this.#router = known.length === 0 ? undefined : new Router(known, (targetGroup) => targetGroup.hasBegun);
  }

  /**
   * The targets of a request: of the rule that takes it, whether any of them takes traffic or not, else its own.
   * `authority`, `target`: as of Router.groupsFor.
   */
  targetsFor(authority: string, target: string): TargetSet {
    const targetGroups = this.#router?.targetGroupsFor(authority, target);
    if (targetGroups === undefined) return this.targets;
    return targetGroups.find((targetGroup) => targetGroup.canPick) ?? (targetGroups[0] as TargetSet);
  }
}
