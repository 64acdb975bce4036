// The idle connection to a target that one client connection owns under the PROXY protocol.
import type { Target } from '../../serving/target.ts';
import { MAX_IDLE_MS } from './pool.ts';
import type { IdleUpstreams, Upstream } from './upstream.ts';

/**
 * Holds at most one idle connection. Its target was told the client's address in the PROXY header, so that no other
 * client may use it.
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
    // An older idle connection is replaced. It exists only if a request that must not be sent twice needed a new
    // connection.
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
