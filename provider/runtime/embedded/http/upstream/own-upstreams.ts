// The idle connections to targets that one client connection owns: no other client may use them.
import { performance } from 'node:perf_hooks';
import type { Target } from '../../serving/target.ts';
import type { TargetSet } from '../../serving/target-set.ts';
import { MAX_IDLE_MS } from './pool.ts';
import type { IdleUpstreams, Upstream } from './upstream.ts';

/** Limit for connections with logins, so that one client of a listener with many rules cannot hold one for each. */
const MAX_LOGINS = 8;

/**
 * A connection belongs to one client if its target was told the client's address in a PROXY header, or if the client
 * may have logged in on it. There is at most one with a login for each target group, and at most one without.
 */
export class OwnUpstreams implements IdleUpstreams {
  /** The connections, the one that was used last at the end. */
  readonly #idle: Upstream[] = [];

  /** Returns the target of the target group on whose idle connection the client may have logged in. */
  loginTarget(targets: TargetSet): Target | undefined {
    return this.#login(targets)?.target;
  }

  /**
   * Takes the connection for a request to `target`, one of `targets`. One with a login is taken whatever the method,
   * because a login that begins with a POST needs the same connection for its next POST; others only if `mayReuse`.
   * Closes connections that the request cannot use and no later one will. `isTold` is true if targets get a PROXY
   * header now.
   */
  take(targets: TargetSet, target: Target, isTold: boolean, mayReuse: boolean): Upstream | undefined {
    for (const idle of [...this.#idle]) if (idle.isTold !== isTold) idle.close();
    const login = this.#login(targets);
    if (login !== undefined) {
      // It may stay idle as long as its client does: closing it would log the client out.
      if (login.target === target && !login.socket.isDestroyed) return this.#removed(login);
      login.close();
    }
    const other = mayReuse ? this.#idle.find((idle) => !idle.hasLogin) : undefined;
    if (other === undefined) return undefined;
    const isFresh = performance.now() - other.idleSince <= MAX_IDLE_MS;
    if (other.target === target && isFresh && !other.socket.isDestroyed) return this.#removed(other);
    other.close();
    return undefined;
  }

  put(upstream: Upstream): boolean {
    // If neither has a login: a request that may not be sent twice has not reused the older connection.
    const alike = this.#idle.filter(({ hasLogin }) => hasLogin === upstream.hasLogin);
    const [oldest] = alike;
    if (oldest !== undefined && alike.length >= (upstream.hasLogin ? MAX_LOGINS : 1)) oldest.close();
    this.#idle.push(upstream);
    return true;
  }

  remove(upstream: Upstream): void {
    const index = this.#idle.indexOf(upstream);
    if (index !== -1) this.#idle.splice(index, 1);
  }

  destroy(): void {
    for (const idle of this.#idle.splice(0)) idle.destroy();
  }

  #login(targets: TargetSet): Upstream | undefined {
    return this.#idle.find((idle) => idle.hasLogin && targets.has(idle.target));
  }

  #removed(upstream: Upstream): Upstream {
    this.remove(upstream);
    return upstream;
  }
}
