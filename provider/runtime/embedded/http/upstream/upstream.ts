// A connection to an HTTP target, which serves one exchange after another and is idle in the pool between them.
import type { ConnectHandler, Connection } from '../../io/connection.ts';
import { currentIteration, isCurrentIteration } from '../../io/iterations.ts';
import { connect } from '../../io/sockets.ts';
import { type Hold, type IdleHold, isLocalFault, type Target, type UnbindRule } from '../../serving/target.ts';
import { ResetRule } from './reset-rule.ts';
import { UpstreamAccount } from './upstream-account.ts';

/** Connect timeout, however long the request may wait for its response. */
const CONNECT_TIMEOUT_MS = 5_000;

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

export class Upstream implements ConnectHandler, Hold, IdleHold {
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
  /** True if the connect failed for want of something on this machine, such as a descriptor. */
  hasLocalFault = false;
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
  /** Set while a connection that is not kept waits for its target to close it. */
  #closing: NodeJS.Timeout | undefined;
  readonly #account: UpstreamAccount;
  readonly #resetRule = new ResetRule();
  /** Event-loop iteration in which the last request was written, unless that was the connection's first request. */
  #begunIn = -1;

  /**
   * Connects to a target. Between exchanges the connection is kept in the store `home`. Returns `undefined` if the target
   * has as many connections as it may have.
   */
  static connect(
    target: Target,
    user: UpstreamUser,
    home: IdleUpstreams,
    proxyHeader: Buffer | undefined,
  ): Upstream | undefined {
    const account = UpstreamAccount.open(target);
    return account && new Upstream(target, account, user, home, proxyHeader);
  }

  private constructor(
    target: Target,
    account: UpstreamAccount,
    user: UpstreamUser,
    home: IdleUpstreams,
    proxyHeader: Buffer | undefined,
  ) {
    this.#account = account;
    this.target = target;
    this.user = user;
    this.#home = home;
    this.#proxyHeader = proxyHeader;
    this.isTold = proxyHeader !== undefined;
    const { address, port } = target;
    this.socket = connect({ address, port, timeoutMs: CONNECT_TIMEOUT_MS }, this);
    target.hold(this);
  }

  /** True once a client may have logged in on the connection, which belongs to that client from then on. */
  get hasLogin(): boolean {
    return this.#hasLogin;
  }

  get idle(): IdleHold | undefined {
    return this.#account.isIdle ? this : undefined;
  }

  /** Takes the idle connection for a request. */
  use(user: UpstreamUser): void {
    this.#account.endIdle();
    this.user = user;
  }

  /** Records that the client of the present exchange may have logged in. `home` is the client's own store. */
  loggedIn(home: IdleUpstreams): void {
    this.#hasLogin = true;
    this.#home = home;
  }

  /** Counts a request that begins. Call it in the tick of the request's first byte. */
  begin(): void {
    this.#account.begin();
    this.#resetRule.requestBegun();
    this.idleSince = Number.POSITIVE_INFINITY;
    if (this.isReused) this.#begunIn = currentIteration();
    if (this.#proxyHeader === undefined) return;
    this.socket.write(this.#proxyHeader);
    this.#proxyHeader = undefined;
  }

  /** Records that more of the request's body was written. */
  continued(): void {
    this.#resetRule.requestContinued();
  }

  /** Records that the response to the last request begins, like `ResetRule.responseBegun`. */
  responding(isWritten: boolean, bodyBytes: number): void {
    this.#resetRule.responseBegun(isWritten, bodyBytes);
  }

  /**
   * Ends the exchange. The connection is kept if `isClean` is true, which means that the next bytes on it will belong
   * to the next response.
   */
  finish(isClean: boolean, now: number): void {
    this.user = undefined;
    this.idleSince = now;
    this.#account.end();
    if (!isClean || !this.target.isBound || this.socket.isDestroyed || !this.#account.beginIdle(this.#hasLogin)) {
      this.#closeLate();
      return;
    }
    this.isReused = true;
    if (!this.#home.put(this)) this.destroy();
  }

  /** Closes the connection at once. Its user gets no further events. */
  destroy(): void {
    this.user = undefined;
    this.#isGivenUp = true;
    if (this.#resetRule.waitMs === 0) this.socket.reset();
    this.#destroyByFin();
  }

  /** Closes the connection by a FIN, unless it was reset. */
  #destroyByFin(): void {
    this.socket.destroy();
    this.#account.close();
  }

  close(): void {
    this.#home.remove(this);
    this.destroy();
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
    if (this.#closing !== undefined) return true;
    // An idle connection closes if its target sends bytes: they would be read as the response to the next request.
    this.destroy();
    return false;
  }

  onEnd(): void {
    this.#resetRule.targetEnded();
    if (this.user !== undefined) this.user.onUpstreamEnd();
    else this.destroy();
  }

  onWritable(): void {
    this.user?.onUpstreamWritable();
  }

  onClose(error: Error | undefined): void {
    clearTimeout(this.#closing);
    this.target.release(this);
    this.#account.close();
    this.#home.remove(this);
    if (!this.#isConnected && !this.#isGivenUp) {
      this.hasLocalFault = isLocalFault(error);
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
    this.close();
  }

  /**
   * Closes the connection at once, unless a reset could lose the end of a long request. It then waits for the target to
   * close the connection, because a FIN at once would keep a port. A target that does not gets a FIN after a while, in
   * which it may read the rest. Until then the connection counts as one of the target's.
   */
  #closeLate(): void {
    const { waitMs } = this.#resetRule;
    if (waitMs === 0 || waitMs === Number.POSITIVE_INFINITY || this.socket.isDestroyed) {
      this.destroy();
      return;
    }
    this.#isGivenUp = true;
    this.#closing = setTimeout(() => this.#destroyByFin(), Math.ceil(waitMs));
    // Whatever the target still sends is dropped.
    this.socket.resume();
  }

  transferTo(target: Target): boolean {
    if (!this.#account.isActive) return false;
    this.#account.transferTo(target);
    this.target = target;
    target.hold(this);
    return true;
  }
}
