// The attempts of a request: the target that is picked next, or the wait for a connection to one.
import type { PickingClient } from '../../../select/stickiness.ts';
import { SECURE } from '../../../select/sticky-cookie.ts';
import { descriptors } from '../../io/descriptors.ts';
import type { Target } from '../../serving/target.ts';
import type { TargetSet } from '../../serving/target-set.ts';
import type { RuleActions } from '../actions/rule-actions.ts';
import type { Request } from '../message/request.ts';
import { isContended, stopWaiting, type Waiter, waitForCapacity } from '../upstream/capacity.ts';
import type { Upstream, UpstreamUser } from '../upstream/upstream.ts';
import { ClientUpstreams } from './client-upstreams.ts';
import type { ExchangeClient } from './exchange-client.ts';

/** A request is tried on at most two other targets. */
const MAX_RETRIES = 2;
/** How many targets are asked for a free connection before a request waits. */
const MAX_FULL_TARGETS = 16;

export class Attempts implements PickingClient, Waiter {
  /** The Set-Cookie value of the last pick, or '' if that sets no cookie. */
  setCookie = '';
  readonly #client: ExchangeClient;
  readonly #request: Request;
  readonly #upstreams: ClientUpstreams;
  #upstream: Upstream | undefined;
  /** The target set from which the request's last target was picked. */
  #targets: TargetSet | undefined;
  #target: Target | undefined;
  #retries = 0;
  #tried: Set<Target> | undefined;
  #hasLocalFault = false;
  /** The target set on which the request waits for a connection. */
  #waitingFor: TargetSet | undefined;
  /** Set while the request may have a connection although others wait: to this target, or to any. */
  #turn: { readonly target: Target | undefined } | undefined;
  readonly #onTurn: () => void;

  /** `onTurn` is called when a request that waits may call `next` again. */
  constructor(client: ExchangeClient, onTurn: () => void) {
    this.#client = client;
    this.#upstreams = new ClientUpstreams(client);
    this.#onTurn = onTurn;
    this.#request = client.request;
  }

  get remoteAddress(): string {
    return this.#client.remoteAddress;
  }

  get head(): string {
    return this.#request.head;
  }

  /** The connection for the request, which may still be connecting. */
  get upstream(): Upstream | undefined {
    return this.#upstream;
  }

  /** True after a `next` that found all connections in use. */
  get isWaiting(): boolean {
    return this.#waitingFor !== undefined;
  }

  /**
   * True if the target is to close the connection after the request, because no idle ones are kept, or none after a
   * request with stray content. The target then keeps the port (TIME_WAIT).
   */
  get isLast(): boolean {
    const { hasLogin, hasStrayContent, upgrade } = this.#request;
    if (this.#targets?.settings.maxIdleTargetConnections !== 0 && !hasStrayContent) return false;
    return !hasLogin && upgrade === undefined;
  }

  /** True if idle connections are kept that only this client may use. */
  get hasOwnUpstreams(): boolean {
    return this.#upstreams.hasOwn;
  }

  get retries(): number {
    return this.#retries;
  }

  /** True if a target was tried and could not be reached. */
  get hasTried(): boolean {
    return this.#tried !== undefined;
  }

  /** True if the last connect failed for want of something on this machine. */
  get hasLocalFault(): boolean {
    return this.#hasLocalFault;
  }

  /** Target key of the target that was picked last. */
  get targetKey(): string | undefined {
    return this.#target?.key;
  }

  get ruleId(): string | undefined {
    return this.#targets?.settings.ruleId;
  }

  /** The actions of the rule from whose targets the last one was picked, or that has none. */
  get actions(): RuleActions | undefined {
    return this.#targets?.actions;
  }

  /** The Set-Cookie line for the final response if the last pick sets a cookie, otherwise ''. */
  get cookieLine(): string {
    if (this.setCookie === '') return '';
    const isMarked = !this.#client.isSecure || this.setCookie.endsWith(SECURE);
    return `Set-Cookie: ${this.setCookie}${isMarked ? '' : SECURE}\r\n`;
  }

  /** Forgets the attempts of the last request and starts with a new one. */
  start(): void {
    this.#targets = undefined;
    this.#target = undefined;
    this.#retries = 0;
    this.#tried = undefined;
    this.#hasLocalFault = false;
    this.#turn = undefined;
  }

  /**
   * Picks a target and returns a connection for `user`: an idle one, which is reused and ready, or one that still
   * connects. Returns `undefined` if no target is eligible or the request waits. `isRepeatable` is true if the whole
   * request will be kept for another target.
   */
  next(user: UpstreamUser, isRepeatable: boolean): Upstream | undefined {
    this.#upstream?.destroy();
    this.#upstream = this.#next(user, isRepeatable);
    return this.#upstream;
  }

  mayTry(target: Target): boolean {
    return this.#tried?.has(target) !== true;
  }

  retry(target: Target | undefined): void {
    this.#turn = { target };
    this.#onTurn();
    this.#turn = undefined;
  }

  /** Returns the connection to the target, which then belongs to the caller. */
  take(): Upstream {
    const upstream = this.#upstream as Upstream;
    this.#upstream = undefined;
    return upstream;
  }

  /**
   * Ends the exchange on the connection, if it still has one. The connection is kept idle if `isClean`. `isChallenged`
   * is true if the response had a challenge for a login on the connection.
   */
  finish(isClean: boolean, isChallenged: boolean, now: number): void {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    if (upstream === undefined) return;
    if (isChallenged || this.#request.hasLogin) this.#upstreams.loggedIn(upstream);
    upstream.finish(isClean, now);
  }

  /** Closes the connection to the target, whose further data is not wanted, or stops waiting for one. */
  drop(): void {
    this.#stopWaiting();
    const upstream = this.#upstream;
    this.#upstream = undefined;
    upstream?.destroy();
  }

  /**
   * Returns `true` if the connection's target is still bound and still right for the request. The rules may have
   * changed since the pick.
   */
  isRight(): boolean {
    return this.#upstream?.target.isBound === true && this.#client.targetsFor(this.#request) === this.#targets;
  }

  /**
   * Records a failed attempt. Its target is not picked again, unless it only closed a connection that had been idle, or
   * an idle connection could be closed whose descriptor was wanted. Returns `false` if that was the last attempt.
   */
  failed(upstream: Upstream): boolean {
    this.#hasLocalFault = upstream.hasLocalFault;
    if (!upstream.isReused && !(upstream.hasLocalFault && descriptors.makeRoom(upstream.target))) {
      this.#tried ??= new Set();
      this.#tried.add(upstream.target);
    }
    return ++this.#retries <= MAX_RETRIES;
  }

  /** Closes the connection, and the idle connections that only this client may use. */
  destroy(): void {
    this.drop();
    this.#upstreams.destroy();
  }

  #next(user: UpstreamUser, isRepeatable: boolean): Upstream | undefined {
    this.setCookie = '';
    const targets = this.#client.targetsFor(this.#request);
    this.#targets = targets;
    if (this.#waitingFor !== targets) this.#stopWaiting();
    const login = this.#upstreams.loginTarget(targets);
    const target = targets.pick(this, this.#tried, login ?? this.#turn?.target);
    if (target === undefined) {
      this.#stopWaiting();
      return undefined;
    }
    this.#target = target;
    // A target may have closed a pooled connection without the worker knowing. Only requests that may be sent twice
    // risk that.
    const mayReuse = isRepeatable && this.#request.isReplayable && this.#retries === 0;
    const isLimited = targets.settings.maxConnectionsPerTarget !== undefined;
    const mayTry = !isLimited || this.#turn !== undefined || target === login || !isContended(targets);
    const upstream = mayTry ? this.#upstreams.connection(targets, target, user, mayReuse) : undefined;
    if (upstream !== undefined) {
      this.#stopWaiting();
      return upstream;
    }
    const isTied = login !== undefined || targets.isTied(this);
    return this.#ofOther(target, user, mayReuse, isTied, mayTry);
  }

  /** Returns a connection to another target than `first`, which has none free, or lets the request wait. */
  #ofOther(first: Target, user: UpstreamUser, mayReuse: boolean, isTied: boolean, mayTry: boolean) {
    const targets = this.#targets as TargetSet;
    const refusing = new Set(this.#tried).add(first);
    while (mayTry && !isTied && refusing.size < MAX_FULL_TARGETS) {
      const target = targets.pick(this, refusing);
      if (target === undefined) break;
      const upstream = this.#upstreams.connection(targets, target, user, mayReuse);
      if (upstream !== undefined) {
        this.#stopWaiting();
        this.#target = target;
        return upstream;
      }
      refusing.add(target);
    }
    this.#waitingFor = targets;
    waitForCapacity(targets, this, isTied ? first : undefined, refusing);
    return undefined;
  }

  #stopWaiting(): void {
    if (this.#waitingFor === undefined) return;
    stopWaiting(this.#waitingFor, this);
    this.#waitingFor = undefined;
  }
}
