// An exchange: one request and its response between a client and a target, with retries; reused for the next request.
import { performance } from 'node:perf_hooks';
import type { UnbindRule } from '../../serving/target.ts';
import { isRuleResponse } from '../actions/rule-response.ts';
import type { BodyPart } from '../message/body.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { Upstream, UpstreamUser } from '../upstream/upstream.ts';
import { Attempts } from './attempts.ts';
import { ExchangeAccount } from './exchange-account.ts';
import type { ExchangeClient } from './exchange-client.ts';
import { ExchangeDeadline } from './exchange-deadline.ts';
import * as faults from './exchange-faults.ts';
import { CONNECTING, ENDED, FLUSHING, RESPONDING, SENT, SWITCHED } from './exchange-states.ts';
import { RequestRelay } from './request-relay.ts';
import { ResponseRelay } from './response-relay.ts';

export class Exchange implements UpstreamUser {
  readonly #client: ExchangeClient;
  readonly #attempts: Attempts;
  readonly #account: ExchangeAccount;
  readonly #requestRelay = new RequestRelay();
  readonly #responseRelay: ResponseRelay;
  readonly #deadline: ExchangeDeadline;
  #state = ENDED;
  /** True after the client's FIN: the client may wait for the response, or be gone. */
  #isClientEnded = false;

  constructor(client: ExchangeClient) {
    this.#client = client;
    this.#attempts = new Attempts(client, () => this.#attempt());
    this.#account = new ExchangeAccount(client, this.#attempts);
    this.#responseRelay = new ResponseRelay(client);
    this.#deadline = new ExchangeDeadline({
      client,
      attempts: this.#attempts,
      requestRelay: this.#requestRelay,
      isResponding: () => this.#state >= RESPONDING,
      onFault: (fault) => {
        if (this.#state !== ENDED && this.#state !== SWITCHED) this.#fail(fault);
      },
    });
  }

  /** True if no more of the request's body may come until `resumeRequest`. */
  get isRequestBlocked(): boolean {
    return this.#requestRelay.isBlocked;
  }

  /** True if idle connections to targets are kept that only this client may use. */
  get hasOwnUpstreams(): boolean {
    return this.#attempts.hasOwnUpstreams;
  }

  /** Starts with the client's request, whose body begins with `part`. */
  begin(part: BodyPart): void {
    const now = performance.now();
    this.#state = CONNECTING;
    this.#isClientEnded = false;
    this.#attempts.start();
    this.#account.begin(now);
    this.#responseRelay.start();
    this.#requestRelay.start(this.#client.request, part);
    this.#deadline.begin(part.to - part.from, now);
    const refusal = part.fault ?? this.#account.admit();
    if (refusal !== undefined) this.#fail(refusal);
    else this.#attempt();
  }

  /** Cancels the look at the peers' output that an exchange may leave behind when its client takes its leave. */
  leave(): void {
    this.#deadline.end();
  }

  /** Takes another part of the request's body. */
  requestData(part: BodyPart): void {
    if (part.fault !== undefined) {
      this.#fail(part.fault);
      return;
    }
    const bytes = part.to - part.from;
    if (this.#state === CONNECTING) this.#requestRelay.hold(part);
    else this.#relayRequest(part);
    this.#deadline.received(bytes, performance.now());
  }

  /** Passes the client's FIN after a whole request to the target, which decides what it means, as without a proxy. */
  clientEnded(): void {
    this.#isClientEnded = true;
    if (this.#state === SENT || this.#state === RESPONDING) this.#attempts.upstream?.socket.end();
  }

  /** Ends the exchange because the client is gone. The target's connection closes at once. */
  destroy(): void {
    if (this.#state !== ENDED) {
      if (this.#state !== SWITCHED) this.#account.error ??= 'the client closed the connection';
      this.#account.aborted();
    }
    this.#state = ENDED;
    this.#attempts.destroy();
    this.#requestRelay.clear();
  }

  clientWritable(): void {
    if (this.#state === FLUSHING) {
      this.#end();
    } else {
      if (this.#state === RESPONDING) this.#deadline.expect();
      this.#attempts.upstream?.socket.resume();
    }
  }

  checkDeadline(now: number): void {
    this.#deadline.check(now);
  }

  onUpstreamConnect(): void {
    if (this.#attempts.isRight()) this.#send(this.#attempts.upstream as Upstream);
    else this.#attempt();
  }

  onUpstreamData(chunk: Buffer): boolean {
    if (this.#state === RESPONDING) {
      const fault = this.#responseRelay.push(chunk);
      return fault === undefined ? this.#written(this.#responseRelay.write()) : this.#fail(faults.malformed(fault));
    }
    if (this.#state === SENT) return this.#readResponseHead(chunk);
    // The target sends bytes after the end of its response. Reading pauses; its connection closes with the exchange.
    return false;
  }

  onUpstreamEnd(): void {
    if (this.#state === FLUSHING) return;
    if (this.#state === RESPONDING && this.#responseRelay.end()) {
      this.#written(this.#responseRelay.write());
      return;
    }
    const upstream = this.#attempts.upstream as Upstream;
    this.#attempts.drop();
    this.#upstreamLost(upstream);
  }

  onUpstreamWritable(): void {
    if (!this.#requestRelay.unblock()) return;
    if (this.#state < RESPONDING) this.#deadline.expect();
    this.#client.resumeRequest();
  }

  onUpstreamClose(): void {
    const upstream = this.#attempts.take();
    if (this.#state === CONNECTING) this.#retry(upstream);
    else if (this.#state !== FLUSHING) this.#upstreamLost(upstream);
  }

  onUpstreamUnbind(rule: UnbindRule): void {
    if (this.#state === CONNECTING) this.#attempt();
    else this.#deadline.unbound(rule);
  }

  /**
   * Tries the next target. If the pool has a connection to it, the request is sent in this tick. An earlier attempt does
   * not count as a failure: its target was unbound, or the request now belongs to another target group.
   */
  #attempt(): void {
    this.#state = CONNECTING;
    this.#deadline.start();
    const upstream = this.#attempts.next(this, this.#requestRelay.isRepeatableToEnd);
    const { isWaiting } = this.#attempts;
    this.#deadline.waits(isWaiting);
    if (upstream?.isReused) this.#send(upstream);
    else if (upstream === undefined && !isWaiting) this.#respondWithoutTarget();
  }

  #retry(failed: Upstream): void {
    if (this.#attempts.failed(failed)) this.#attempt();
    else this.#fail(faults.unreached(this.#attempts));
  }

  #send(upstream: Upstream): void {
    this.#state = SENT;
    upstream.begin();
    const { request } = this.#client;
    const head = this.#attempts.actions?.headFor(request) ?? request.head;
    if (this.#requestRelay.send(head, request.isReplayable, upstream.socket, this.#attempts.isLast))
      this.onUpstreamWritable();
    if (this.#isClientEnded) upstream.socket.end();
  }

  #relayRequest(part: BodyPart): void {
    const { upstream } = this.#attempts;
    upstream?.continued();
    this.#requestRelay.relay(part, upstream?.socket);
  }

  /** Reads the response's head. Returns `false` to pause the target, like every method that takes response bytes. */
  #readResponseHead(chunk: Buffer): boolean {
    // After the first byte of a response the request must not go to another target.
    this.#requestRelay.settle();
    const upstream = this.#attempts.upstream as Upstream;
    upstream.responding(this.#requestRelay.isWritten, this.#requestRelay.bodyBytes);
    const relay = this.#responseRelay;
    const isWhole = relay.readHead(chunk);
    if (relay.isContinued) this.#deadline.continued();
    // Interim responses wait, like bodies, for a client that does not read.
    if (isWhole === false) return relay.isInterimWritten;
    if (isWhole !== true) return this.#fail(faults.malformed(isWhole));
    if (relay.response.isSwitch) return this.#switchProtocol();
    this.#state = RESPONDING;
    this.#account.targetResponded(relay.response.status, upstream);
    this.#deadline.responded(relay.response);
    this.#attempts.actions?.edit(relay.response);
    return this.#written(relay.respond(this.#attempts.cookieLine, this.#requestRelay.isDone));
  }

  #written(isWritten: boolean): boolean {
    if (this.#responseRelay.isDone) this.#finish(isWritten);
    else this.#deadline.expect();
    return isWritten;
  }

  #finish(isWritten: boolean): void {
    this.#state = FLUSHING;
    if (isWritten) this.#end();
    else this.#deadline.expect();
  }

  #end(): void {
    const now = performance.now();
    this.#state = ENDED;
    this.#account.finished(now);
    const isClean = this.#responseRelay.isUpstreamClean && this.#requestRelay.isOut && !this.#isClientEnded;
    this.#attempts.finish(isClean, this.#responseRelay.isChallenged, now);
    this.#requestRelay.unblock();
    this.#client.exchangeEnded();
  }

  #switchProtocol(): boolean {
    const upstream = this.#attempts.upstream as Upstream;
    // A tunnel begun now would never be drained: the connections of an unbound target were already notified.
    if (!upstream.target.isBound) return this.#fail(faults.UNBOUND_AT_SWITCH);
    const { response, rest } = this.#responseRelay;
    this.#attempts.take();
    this.#state = SWITCHED;
    this.#account.targetResponded(response.status, upstream);
    this.#attempts.actions?.edit(response);
    this.#client.switchProtocol(response, this.#attempts.cookieLine, upstream, rest);
    return true;
  }

  /** The target's connection ended, by FIN or error, before the end of the response. */
  #upstreamLost(upstream: Upstream): void {
    // A connection that had been idle may have closed before the target noticed the client's FIN.
    const isCertain = !this.#isClientEnded || upstream.isReused;
    const canRetry = isCertain && this.#client.request.isReplayable && this.#requestRelay.isRepeatable;
    if (this.#state === RESPONDING) this.#fail(faults.CUT_SHORT);
    else if (canRetry) this.#retry(upstream);
    else if (upstream.isReused && upstream.hasLogin && !this.#responseRelay.hasBegun) this.#abort(faults.LOST_LOGIN);
    else this.#fail(this.#isClientEnded ? faults.LOST_HALF_CLOSED : faults.LOST);
  }

  /** Sends the response of the rule itself, or a local response if no target can get the request. */
  #respondWithoutTarget(): void {
    const { actions } = this.#attempts;
    const response = actions?.own?.respondTo(this.#client.request) ?? faults.unreached(this.#attempts);
    if (actions?.own === undefined || !isRuleResponse(response)) {
      this.#fail(response as LocalResponse);
      return;
    }
    this.#account.ruleResponded(response.status, actions.own.type);
    this.#finish(this.#client.respondByRule(actions.edited(response), this.#isKept));
  }

  /** True if the client's next request can be told from this one. */
  get #isKept(): boolean {
    return this.#requestRelay.isDone && !this.#isClientEnded;
  }

  /** Sends a local response, or aborts a response that the client has in part. Returns `false` to pause the target. */
  #fail({ status, reason }: LocalResponse): false {
    if (this.#state >= RESPONDING) return this.#abort(reason);
    this.#account.respondedLocally(status, reason);
    this.#attempts.drop();
    this.#finish(this.#client.respondLocally(status, reason, this.#isKept));
    return false;
  }

  /** Closes the client's connection without the rest of the response. Returns `false` to pause the target. */
  #abort(reason: string): false {
    this.#account.error = reason;
    this.destroy();
    this.#client.reset();
    return false;
  }
}
