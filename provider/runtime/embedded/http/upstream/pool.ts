// The pool of a worker's idle connections to targets that any client may use, one list for each target.
import type { ConnectionEnd } from '../../io/connection.ts';
import { type Timed, unwatch, watch } from '../../io/deadlines.ts';
import { descriptors } from '../../io/descriptors.ts';
import type { Target } from '../../serving/target.ts';
import type { IdleUpstreams, Upstream } from './upstream.ts';

/**
 * Longest idle time. It is below the 5 s of Node's HTTP server, the shortest among common backends, so that targets
 * rarely close a connection while a request is on its way.
 */
export const MAX_IDLE_MS = 4_000;
const MAX_IDLE_PER_TARGET = 256;

class UpstreamPool implements IdleUpstreams, Timed {
  /**
   * Idle connections by target, the newest last. Listeners share no connections, because each has target objects of its
   * own.
   */
  readonly #idle = new Map<Target, Upstream[]>();

  /** Takes the connection that was used last: it is the least likely to be closed, and the others can expire. */
  take(target: Target): Upstream | undefined {
    const list = this.#idle.get(target);
    if (list === undefined) return undefined;
    let upstream = removed(list.pop());
    while (upstream?.socket.isDestroyed) upstream = removed(list.pop());
    return upstream;
  }

  put(upstream: Upstream): boolean {
    const list = this.#idle.get(upstream.target);
    descriptors.addIdle(1);
    if (list === undefined) {
      this.#idle.set(upstream.target, [upstream]);
      if (this.#idle.size === 1) watch(this);
      return true;
    }
    list.push(upstream);
    // The oldest one goes, so that nothing of a connection's last request is on its way any more when it is reset. A
    // connection that was destroyed removes itself in a later tick.
    if (list.length > MAX_IDLE_PER_TARGET) removed(list.shift())?.destroy();
    return true;
  }

  remove(upstream: Upstream): void {
    const list = this.#idle.get(upstream.target);
    const index = list?.lastIndexOf(upstream) ?? -1;
    if (list !== undefined && index !== -1) removed(list.splice(index, 1)[0]);
    if (list?.length === 0 && !upstream.target.isBound) this.#forget(upstream.target);
  }

  /**
   * Closes the idle connection of a target that is least likely to be used again, one to the same address and port as
   * `wanted` if there is any: only that one has a port for it. Returns `false` if none is idle.
   */
  closeOne(wanted?: ConnectionEnd): boolean {
    const isAlike = ({ address, port }: Target) => address === wanted?.address && port === wanted.port;
    const alike = [...this.#idle].filter(([target]) => isAlike(target)).map(([, list]) => list);
    for (const list of [...alike, ...this.#idle.values()]) {
      const oldest = removed(list.shift());
      oldest?.destroy();
      if (oldest !== undefined) return true;
    }
    return false;
  }

  checkDeadline(now: number): void {
    for (const [target, list] of this.#idle) {
      // A destroyed connection closes in a later tick, so that nothing but this loop changes the list of idle
      // connections.
      while (list[0] !== undefined && (now - list[0].idleSince > MAX_IDLE_MS || target.isAboveLimits))
        removed(list.shift())?.destroy();
      if (list.length === 0) this.#forget(target);
    }
  }

  #forget(target: Target): void {
    this.#idle.delete(target);
    if (this.#idle.size === 0) unwatch(this);
  }
}

/** Counts off a connection that was removed from a list of idle ones. `undefined` if the list was empty. */
function removed(upstream: Upstream | undefined): Upstream | undefined {
  if (upstream !== undefined) descriptors.addIdle(-1);
  return upstream;
}

export const pool = new UpstreamPool();
