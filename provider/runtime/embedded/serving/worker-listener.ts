// A listener in a worker: its settings, its target groups, and the routing of requests to them.
import { TrustedProxies } from '../http/message/trusted-proxies.ts';
import { Router } from '../http/routing/router.ts';
import { ListenerColumn } from '../shared/listener-counters.ts';
import type { ListenerSettings, Route } from '../shared/messages.ts';
import type { RateBuckets } from '../shared/rate-buckets.ts';
import { ClientLimits } from './client-limits.ts';
import type { TargetSet } from './target-set.ts';

export class WorkerListener {
  readonly counters: ListenerColumn;
  readonly clientLimits: ClientLimits;
  /** Target sets by target group id: the listener's own and those of its rules. */
  readonly targetGroups = new Map<string, TargetSet>();
  /** The listener's settings in the served snapshot. */
  settings: ListenerSettings;
  /** The router of the listener's rules. `undefined` for a listener without rules, which costs its requests nothing. */
  #router: Router<TargetSet> | undefined;
  #proxies = new TrustedProxies([]);
  /** The senders of PROXY headers. */
  #senders = new TrustedProxies([]);

  constructor(settings: ListenerSettings, workerId: number, counters: SharedArrayBuffer, rates: RateBuckets) {
    this.settings = settings;
    this.counters = new ListenerColumn(counters, workerId);
    this.clientLimits = new ClientLimits(settings.id, rates);
  }

  /** The trusted proxies: one object until the listener's trusted networks change. */
  get proxies(): TrustedProxies {
    this.#proxies = this.#proxies.of(this.settings.trustedProxies);
    return this.#proxies;
  }

  /** Returns true if connections from the socket's peer begin with a PROXY header. */
  awaitsProxyHeader(socket: { readonly remoteAddress?: string | undefined }): boolean {
    const { acceptProxyProtocol } = this.settings;
    if (acceptProxyProtocol.length === 0) return false;
    this.#senders = this.#senders.of(acceptProxyProtocol);
    return this.#senders.has(socket.remoteAddress ?? '');
  }

  /** The targets of the listener itself, for connections and requests that no rule takes. */
  get targets(): TargetSet {
    const own = this.targetGroups.get(this.settings.id);
    if (!own) throw new Error('A listener has no targets before its first swap.');
    return own;
  }

  /** Sets the listener's rules. A swap calls it after `targetGroups` was updated. */
  set routes(routes: readonly Route[]) {
    const known = routes.flatMap((route) => {
      const targetGroup = this.targetGroups.get(route.targetGroupId);
      return targetGroup ? [{ ...route, targetGroup }] : [];
    });
    this.#router = known.length === 0 ? undefined : new Router(known, (targetGroup) => targetGroup.hasBegun);
  }

  /**
   * The targets for a request: those of the rule that takes it, even if none of them takes traffic, otherwise the
   * listener's own. `authority` and `target` are those of `Router.targetGroupsFor`.
   */
  targetsFor(authority: string, target: string): TargetSet {
    const targetGroups = this.#router?.targetGroupsFor(authority, target);
    if (targetGroups === undefined) return this.targets;
    return targetGroups.find((targetGroup) => targetGroup.canServe) ?? (targetGroups[0] as TargetSet);
  }
}
