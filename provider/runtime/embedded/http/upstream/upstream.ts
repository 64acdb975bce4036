// A connection to an HTTP target, which serves one exchange after another and is idle in the pool between them.
import type { ConnectHandler, Connection } from '../../io/connection.ts';
import { currentIteration, isCurrentIteration } from '../../io/iterations.ts';
import { TcpConnection } from '../../io/tcp-connection.ts';
import type { Hold, Target, UnbindRule } from '../../serving/target.ts';

/** Connect timeout, however long the request may wait for its response. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Longest body that the kernel sends at once, without acknowledgements: the initial window of RFC 6928. The rest of a
 * longer one may still wait in the kernel when the target responds early.
 */
const SENT_AT_ONCE_BYTES = 10 * 1460;
/** How long a connection must be idle until a longer request counts as received. */
const RECEIVED_AFTER_MS = 250;

/** A store of idle connections to targets. */
export interface IdleUpstreams {
  /** Keeps an idle connection for later. Returns `false` if enough idle connections are kept already. */
  put(upstream: Upstream): boolean;
  /** Forgets an idle connection that is closed, or whose target was unbound. */
  remove(upstream: Upstream): void;
}

/** The user of a connection to a target: an exchange, or the tunnel that replaces it. */
export interface UpstreamUser {
  onUpstreamConnect(): void;
  /** Takes data from the target. Like `ConnectionHandler.onData`, returns `false` to pause reading. */
  onUpstreamData(chunk: Buffer): boolean;
  onUpstreamEnd(): void;
  onUpstreamWritable(): void;
  /** The connection closed or could not be made. It has no user any more. `isFailed` is true after an error. */
  onUpstreamClose(isFailed: boolean): void;
  /** The target of the connection was unbound. Called inside the swap. */
  onUpstreamUnbind(rule: UnbindRule): void;
}

export class Upstream implements ConnectHandler, Hold {
  /**
   * The connection's target; replaced if the listening socket is transferred to another listener that has the same
   * target.
   */
  target: Target;
  readonly socket: Connection;
  /** The user of the connection. `undefined` while the connection is idle or given up. */
  user: UpstreamUser | undefined;
  /**
   * True once the connection has served an exchange. Such a connection may already be closed by the target without the
   * worker knowing.
   */
  isReused = false;
  /** When the connection became idle, by `performance.now()`. Infinity during an exchange. */
  idleSince = 0;
  /** True if the target was told the client's address in a PROXY header. */
  readonly isTold: boolean;
  #home: IdleUpstreams;
  #hasLogin = false;
  /** The PROXY header to send before the first request. `undefined` if it was sent or there is none. */
  #proxyHeader: Buffer | undefined;
  #isConnected = false;
  #isGivenUp = false;
  /** True once the target has sent its FIN: the TIME_WAIT of the connection is the target's. */
  #hasEnded = false;
  /**
   * How long the connection must have been idle until a reset loses nothing of its last request. Infinity if the
   * response began before the whole request was written.
   */
  #resettableAfterMs = 0;
  /** True from the pick of the target until the connection's first request is sent or the connection ends. */
  #isPicked = true;
  #isActive = false;
  /** Event-loop iteration in which the last request was written, unless that was the connection's first request. */
  #begunIn = -1;

  /** Connects to a target. Between exchanges the connection is kept in the store `home`. */
  static connect(target: Target, user: UpstreamUser, home: IdleUpstreams, proxyHeader: Buffer | undefined): Upstream {
    return new Upstream(target, user, home, proxyHeader);
  }

  private constructor(target: Target, user: UpstreamUser, home: IdleUpstreams, proxyHeader: Buffer | undefined) {
    this.target = target;
    this.user = user;
    this.#home = home;
    this.#proxyHeader = proxyHeader;
    this.isTold = proxyHeader !== undefined;
    const { address, port } = target;
    this.socket = TcpConnection.connect({ address, port, timeoutMs: CONNECT_TIMEOUT_MS }, this);
    target.hold(this);
    target.counters.connecting();
  }

  /** True once a client may have logged in on the connection, which belongs to that client from then on. */
  get hasLogin(): boolean {
    return this.#hasLogin;
  }

  /** Records that the client of the present exchange may have logged in. `home` is the client's own store. */
  loggedIn(home: IdleUpstreams): void {
    this.#hasLogin = true;
    this.#home = home;
  }

  /** Counts a request that begins. Call it in the tick of the request's first byte. */
  begin(): void {
    this.#endPick();
    this.#isActive = true;
    this.#resettableAfterMs = Number.POSITIVE_INFINITY;
    this.idleSince = Number.POSITIVE_INFINITY;
    if (this.isReused) this.#begunIn = currentIteration();
    this.target.counters.request();
    this.target.counters.opened();
    if (this.#proxyHeader === undefined) return;
    this.socket.write(this.#proxyHeader);
    this.#proxyHeader = undefined;
  }

  /**
   * Records that the response to the last request begins. `isOut` is true if the whole request was written before, with
   * a body of `bodyBytes`.
   */
  responding(isOut: boolean, bodyBytes: number): void {
    if (isOut) this.#resettableAfterMs = bodyBytes <= SENT_AT_ONCE_BYTES ? 0 : RECEIVED_AFTER_MS;
  }

  /**
   * Ends the exchange. The connection is kept if `isClean` is true, which means that the next bytes on it will belong
   * to the next response.
   */
  finish(isClean: boolean, now: number): void {
    this.user = undefined;
    this.idleSince = now;
    this.#deactivate();
    if (!isClean || !this.target.isBound || this.socket.isDestroyed) {
      this.destroy();
      return;
    }
    this.isReused = true;
    if (!this.#home.put(this)) this.destroy();
  }

  /**
   * Closes the connection at once. Its user gets no further events. A connection is reset if that loses nothing,
   * because the kernel keeps the port of a closed one for a minute (TIME_WAIT). HAProxy does the same.
   */
  destroy(): void {
    this.user = undefined;
    this.#isGivenUp = true;
    this.#deactivate();
    if (this.#mayReset) this.socket.reset();
    else this.socket.destroy();
  }

  onConnect(): void {
    this.#isConnected = true;
    this.target.connected();
    this.user?.onUpstreamConnect();
  }

  onData(chunk: Buffer): boolean {
    // RFC 9112 9.2: bytes that came before the request are no response to it. Bytes read in the iteration in which the
    // request was written were in the kernel before, and the poll reported them after the client's bytes. If a response
    // really is that fast, the request is sent again: requests that may not be sent twice are written to a reused
    // connection only if the client may have logged in on it, and then the client decides.
    if (this.isReused && isCurrentIteration(this.#begunIn)) {
      this.onEnd();
      return false;
    }
    if (this.user !== undefined) return this.user.onUpstreamData(chunk);
    // An idle connection closes if its target sends bytes: they would be read as the response to the next request.
    this.destroy();
    return false;
  }

  onEnd(): void {
    this.#hasEnded = true;
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
      this.target.connectFailed(error ?? new Error('the connection closed before it was established'));
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

  get #mayReset(): boolean {
    if (this.#hasEnded) return false;
    const afterMs = this.#resettableAfterMs;
    return afterMs === 0 || performance.now() - this.idleSince >= afterMs;
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
