// The connections on which a client's requests go to targets: idle ones of the pool or of its own, and new ones.
import type { Target } from '../../serving/target.ts';
import type { TargetSet } from '../../serving/target-set.ts';
import { OwnUpstreams } from '../upstream/own-upstreams.ts';
import { pool } from '../upstream/pool.ts';
import { Upstream, type UpstreamUser } from '../upstream/upstream.ts';
import type { ExchangeClient } from './exchange-client.ts';

export class ClientUpstreams {
  readonly #client: ExchangeClient;
  /** The idle connections that only this client may use. `undefined` for most clients. */
  #own: OwnUpstreams | undefined;

  constructor(client: ExchangeClient) {
    this.#client = client;
  }

  /** True if the client has had idle connections of its own. */
  get hasOwn(): boolean {
    return this.#own !== undefined;
  }

  /** Returns the target of the target group on whose idle connection the client may have logged in. */
  loginTarget(targets: TargetSet): Target | undefined {
    return this.#own?.loginTarget(targets);
  }

  /**
   * Returns a connection to a target of `targets`: an idle one, which is ready, or one that still connects. Idle ones
   * without a login are taken only if `mayReuse`. Returns `undefined` if the target has as many as it may have.
   */
  connection(targets: TargetSet, target: Target, user: UpstreamUser, mayReuse: boolean): Upstream | undefined {
    const isTold = this.#client.settings.proxyProtocol !== undefined;
    const idle =
      this.#own?.take(targets, target, isTold, mayReuse) ?? (mayReuse && !isTold ? pool.take(target) : undefined);
    if (idle !== undefined) {
      idle.use(user);
      return idle;
    }
    const home = isTold ? this.#owned() : pool;
    const upstream = Upstream.connect(target, user, home, this.#client.proxyHeader);
    if (upstream !== undefined || !target.counters.hasIdle) return upstream;
    // An idle connection that this request may not use makes room for another.
    target.closeIdle();
    return Upstream.connect(target, user, home, this.#client.proxyHeader);
  }

  /** Records that the client may have logged in on the connection, which only it may use from then on. */
  loggedIn(upstream: Upstream): void {
    upstream.loggedIn(this.#owned());
  }

  /** Closes the idle connections that only this client may use. */
  destroy(): void {
    this.#own?.destroy();
    this.#own = undefined;
  }

  #owned(): OwnUpstreams {
    this.#own ??= new OwnUpstreams();
    return this.#own;
  }
}
