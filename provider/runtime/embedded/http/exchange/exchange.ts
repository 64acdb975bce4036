// One request and its answer between a client connection and a target, with its retries; reused for the next request.
import type { UnbindRule } from '../../serving/target.ts';
import { Request } from '../message/request.ts';
import type { Upstream, UpstreamUser } from '../upstream/upstream.ts';
import { Attempts } from './attempts.ts';
import { ExchangeAccount } from './exchange-account.ts';
import type { ExchangeClient } from './exchange-client.ts';
import { RequestRelay } from './request-relay.ts';
import { AnswerRelay } from './response-relay.ts';

const UNFINISHED = 'the target was unbound and has not finished its answer';

const ENDED = 0;
/** Waiting for a connection: nothing of the request was written, so that any target will do. */
const CONNECTING = 1;
/** The first byte went out; waiting for the answer's head. */
const SENT = 2;
const ANSWERING = 3;
/** The whole answer is in the client socket's queue, and its memory with it. */
const FLUSHING = 4;
/** The tunnel has both connections. */
const SWITCHED = 5;

export class Exchange implements UpstreamUser {
  /** To be filled by readRequest() before begin(). */
  readonly request = new Request();
  readonly #client: ExchangeClient;
  readonly #attempts: Attempts;
  readonly #account: ExchangeAccount;
  readonly #requestRelay = new RequestRelay();
  readonly #answerRelay: AnswerRelay;
  #state = ENDED;
  #upstream: Upstream | undefined;
  /** The client sent its FIN: it may wait for the answer, or be gone. */
  #isClientEnded = false;
  #deadline = 0;
  /** Set by the target's unbind. */
  #drainDeadline = Number.POSITIVE_INFINITY;

  constructor(client: ExchangeClient) {
    this.#client = client;
    this.#attempts = new Attempts(client, this.request);
    this.#account = new ExchangeAccount(client, this.request, this.#attempts);
    this.#answerRelay = new AnswerRelay(client, this.request);
  }

  get isRequestDone(): boolean {
    return this.#requestRelay.isDone;
  }

  /** True: give no more of the request's body until resumeRequest(). */
  get isRequestBlocked(): boolean {
    return this.#requestRelay.isBlocked;
  }

  /** Starts on `this.request`, whose body may begin at bytes[from..). Returns the place after what it took. */
  begin(bytes: Buffer, from: number): number {
    const now = performance.now();
    const relay = this.#requestRelay;
    this.#state = CONNECTING;
    this.#drainDeadline = Number.POSITIVE_INFINITY;
    this.#isClientEnded = false;
    this.#attempts.start();
    this.#account.begin(now);
    this.#answerRelay.start();
    const end = relay.start(this.request.framing, bytes, from);
    this.#expectProgress(now);
    if (relay.fault !== undefined) this.#fail(relay.fault.status, relay.fault.reason);
    else if (!this.#account.reserve()) this.#fail(503, 'too many requests wait for their answers');
    else this.#attempt();
    return end;
  }

  /** More of the request's body; returns the place after what it took. */
  requestData(bytes: Buffer): number {
    const relay = this.#requestRelay;
    const end = relay.push(bytes);
    const { fault } = relay;
    if (fault !== undefined) {
      this.#fail(fault.status, fault.reason);
      return end;
    }
    this.#expectProgress();
    if (this.#state === CONNECTING) relay.hold();
    else relay.relay(this.#upstream?.socket);
    return end;
  }

  /** The client's FIN, after a whole request. The target decides what that means, as it would without us. */
  clientEnded(): void {
    this.#isClientEnded = true;
    if (this.#state === SENT || this.#state === ANSWERING) this.#upstream?.socket.end();
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
    if (this.#state === ANSWERING) this.#expectProgress();
    this.#upstream?.socket.resume();
  }

  checkDeadline(now: number): void {
    const isDrainOver = now >= this.#drainDeadline;
    if (!isDrainOver && now < this.#deadline) return;
    const { isDone, isBlocked } = this.#requestRelay;
    if (this.#state >= ANSWERING) this.#breakOff(isDrainOver ? UNFINISHED : 'nothing came or went in the idle time');
    else if (isDrainOver) this.#fail(504, 'the target was unbound and has not answered');
    else if (isDone || isBlocked) this.#fail(504, 'the target has not answered in time');
    else this.#fail(408, 'the request body has not come in time');
  }

  onUpstreamConnect(): void {
    const upstream = this.#upstream as Upstream;
    if (this.#attempts.isRight(upstream)) this.#send(upstream);
    else this.#attemptAnew();
  }

  onUpstreamData(chunk: Buffer): boolean {
    if (this.#state === ANSWERING) return this.#relayAnswer(chunk);
    if (this.#state === SENT) return this.#readAnswerHead(chunk);
    // Behind the answer's end, while the client takes the last of it.
    return false;
  }

  onUpstreamEnd(): void {
    if (this.#state === FLUSHING) return;
    if (this.#state === ANSWERING && this.#answerRelay.end()) {
      this.#answerWritten(this.#answerRelay.write());
      return;
    }
    const upstream = this.#upstream as Upstream;
    this.#dropUpstream();
    this.#upstreamLost(upstream);
  }

  onUpstreamWritable(): void {
    if (!this.#requestRelay.unblock()) return;
    if (this.#state < ANSWERING) this.#expectProgress();
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
    else this.#drainDeadline = performance.now() + Math.max(rule.drainMs, rule.requestTimeoutMs);
  }

  /** Where a connection to the target waits in the pool, the request goes out in this tick. */
  #attempt(): void {
    this.#state = CONNECTING;
    this.#drainDeadline = Number.POSITIVE_INFINITY;
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
    const isWritten = this.#requestRelay.send(this.request, upstream.socket);
    if (this.#isClientEnded) upstream.socket.end();
    if (isWritten) this.onUpstreamWritable();
  }

  /** Returns false, as all that takes of the answer, to stop the target's sending. */
  #readAnswerHead(chunk: Buffer): boolean {
    // Bytes came back.
    this.#requestRelay.settle();
    const relay = this.#answerRelay;
    const isWhole = relay.readHead(chunk);
    const isWritten = relay.writeInterim();
    // A client that does not read holds up interim answers as it does bodies.
    if (isWhole === false) return isWritten;
    if (isWhole !== true) return this.#failMalformed(isWhole.reason);
    if (relay.answer.isSwitch) return this.#switchProtocol();
    this.#state = ANSWERING;
    this.#account.targetAnswered(relay.answer.status, this.#upstream as Upstream);
    return this.#answerWritten(relay.writeHead(this.#attempts.cookieLine, this.#requestRelay.isDone));
  }

  #relayAnswer(chunk: Buffer): boolean {
    const fault = this.#answerRelay.push(chunk);
    if (fault !== undefined) return this.#failMalformed(fault.reason);
    return this.#answerWritten(this.#answerRelay.write());
  }

  #answerWritten(isWritten: boolean): boolean {
    if (this.#answerRelay.isDone) this.#finishAnswer(isWritten);
    else this.#expectProgress();
    return isWritten;
  }

  #finishAnswer(isWritten: boolean): void {
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
    const isClean = this.#answerRelay.isUpstreamClean && this.#requestRelay.isOut && !this.#isClientEnded;
    upstream?.finish(isClean, now);
    this.#requestRelay.unblock();
    this.#client.exchangeEnded(this.#answerRelay.isClientKept);
  }

  #switchProtocol(): boolean {
    const upstream = this.#upstream as Upstream;
    // It was told of its unbind already, and what it carried from now on would outlive every drain.
    if (!upstream.target.isBound) {
      this.#fail(502, 'the target was unbound before it switched protocols');
      return false;
    }
    const relay = this.#answerRelay;
    this.#upstream = undefined;
    this.#state = SWITCHED;
    this.#account.targetAnswered(relay.answer.status, upstream);
    relay.writeSwitch(this.#attempts.cookieLine);
    this.#client.switchProtocol(upstream, relay.rest);
    return true;
  }

  /** The connection ended, by FIN or error, before its answer did. */
  #upstreamLost(upstream: Upstream): void {
    const canRetry = this.request.isReplayable && this.#requestRelay.isRepeatable && !this.#isClientEnded;
    if (this.#state === ANSWERING) this.#breakOff('the target closed the connection before the end of its answer');
    else if (canRetry) this.#retry(upstream);
    else if (this.#isClientEnded)
      this.#fail(502, 'the target closed the connection after the client had ended its side');
    else this.#fail(502, 'the target closed the connection without an answer');
  }

  #failMalformed(reason: string): false {
    this.#fail(502, `malformed answer: ${reason}`);
    return false;
  }

  /** Answers in the target's place while the client has nothing of the answer. */
  #fail(status: number, reason: string): void {
    if (this.#state >= ANSWERING) {
      this.#breakOff(reason);
      return;
    }
    this.#account.ownAnswered(status, reason);
    this.#dropUpstream();
    const canKeep = this.#requestRelay.isDone && !this.#isClientEnded;
    this.#finishAnswer(this.#answerRelay.writeOwn(status, reason, canKeep));
  }

  /** The client has part of the answer, and must see that the rest does not come. */
  #breakOff(reason: string): void {
    this.#account.error = reason;
    this.abort();
    // Where the end of the connection is the end of the body, only a reset is no end.
    if (this.#answerRelay.answer.isClosedByEnd) this.#client.socket.reset();
    else this.#client.socket.destroy();
  }

  #dropUpstream(): void {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    upstream?.destroy();
  }

  /** Each part of the request's body and of the answer may take the idle time; between them the answer's head has its own. */
  #expectProgress(now = performance.now()): void {
    const isHeadAwaited = this.#state < ANSWERING && this.#requestRelay.isDone;
    const { requestTimeoutMs, idleTimeoutMs } = this.#client.settings;
    this.#deadline = now + (isHeadAwaited ? requestTimeoutMs : idleTimeoutMs);
  }
}
