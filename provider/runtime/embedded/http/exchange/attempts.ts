// Where a request goes: the target that is picked next, and a connection to it; reused for the next request.
import type { PickingClient } from '../../../select/stickiness.ts';
import type { Target } from '../../serving/target.ts';
import type { TargetSet } from '../../serving/target-set.ts';
import type { Request } from '../message/request.ts';
import { OwnUpstream } from '../upstream/own-upstream.ts';
import { pool } from '../upstream/pool.ts';
import { type IdleUpstreams, Upstream, type UpstreamUser } from '../upstream/upstream.ts';
import type { ExchangeClient } from './exchange-client.ts';

/** Another target is tried at most twice. */
const MAX_RETRIES = 2;

export class Attempts implements PickingClient {
  /** Of the last pick; '' where nothing. */
  setCookie = '';
  readonly #client: ExchangeClient;
  readonly #request: Request;
  #own: OwnUpstream | undefined;
  #upstream: Upstream | undefined;
  /** Where the last target was picked. */
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

  /** The connection that the request goes out on, or is to. */
  get upstream(): Upstream | undefined {
    return this.#upstream;
  }

  get retries(): number {
    return this.#retries;
  }

  /** A target was tried and could not be reached. */
  get hasTried(): boolean {
    return this.#tried !== undefined;
  }

  /** The target picked last, and the rule that it is of. */
  get targetKey(): string | undefined {
    return this.#target?.key;
  }

  get ruleId(): string | undefined {
    return this.#targets?.settings.ruleId;
  }

  /** Of the final response, where the last pick sets a cookie: interim responses set none. */
  get cookieLine(): string {
    if (this.setCookie === '') return '';
    return `Set-Cookie: ${this.setCookie}${this.#client.isSecure ? '; Secure' : ''}\r\n`;
  }

  /** A new request. */
  start(): void {
    this.#targets = undefined;
    this.#target = undefined;
    this.#retries = 0;
    this.#tried = undefined;
  }

  /** For `user`: a connection of the pool, which is reused and ready, or one that is yet to connect. Undefined: none eligible. */
  next(user: UpstreamUser): Upstream | undefined {
    this.drop();
    this.#upstream = this.#next(user);
    return this.#upstream;
  }

  /** Gives the connection away. */
  take(): Upstream {
    const upstream = this.#upstream as Upstream;
    this.#upstream = undefined;
    return upstream;
  }

  /** Closes the connection: nothing that comes on it is wanted any more. */
  drop(): void {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    upstream?.destroy();
  }

  /** By the rules of now: those by which it was picked may have changed, though its target is still bound. */
  isRight(): boolean {
    return this.#upstream?.target.isBound === true && this.#client.targetsFor(this.#request) === this.#targets;
  }

  /** Its target is not picked again, unless it only closed a connection that had been idle. False: that was the last attempt. */
  failed(upstream: Upstream): boolean {
    if (!upstream.isReused) {
      this.#tried ??= new Set();
      this.#tried.add(upstream.target);
    }
    return ++this.#retries <= MAX_RETRIES;
  }

  /** Closes the connection, and the idle one that only this client may use. */
  destroy(): void {
    this.drop();
    this.#own?.destroy();
  }

  #next(user: UpstreamUser): Upstream | undefined {
    this.setCookie = '';
    this.#targets = this.#client.targetsFor(this.#request);
    const target = this.#targets.pick(this, this.#tried);
    if (target === undefined) return undefined;
    this.#target = target;
    // A target may have closed a pooled connection without our knowing. Only what may be sent twice takes the risk.
    const mayReuse = this.#request.isReplayable && this.#retries === 0;
    const home = this.#home();
    const pooled = mayReuse ? home.take(target) : undefined;
    if (pooled === undefined) return Upstream.connect(target, user, home, this.#client.proxyHeader);
    pooled.user = user;
    return pooled;
  }

  /** Where idle connections are that the request may have. A swap may have changed that. */
  #home(): IdleUpstreams {
    if (this.#client.settings.proxyProtocol !== undefined) {
      this.#own ??= new OwnUpstream();
      return this.#own;
    }
    this.#own?.destroy();
    return pool;
  }
}
