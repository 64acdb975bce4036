// One request and its answer between a client connection and a target, with its retries; reused for the next request.
import type { PickingClient } from '../../select/stickiness.ts';
import { pathOf } from '../access-log/request-line.ts';
import type { ListenerColumn } from '../listener-counters.ts';
import type { Target, TargetSet, UnbindRule } from '../target-set.ts';
import { AnswerReader } from './answer-reader.ts';
import { Body } from './body.ts';
import type { ExchangeClient } from './exchange-client.ts';
import { ownAnswer } from './own-answer.ts';
import { OwnUpstream } from './own-upstream.ts';
import { type IdleUpstreams, pool } from './pool.ts';
import { Request } from './request.ts';
import { RequestRelay } from './request-relay.ts';
import { Upstream, type UpstreamUser } from './upstream.ts';

/** Another target is tried at most twice. */
const MAX_RETRIES = 2;

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

export class Exchange implements UpstreamUser, PickingClient {
  /** To be filled by readRequest() before begin(). */
  readonly request = new Request();
  /** Of the last pick: what the answer sets; '' where nothing. */
  setCookie = '';
  readonly #client: ExchangeClient;
  readonly #relay = new RequestRelay();
  readonly #answerReader = new AnswerReader();
  readonly #answerBody = new Body();
  #own: OwnUpstream | undefined;
  #state = ENDED;
  #upstream: Upstream | undefined;
  /** Where the upstream's target was picked. */
  #targets: TargetSet | undefined;
  #retries = 0;
  #tried: Set<Target> | undefined;
  /** The client sent its FIN: it may wait for the answer, or be gone. */
  #isClientEnded = false;
  #isClientKept = false;
  /** For the access log: the target picked last, the status given, and what went wrong. */
  #target: Target | undefined;
  #status: number | undefined;
  #error: string | undefined;
  #isUpstreamClean = false;
  /** Where it counts as waiting for its answer; only a listener with a limit counts that. */
  #reserved: ListenerColumn | undefined;
  #begunAtMs = 0;
  #deadline = 0;
  /** Set by the target's unbind. */
  #drainDeadline = Number.POSITIVE_INFINITY;

  constructor(client: ExchangeClient) {
    this.#client = client;
  }

  get remoteAddress(): string {
    return this.#client.socket.remoteAddress;
  }

  get head(): string {
    return this.request.head;
  }

  get isRequestDone(): boolean {
    return this.#relay.isDone;
  }

  /** True: give no more of the request's body until resumeRequest(). */
  get isRequestBlocked(): boolean {
    return this.#relay.isBlocked;
  }

  /** Starts on `this.request`, whose body may begin at bytes[from..). Returns the place after what it took. */
  begin(bytes: Buffer, from: number): number {
    this.#retries = 0;
    this.#tried = undefined;
    this.#isClientEnded = false;
    this.#targets = undefined;
    this.#target = undefined;
    this.#status = undefined;
    this.#error = undefined;
    this.#answerReader.start();
    this.#state = CONNECTING;
    this.#begunAtMs = performance.now();
    this.#client.counters.request();
    const relay = this.#relay;
    const end = relay.start(this.request.framing, bytes, from);
    this.#expectProgress(this.#begunAtMs);
    if (relay.fault !== undefined) this.#fail(relay.fault.status, relay.fault.reason);
    else if (!this.#reserve()) this.#fail(503, 'too many requests wait for their answers');
    else this.#attempt();
    return end;
  }

  /** More of the request's body; returns the place after what it took. */
  requestData(bytes: Buffer): number {
    const relay = this.#relay;
    const end = relay.push(bytes);
    const { fault } = relay;
    if (fault !== undefined) {
      this.#fail(fault.status, fault.reason);
      return end;
    }
    if (this.#state < ANSWERING) this.#expectProgress();
    else this.#touchAnswer();
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
      if (this.#state !== SWITCHED) this.#error ??= 'the client closed the connection';
      this.#recordEnd(performance.now());
    }
    this.#state = ENDED;
    this.#unreserve();
    this.#dropUpstream();
    this.#own?.clear();
    this.#relay.clear();
  }

  clientWritable(): void {
    if (this.#state === FLUSHING) {
      this.#end();
      return;
    }
    if (this.#state === ANSWERING) this.#touchAnswer();
    this.#upstream?.socket.resume();
  }

  checkDeadline(now: number): void {
    const isDrainOver = now >= this.#drainDeadline;
    if (!isDrainOver && now < this.#deadline) return;
    if (this.#state >= ANSWERING) this.#breakOff('nothing came or went in the idle time');
    else if (isDrainOver) this.#fail(504, 'the target was unbound and has not answered');
    else if (this.#relay.isDone || this.#relay.isBlocked) this.#fail(504, 'the target has not answered in time');
    else this.#fail(408, 'the request body has not come in time');
  }

  onUpstreamConnect(): void {
    const upstream = this.#upstream as Upstream;
    // By the rules of now: those by which it was picked may have changed, though its target is still bound.
    const isRight = upstream.target.isBound && this.#client.targetsFor(this.request) === this.#targets;
    if (isRight) this.#send(upstream);
    else this.#attemptAnew();
  }

  onUpstreamData(chunk: Buffer): boolean {
    if (this.#state === ANSWERING) return this.#relayAnswer(chunk, 0, '');
    if (this.#state === SENT) return this.#readAnswerHead(chunk);
    // Behind the answer's end, while the client takes the last of it.
    return false;
  }

  onUpstreamEnd(): void {
    if (this.#state === ANSWERING && this.#answerBody.end()) {
      this.#isUpstreamClean = false;
      this.#finishAnswer(this.#writeAnswer(this.#answerBody, ''));
      return;
    }
    if (this.#state === FLUSHING) return;
    const upstream = this.#upstream as Upstream;
    this.#dropUpstream();
    this.#upstreamLost(upstream);
  }

  onUpstreamWritable(): void {
    this.#unblockRequest();
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

  /** False: the listener has as many requests under way as it may. */
  #reserve(): boolean {
    const { maxPendingRequests, counters } = this.#client;
    if (maxPendingRequests === undefined) return true;
    if (!counters.reservePending(maxPendingRequests)) return false;
    this.#reserved = counters;
    return true;
  }

  #unreserve(): void {
    this.#reserved?.pendingEnded();
    this.#reserved = undefined;
  }

  /** Picks a target and, where a connection to it waits in the pool, sends the request in this tick. */
  #attempt(): void {
    this.#state = CONNECTING;
    this.#drainDeadline = Number.POSITIVE_INFINITY;
    this.setCookie = '';
    this.#targets = this.#client.targetsFor(this.request);
    const target = this.#targets.pick(this, this.#tried);
    if (target === undefined) {
      if (this.#tried === undefined) this.#fail(503, 'no target takes traffic');
      else this.#fail(502, 'no target could be reached');
      return;
    }
    this.#target = target;
    // A target may have closed a pooled connection without our knowing. Only what may be sent twice takes the risk.
    const mayReuse = this.request.isReplayable && this.#retries === 0;
    const home = this.#home();
    const pooled = mayReuse ? home.take(target) : undefined;
    if (pooled === undefined) {
      this.#upstream = Upstream.connect(target, this, home, this.#client.proxyHeader);
      return;
    }
    pooled.user = this;
    this.#upstream = pooled;
    this.#send(pooled);
  }

  /** Where idle connections are that the request may have. A swap may have changed that. */
  #home(): IdleUpstreams {
    if (this.#client.hasProxyProtocol) {
      this.#own ??= new OwnUpstream();
      return this.#own;
    }
    this.#own?.clear();
    return pool;
  }

  /** The target went away, or the request belongs to others, before it began: that is no failure of the target. */
  #attemptAnew(): void {
    this.#dropUpstream();
    this.#attempt();
  }

  #send(upstream: Upstream): void {
    this.#state = SENT;
    upstream.begin();
    const isWritten = this.#relay.send(this.request, upstream.socket);
    if (this.#isClientEnded) upstream.socket.end();
    if (isWritten) this.#unblockRequest();
  }

  #unblockRequest(): void {
    if (!this.#relay.unblock()) return;
    if (this.#state < ANSWERING) this.#expectProgress();
    this.#client.resumeRequest();
  }

  #readAnswerHead(chunk: Buffer): boolean {
    // Bytes came back.
    this.#relay.settle();
    const reader = this.#answerReader;
    const isWhole = reader.push(chunk, this.request);
    const isWritten = reader.interim === '' || this.#client.socket.write(reader.interim);
    // A client that does not read holds up interim answers as it does bodies.
    if (isWhole === false) return isWritten;
    if (isWhole !== true) {
      this.#fail(502, `malformed answer: ${isWhole.reason}`);
      return false;
    }
    if (reader.answer.isSwitch) return this.#switchProtocol(reader.bytes.subarray(reader.bodyFrom));
    return this.#beginAnswer(reader.bytes, reader.bodyFrom);
  }

  #beginAnswer(bytes: Buffer, from: number): boolean {
    const { request } = this;
    const { answer } = this.#answerReader;
    this.#state = ANSWERING;
    this.#answerBody.start(answer.framing, answer.isChunkedOut);
    // An answer before the request's end: what follows of the request could not be told from the next one.
    this.#isClientKept =
      request.isKeepAlive && !answer.isClosedByEnd && this.#relay.isDone && this.#client.mayKeepAlive();
    let head = this.#answerLines();
    if (!this.#isClientKept) head += 'Connection: close\r\n';
    else if (request.minor === 0) head += 'Connection: keep-alive\r\n';
    return this.#relayAnswer(bytes, from, `${head}\r\n`);
  }

  /** Of the final answer: interim ones set no cookie. */
  #answerLines(): string {
    const { lines } = this.#answerReader.answer;
    if (this.setCookie === '') return lines;
    return `${lines}Set-Cookie: ${this.setCookie}${this.#client.isSecure ? '; Secure' : ''}\r\n`;
  }

  /** `head`: of the answer, not written yet, or ''. Returns false to stop the target's sending. */
  #relayAnswer(bytes: Buffer, from: number, head: string): boolean {
    const body = this.#answerBody;
    const end = body.push(bytes, from, bytes.length);
    if (body.fault !== undefined) {
      if (head === '') this.#breakOff(`malformed answer: ${body.fault.reason}`);
      else this.#failAnswer(body.fault.reason);
      return false;
    }
    const isWritten = this.#writeAnswer(body, head);
    if (!body.isDone) return isWritten;
    // Where the client is behind, the target's sending is stopped, and what it has sent behind the end is not seen.
    this.#isUpstreamClean = this.#answerReader.answer.isKeepAlive && end === bytes.length && isWritten;
    this.#finishAnswer(isWritten);
    return isWritten;
  }

  #writeAnswer(body: Body, head: string): boolean {
    this.#touchAnswer();
    const { socket } = this.#client;
    const { output, outputFrom, outputTo } = body;
    // One system call for both, and one packet.
    if (head !== '') {
      this.#countAnswer(this.#upstream);
      return socket.write(body.hasOutput ? head + output.toString('latin1', outputFrom, outputTo) : head);
    }
    if (!body.hasOutput) return true;
    const isWritten = socket.write(output.subarray(outputFrom, outputTo));
    if (!isWritten) body.keepOutput();
    return isWritten;
  }

  #finishAnswer(isWritten: boolean): void {
    if (isWritten) this.#end();
    else this.#state = FLUSHING;
  }

  #end(): void {
    const upstream = this.#upstream;
    const now = performance.now();
    this.#upstream = undefined;
    this.#state = ENDED;
    this.#client.counters.finished(now - this.#begunAtMs);
    this.#recordEnd(now);
    if (upstream !== undefined) {
      upstream.finish(this.#isUpstreamClean && this.#relay.isOut && !this.#isClientEnded, now);
    }
    this.#relay.unblock();
    this.#client.exchangeEnded(this.#isClientKept);
  }

  #switchProtocol(bytes: Buffer): boolean {
    const upstream = this.#upstream as Upstream;
    this.#upstream = undefined;
    this.#state = SWITCHED;
    this.#countAnswer(upstream);
    this.#client.socket.write(`${this.#answerLines()}\r\n`);
    this.#client.switchProtocol(upstream, bytes);
    return true;
  }

  /** The connection ended, by FIN or error, before its answer did. */
  #upstreamLost(upstream: Upstream): void {
    if (this.#state === ANSWERING) {
      this.#breakOff('the target closed the connection before the end of its answer');
      return;
    }
    const canRetry = this.request.isReplayable && this.#relay.isRepeatable && !this.#isClientEnded;
    if (canRetry) this.#retry(upstream);
    else if (this.#isClientEnded)
      this.#fail(502, 'the target closed the connection after the client had ended its side');
    else this.#fail(502, 'the target closed the connection without an answer');
  }

  /** `failed`: its target is not picked again, unless it only closed a connection that had been idle. */
  #retry(failed: Upstream): void {
    if (!failed.isReused) {
      this.#tried ??= new Set();
      this.#tried.add(failed.target);
    }
    if (++this.#retries > MAX_RETRIES) this.#fail(502, 'no target could be reached');
    else this.#attempt();
  }

  /** Answers in the target's place; the answer's head has not been written. */
  #fail(status: number, reason: string): void {
    if (this.#state >= ANSWERING) {
      this.#breakOff(reason);
      return;
    }
    this.#status = status;
    this.#error = reason;
    this.#unreserve();
    this.#dropUpstream();
    const { request } = this;
    this.#isClientKept =
      request.isKeepAlive &&
      request.minor === 1 &&
      this.#relay.isDone &&
      !this.#isClientEnded &&
      this.#client.mayKeepAlive();
    this.#touchAnswer();
    this.#client.counters.ownAnswered(status);
    this.#finishAnswer(this.#client.socket.write(ownAnswer(status, reason, this.#isClientKept, request.isHead)));
  }

  #failAnswer(reason: string): void {
    this.#state = SENT;
    this.#fail(502, `malformed answer: ${reason}`);
  }

  /** The client has part of the answer, and must see that the rest does not come. */
  #breakOff(reason: string): void {
    this.#error = reason;
    this.abort();
    // Where the end of the connection is the end of the body, only a reset is no end.
    if (this.#answerReader.answer.isClosedByEnd) this.#client.socket.reset();
    else this.#client.socket.destroy();
  }

  #countAnswer(upstream: Upstream | undefined): void {
    this.#unreserve();
    const { status } = this.#answerReader.answer;
    this.#status = status;
    this.#client.counters.targetAnswered(status);
    upstream?.target.counters.answered(status);
  }

  #recordEnd(now: number): void {
    const { record } = this.#client;
    if (record === undefined) return;
    const { method, host, target } = this.request;
    record.end({
      rule: this.#targets?.settings.ruleId,
      method,
      host,
      path: pathOf(target),
      status: this.#status,
      target: this.#target?.key,
      durationMs: now - this.#begunAtMs,
      retries: this.#retries,
      error: this.#error,
    });
  }

  #dropUpstream(): void {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    upstream?.destroy();
  }

  /** While the request's body comes, each part of it may take the idle time; then the answer's head has its own. */
  #expectProgress(now = performance.now()): void {
    const { idleTimeoutMs, requestTimeoutMs } = this.#client;
    this.#deadline = now + (this.#relay.isDone ? requestTimeoutMs : idleTimeoutMs);
  }

  #touchAnswer(): void {
    this.#deadline = performance.now() + this.#client.idleTimeoutMs;
  }
}
