// A client connection's own idle connection to a target, under the PROXY protocol; without it all are shared.
import type { Target } from '../../serving/target.ts';
import { MAX_IDLE_MS } from './pool.ts';
import type { IdleUpstreams, Upstream } from './upstream.ts';

/** Its target was told whom the connection is for: nobody else may have it, and there is one at most. */
export class OwnUpstream implements IdleUpstreams {
  #idle: Upstream | undefined;

  /** Closes it where it leads elsewhere. */
  take(target: Target): Upstream | undefined {
    const idle = this.#idle;
    this.#idle = undefined;
    if (idle === undefined) return undefined;
    const isUsable = idle.target === target && performance.now() - idle.idleSince <= MAX_IDLE_MS;
    if (isUsable && !idle.socket.isDestroyed) return idle;
    idle.destroy();
    return undefined;
  }

  put(upstream: Upstream): boolean {
    // A request that may not be sent twice has left it for a new one.
    this.#idle?.destroy();
    this.#idle = upstream;
    return true;
  }

  remove(upstream: Upstream): void {
    if (this.#idle === upstream) this.#idle = undefined;
  }

  destroy(): void {
    this.#idle?.destroy();
    this.#idle = undefined;
  }
}
