// The attempts of a request: the target that is picked next, and a connection to it.
import type { PickingClient } from '../../../select/stickiness.ts';
import type { Target } from '../../serving/target.ts';
import type { TargetSet } from '../../serving/target-set.ts';
import type { Request } from '../message/request.ts';
import { OwnUpstreams } from '../upstream/own-upstreams.ts';
import { pool } from '../upstream/pool.ts';
import { Upstream, type UpstreamUser } from '../upstream/upstream.ts';
import type { ExchangeClient } from './exchange-client.ts';

/** A request is tried on at most two other targets. */
const MAX_RETRIES = 2;

export class Attempts implements PickingClient {
  /** The Set-Cookie value of the last pick, or '' if that sets no cookie. */
  setCookie = '';
  readonly #client: ExchangeClient;
  readonly #request: Request;
  /** The idle connections that only this client may use. `undefined` for most clients. */
  #own: OwnUpstreams | undefined;
  #upstream: Upstream | undefined;
  /** The target set from which the request's last target was picked. */
  #targets: TargetSet | undefined;
  #target: Target | undefined;
  #retries = 0;
  #tried: Set<Target> | undefined;

  constructor(client: ExchangeClient) {
    this.#client = client;
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

  get retries(): number {
    return this.#retries;
  }

  /** True if a target was tried and could not be reached. */
  get hasTried(): boolean {
    return this.#tried !== undefined;
  }

  /** Target key of the target that was picked last. */
  get targetKey(): string | undefined {
    return this.#target?.key;
  }

  get ruleId(): string | undefined {
    return this.#targets?.settings.ruleId;
  }

  /** The Set-Cookie line for the final response if the last pick sets a cookie, otherwise ''. */
  get cookieLine(): string {
    if (this.setCookie === '') return '';
    return `Set-Cookie: ${this.setCookie}${this.#client.isSecure ? '; Secure' : ''}\r\n`;
  }

  /** Forgets the attempts of the last request and starts with a new one. */
  start(): void {
    this.#targets = undefined;
    this.#target = undefined;
    this.#retries = 0;
    this.#tried = undefined;
  }

  /**
   * Picks a target and returns a connection for `user`: an idle one, which is reused and ready, or one that still
   * connects. Returns `undefined` if no target is eligible. `isRepeatable` is true if the whole request will be kept
   * for another target.
   */
  next(user: UpstreamUser, isRepeatable: boolean): Upstream | undefined {
    this.drop();
    this.#upstream = this.#next(user, isRepeatable);
    return this.#upstream;
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
    if (isChallenged || this.#request.hasLogin) upstream?.loggedIn(this.#owned());
    upstream?.finish(isClean, now);
  }

  /** Closes the connection to the target, whose further data is not wanted. */
  drop(): void {
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
   * Records a failed attempt. Its target is not picked again, unless it only closed a connection that had been idle.
   * Returns `false` if that was the last attempt.
   */
  failed(upstream: Upstream): boolean {
    if (!upstream.isReused) {
      this.#tried ??= new Set();
      this.#tried.add(upstream.target);
    }
    return ++this.#retries <= MAX_RETRIES;
  }

  /** Closes the connection, and the idle connections that only this client may use. */
  destroy(): void {
    this.drop();
    this.#own?.destroy();
  }

  #next(user: UpstreamUser, isRepeatable: boolean): Upstream | undefined {
    this.setCookie = '';
    const targets = this.#client.targetsFor(this.#request);
    this.#targets = targets;
    const target = targets.pick(this, this.#tried, this.#own?.loginTarget(targets));
    if (target === undefined) return undefined;
    this.#target = target;
    // A target may have closed a pooled connection without the worker knowing. Only requests that may be sent twice
    // risk that.
    const mayReuse = isRepeatable && this.#request.isReplayable && this.#retries === 0;
    const isTold = this.#client.settings.proxyProtocol !== undefined;
    const idle =
      this.#own?.take(targets, target, isTold, mayReuse) ?? (mayReuse && !isTold ? pool.take(target) : undefined);
    if (idle === undefined)
      return Upstream.connect(target, user, isTold ? this.#owned() : pool, this.#client.proxyHeader);
    idle.user = user;
    return idle;
  }

  #owned(): OwnUpstreams {
    this.#own ??= new OwnUpstreams();
    return this.#own;
  }
}
