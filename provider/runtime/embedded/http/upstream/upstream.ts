// One connection to a target, from its connect to its end: it serves one exchange after another and waits in the pool between.
import type { ConnectHandler, Connection } from '../../io/connection.ts';
import { currentIteration, isCurrentIteration } from '../../io/iterations.ts';
import { TcpConnection } from '../../io/tcp-connection.ts';
import type { Hold, Target, UnbindRule } from '../../serving/target.ts';

/** However long the request may wait for its response. */
const CONNECT_TIMEOUT_MS = 5_000;

/** Where a connection to a target waits for its next request. */
export interface IdleUpstreams {
  take(target: Target): Upstream | undefined;
  /** Returns false if there are enough. */
  put(upstream: Upstream): boolean;
  remove(upstream: Upstream): void;
}

/** What has an upstream: an exchange, or the tunnel that it became. */
export interface UpstreamUser {
  onUpstreamConnect(): void;
  /** As ConnectionHandler.onData. */
  onUpstreamData(chunk: Buffer): boolean;
  onUpstreamEnd(): void;
  onUpstreamWritable(): void;
  /** The connection is gone, or never came; the user has no upstream from then on. `isFailed`: by an error. */
  onUpstreamClose(isFailed: boolean): void;
  /** Inside the swap that unbound the target. */
  onUpstreamUnbind(rule: UnbindRule): void;
}

export class Upstream implements ConnectHandler, Hold {
  /** Another one where another listener took over what it serves. */
  target: Target;
  readonly socket: Connection;
  /** Undefined while idle, or given up. */
  user: UpstreamUser | undefined;
  /** It has carried an earlier exchange: the target may have closed it without our knowing yet. */
  isReused = false;
  /** Since when it has been idle, of performance.now(). */
  idleSince = 0;
  readonly #home: IdleUpstreams;
  /** Goes out before the first request; undefined: it did, or there is none. */
  #proxyHeader: Buffer | undefined;
  #isConnected = false;
  #isGivenUp = false;
  /** From its pick to its first request. */
  #isPicked = true;
  #isActive = false;
  /** The turn in which the last request was written, where it was not the first. */
  #begunIn = -1;

  /** `home`: where it waits between exchanges. */
  static connect(target: Target, user: UpstreamUser, home: IdleUpstreams, proxyHeader: Buffer | undefined): Upstream {
    return new Upstream(target, user, home, proxyHeader);
  }

  private constructor(target: Target, user: UpstreamUser, home: IdleUpstreams, proxyHeader: Buffer | undefined) {
    this.target = target;
    this.user = user;
    this.#home = home;
    this.#proxyHeader = proxyHeader;
    const { address, port } = target;
    this.socket = TcpConnection.connect({ address, port, timeoutMs: CONNECT_TIMEOUT_MS }, this);
    target.hold(this);
    target.counters.connecting();
  }

  /** To be called in the tick of a request's first byte. */
  begin(): void {
    this.#endPick();
    this.#isActive = true;
    if (this.isReused) this.#begunIn = currentIteration();
    this.target.counters.request();
    this.target.counters.opened();
    if (this.#proxyHeader === undefined) return;
    this.socket.write(this.#proxyHeader);
    this.#proxyHeader = undefined;
  }

  /** The exchange is over. `isClean`: the next response would be the next request's, so that the connection may be kept. */
  finish(isClean: boolean, now: number): void {
    this.user = undefined;
    this.#deactivate();
    if (!isClean || !this.target.isBound || this.socket.isDestroyed) {
      this.destroy();
      return;
    }
    this.isReused = true;
    this.idleSince = now;
    if (!this.#home.put(this)) this.destroy();
  }

  /** Closes it now; its user hears nothing more. */
  destroy(): void {
    this.user = undefined;
    this.#isGivenUp = true;
    this.#deactivate();
    this.socket.destroy();
  }

  onConnect(): void {
    this.#isConnected = true;
    this.target.connected();
    this.user?.onUpstreamConnect();
  }

  onData(chunk: Buffer): boolean {
    // RFC 9112 9.2: bytes that came before the request are no response to it. Read in the turn in which it was written,
    // they were in the kernel by then, and the poll had told of them after the client's. Should a response be that fast,
    // the request is sent again: only what may be sent twice is written to a connection that was used before.
    if (this.isReused && isCurrentIteration(this.#begunIn)) {
      this.onEnd();
      return false;
    }
    if (this.user !== undefined) return this.user.onUpstreamData(chunk);
    // Bytes that no request asked for would be read as the next one's response.
    this.destroy();
    return false;
  }

  onEnd(): void {
    if (this.user !== undefined) this.user.onUpstreamEnd();
    else this.destroy();
  }

  onWritable(): void {
    this.user?.onUpstreamWritable();
  }

  onClose(error: Error | undefined): void {
    this.target.release(this);
    this.#deactivate();
    this.#home.remove(this);
    if (!this.#isConnected && !this.#isGivenUp) {
      this.target.connectFailed(error ?? new Error('closed while connecting'));
    }
    const user = this.user;
    this.user = undefined;
    user?.onUpstreamClose(error !== undefined);
  }

  onUnbind(rule: UnbindRule): void {
    if (this.user !== undefined) {
      this.user.onUpstreamUnbind(rule);
      return;
    }
    this.#home.remove(this);
    this.destroy();
  }

  transferTo(target: Target): boolean {
    if (!this.#isActive) return false;
    this.target.counters.closed();
    this.target = target;
    target.hold(this);
    target.counters.opened();
    return true;
  }

  #endPick(): void {
    if (!this.#isPicked) return;
    this.#isPicked = false;
    this.target.counters.connectEnded();
  }

  #deactivate(): void {
    this.#endPick();
    if (!this.#isActive) return;
    this.#isActive = false;
    this.target.counters.closed();
  }
}
