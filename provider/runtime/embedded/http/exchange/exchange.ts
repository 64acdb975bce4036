// One request and its response between a client and a target, with its retries; reused for the next request.
import type { UnbindRule } from '../../serving/target.ts';
import type { BodyPart } from '../message/body.ts';
import type { Request } from '../message/request.ts';
import type { Upstream, UpstreamUser } from '../upstream/upstream.ts';
import { Attempts } from './attempts.ts';
import { ExchangeAccount } from './exchange-account.ts';
import type { ExchangeClient } from './exchange-client.ts';
import { ExchangeDeadline } from './exchange-deadline.ts';
import { RequestRelay } from './request-relay.ts';
import { ResponseRelay } from './response-relay.ts';

const ENDED = 0;
/** Waiting for a connection: nothing of the request was written, so that any target will do. */
const CONNECTING = 1;
/** The first byte went out; waiting for the response's head. */
const SENT = 2;
const RESPONDING = 3;
/** The whole response is in the client's queue, and its memory with it. */
const FLUSHING = 4;
/** The tunnel has both connections. */
const SWITCHED = 5;

export class Exchange implements UpstreamUser {
  readonly #request: Request;
  readonly #client: ExchangeClient;
  readonly #attempts: Attempts;
  readonly #account: ExchangeAccount;
  readonly #requestRelay = new RequestRelay();
  readonly #responseRelay: ResponseRelay;
  readonly #deadline = new ExchangeDeadline();
  #state = ENDED;
  #upstream: Upstream | undefined;
  /** The client sent its FIN: it may wait for the response, or be gone. */
  #isClientEnded = false;

  constructor(client: ExchangeClient) {
    this.#client = client;
    this.#request = client.request;
    this.#attempts = new Attempts(client);
    this.#account = new ExchangeAccount(client, this.#attempts);
    this.#responseRelay = new ResponseRelay(client);
  }

  /** True: give no more of the request's body until resumeRequest(). */
  get isRequestBlocked(): boolean {
    return this.#requestRelay.isBlocked;
  }

  /** Starts on the client's request, whose body begins with `part`. */
  begin(part: BodyPart): void {
    const now = performance.now();
    this.#state = CONNECTING;
    this.#isClientEnded = false;
    this.#deadline.start();
    this.#attempts.start();
    this.#account.begin(now);
    this.#responseRelay.start();
    this.#requestRelay.start(this.#request, part);
    this.#expectProgress(now);
    if (part.fault !== undefined) this.#fail(part.fault.status, part.fault.reason);
    else if (!this.#account.reserve()) this.#fail(503, 'too many requests wait for their answers');
    else this.#attempt();
  }

  /** More of the request's body. */
  requestData(part: BodyPart): void {
    const { fault } = part;
    if (fault !== undefined) {
      this.#fail(fault.status, fault.reason);
      return;
    }
    if (this.#state === CONNECTING) this.#requestRelay.hold(part);
    else this.#requestRelay.relay(part, this.#upstream?.socket);
    this.#expectProgress();
  }

  /** The client's FIN, after a whole request. The target decides what that means, as it would without us. */
  clientEnded(): void {
    this.#isClientEnded = true;
    if (this.#state === SENT || this.#state === RESPONDING) this.#upstream?.socket.end();
  }

  /** The client is gone: its target hears of it at once. */
  abort(): void {
    if (this.#state !== ENDED) {
      if (this.#state !== SWITCHED) this.#account.error ??= 'the client closed the connection';
      this.#account.aborted();
    }
    this.#state = ENDED;
    this.#dropUpstream();
    this.#attempts.clear();
    this.#requestRelay.clear();
  }

  clientWritable(): void {
    if (this.#state === FLUSHING) {
      this.#end();
      return;
    }
    if (this.#state === RESPONDING) this.#expectProgress();
    this.#upstream?.socket.resume();
  }

  checkDeadline(now: number): void {
    const fault = this.#deadline.faultAt(now, this.#state >= RESPONDING, this.#requestRelay);
    if (fault !== undefined) this.#fail(fault.status, fault.reason);
  }

  onUpstreamConnect(): void {
    const upstream = this.#upstream as Upstream;
    if (this.#attempts.isRight(upstream)) this.#send(upstream);
    else this.#attemptAnew();
  }

  onUpstreamData(chunk: Buffer): boolean {
    if (this.#state === RESPONDING) return this.#relayResponse(chunk);
    if (this.#state === SENT) return this.#readResponseHead(chunk);
    // Behind the response's end, while the client takes the last of it.
    return false;
  }

  onUpstreamEnd(): void {
    if (this.#state === FLUSHING) return;
    if (this.#state === RESPONDING && this.#responseRelay.end()) {
      this.#written(this.#responseRelay.write());
      return;
    }
    const upstream = this.#upstream as Upstream;
    this.#dropUpstream();
    this.#upstreamLost(upstream);
  }

  onUpstreamWritable(): void {
    if (!this.#requestRelay.unblock()) return;
    if (this.#state < RESPONDING) this.#expectProgress();
    this.#client.resumeRequest();
  }

  onUpstreamClose(): void {
    const upstream = this.#upstream as Upstream;
    this.#upstream = undefined;
    if (this.#state === CONNECTING) this.#retry(upstream);
    else if (this.#state !== FLUSHING) this.#upstreamLost(upstream);
  }

  onUpstreamUnbind(rule: UnbindRule): void {
    if (this.#state === CONNECTING) this.#attemptAnew();
    else this.#deadline.unbound(rule);
  }

  /** Where a connection to the target waits in the pool, the request goes out in this tick. */
  #attempt(): void {
    this.#state = CONNECTING;
    this.#deadline.start();
    const upstream = this.#attempts.next(this);
    this.#upstream = upstream;
    if (upstream?.isReused) this.#send(upstream);
    else if (upstream === undefined && this.#attempts.hasTried) this.#fail(502, 'no target could be reached');
    else if (upstream === undefined) this.#fail(503, 'no target takes traffic');
  }

  /** The target went away, or the request belongs to others, before it began: that is no failure of the target. */
  #attemptAnew(): void {
    this.#dropUpstream();
    this.#attempt();
  }

  #retry(failed: Upstream): void {
    if (this.#attempts.failed(failed)) this.#attempt();
    else this.#fail(502, 'no target could be reached');
  }

  #send(upstream: Upstream): void {
    this.#state = SENT;
    upstream.begin();
    const isWritten = this.#requestRelay.send(this.#request, upstream.socket);
    if (this.#isClientEnded) upstream.socket.end();
    if (isWritten) this.onUpstreamWritable();
  }

  /** Returns false, as all that takes of the response, to stop the target's sending. */
  #readResponseHead(chunk: Buffer): boolean {
    // Bytes came back.
    this.#requestRelay.settle();
    const relay = this.#responseRelay;
    const isWhole = relay.readHead(chunk);
    // A client that does not read holds up interim responses as it does bodies.
    if (isWhole === false) return relay.isInterimWritten;
    if (isWhole !== true) return this.#failMalformed(isWhole.reason);
    if (relay.response.isSwitch) return this.#switchProtocol();
    this.#state = RESPONDING;
    this.#account.targetResponded(relay.response.status, this.#upstream as Upstream);
    return this.#written(relay.respond(this.#attempts.cookieLine, this.#requestRelay.isDone));
  }

  #relayResponse(chunk: Buffer): boolean {
    const fault = this.#responseRelay.push(chunk);
    if (fault !== undefined) return this.#failMalformed(fault.reason);
    return this.#written(this.#responseRelay.write());
  }

  #written(isWritten: boolean): boolean {
    if (this.#responseRelay.isDone) this.#finish(isWritten);
    else this.#expectProgress();
    return isWritten;
  }

  #finish(isWritten: boolean): void {
    this.#state = FLUSHING;
    if (isWritten) this.#end();
    else this.#expectProgress();
  }

  #end(): void {
    const upstream = this.#upstream;
    const now = performance.now();
    this.#upstream = undefined;
    this.#state = ENDED;
    this.#account.finished(now);
    const isClean = this.#responseRelay.isUpstreamClean && this.#requestRelay.isOut && !this.#isClientEnded;
    upstream?.finish(isClean, now);
    this.#requestRelay.unblock();
    this.#client.exchangeEnded();
  }

  #switchProtocol(): boolean {
    const upstream = this.#upstream as Upstream;
    // It was told of its unbind already, and what it carried from now on would outlive every drain.
    if (!upstream.target.isBound) {
      this.#fail(502, 'the target was unbound before it switched protocols');
      return false;
    }
    const { response, rest } = this.#responseRelay;
    this.#upstream = undefined;
    this.#state = SWITCHED;
    this.#account.targetResponded(response.status, upstream);
    this.#client.switchProtocol(response, this.#attempts.cookieLine, upstream, rest);
    return true;
  }

  /** The connection ended, by FIN or error, before its response did. */
  #upstreamLost(upstream: Upstream): void {
    const canRetry = this.#request.isReplayable && this.#requestRelay.isRepeatable && !this.#isClientEnded;
    if (this.#state === RESPONDING) this.#breakOff('the target closed the connection before the end of its answer');
    else if (canRetry) this.#retry(upstream);
    else if (this.#isClientEnded)
      this.#fail(502, 'the target closed the connection after the client had ended its side');
    else this.#fail(502, 'the target closed the connection without an answer');
  }

  #failMalformed(reason: string): false {
    this.#fail(502, `malformed answer: ${reason}`);
    return false;
  }

  /** Responds in the target's place while the client has nothing of the response. */
  #fail(status: number, reason: string): void {
    if (this.#state >= RESPONDING) {
      this.#breakOff(reason);
      return;
    }
    this.#account.respondedLocally(status, reason);
    this.#dropUpstream();
    const isKept = this.#requestRelay.isDone && !this.#isClientEnded;
    this.#finish(this.#client.respondLocally(status, reason, isKept));
  }

  /** The client has part of the response. */
  #breakOff(reason: string): void {
    this.#account.error = reason;
    this.abort();
    this.#client.reset();
  }

  #dropUpstream(): void {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    upstream?.destroy();
  }

  #expectProgress(now = performance.now()): void {
    const isHeadAwaited = this.#state < RESPONDING && this.#requestRelay.isDone;
    this.#deadline.expect(isHeadAwaited, this.#client.settings, now);
  }
}
