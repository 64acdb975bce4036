// The idle connection to a target that one client connection owns under the PROXY protocol.
import type { Target } from '../../serving/target.ts';
import { MAX_IDLE_MS } from './pool.ts';
import type { IdleUpstreams, Upstream } from './upstream.ts';

/**
 * The target was told the client's address in the PROXY header, so that no other client may use the connection. There
 * is at most one.
 */
export class OwnUpstream implements IdleUpstreams {
  #idle: Upstream | undefined;

  /** Takes the idle connection. One that leads to another target, or was idle for too long, is closed. */
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
    // A request that may not be sent twice has not reused the older connection.
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
