// Deadlines of an exchange: for its next progress, for its request's body, and for its end after an unbind.
import { performance } from 'node:perf_hooks';
import type { Output } from '../../io/acknowledged.ts';
import { OutputWatch } from '../../io/output-watch.ts';
import type { UnbindRule } from '../../serving/target.ts';
import type { ListenerSettings } from '../../shared/messages.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { Response } from '../message/response.ts';
import type { Attempts } from './attempts.ts';
import { BodyDeadline } from './body-deadline.ts';
import type { ExchangeClient } from './exchange-client.ts';
import { BODY_LATE, IDLE, QUEUED_LONG, TARGET_LATE, UNBOUND, UNBOUND_UNFINISHED } from './exchange-faults.ts';
import type { RequestRelay } from './request-relay.ts';

/** The exchange that has the deadlines. */
interface Exchanging {
  readonly client: ExchangeClient;
  readonly attempts: Attempts;
  readonly requestRelay: RequestRelay;
  /** Returns true once the response has begun. */
  readonly isResponding: () => boolean;
  /** May be called after the end of the exchange, because a look at the output of the peers takes a while. */
  readonly onFault: (fault: LocalResponse) => void;
}

/** Idle timeout of a listener's tunnels and event streams. */
export function streamIdleMs({ tunnelIdleTimeoutMs, idleTimeoutMs }: ListenerSettings): number {
  return tunnelIdleTimeoutMs === 0 ? Number.POSITIVE_INFINITY : (tunnelIdleTimeoutMs ?? idleTimeoutMs);
}

/** The deadlines of one exchange; reused for the next exchange of the client connection. */
export class ExchangeDeadline {
  readonly #exchange: Exchanging;
  readonly #body = new BodyDeadline();
  readonly #output = new OutputWatch();
  #part = 0;
  #drain = Number.POSITIVE_INFINITY;
  /** The end of the wait for a connection. Infinity while the request does not wait. */
  #queue = Number.POSITIVE_INFINITY;
  #isStream = false;
  /** True while the client waits for a 100 (RFC 9110 10.1.1): the target has all that it needs, and has to respond. */
  #isAsked = false;

  constructor(exchange: Exchanging) {
    this.#exchange = exchange;
  }

  /** Starts with a request. `bytes` of its body came together with the head. */
  begin(bytes: number, now: number): void {
    const { settings, request } = this.#exchange.client;
    this.start();
    this.#queue = Number.POSITIVE_INFINITY;
    this.#output.start();
    this.#isStream = false;
    this.#isAsked = request.isExpectant && bytes === 0;
    this.#body.begin(settings, request, now);
    if (bytes > 0) this.#body.received(bytes, now);
    this.expect(now);
  }

  /** Ends a look at the output of the peers, whose result would come after the end of the exchange. */
  end(): void {
    this.#output.start();
  }

  /** Clears the deadline that the unbind of the exchange's earlier target set, because the next target is bound. */
  start(): void {
    this.#drain = Number.POSITIVE_INFINITY;
  }

  /** Records whether the request waits for a connection. If it has waited and no longer does, its target has its own time. */
  waits(isWaiting: boolean): void {
    const hasWaited = this.#queue !== Number.POSITIVE_INFINITY;
    if (isWaiting === hasWaited) return;
    const now = performance.now();
    this.#queue = isWaiting ? now + this.#exchange.client.settings.requestTimeoutMs : Number.POSITIVE_INFINITY;
    if (hasWaited) this.expect(now);
  }

  /** Counts bytes of the request's body, which are progress. */
  received(bytes: number, now: number): void {
    this.#isAsked = false;
    this.#body.received(bytes, now);
    this.expect(now);
  }

  /** Records that the target has asked for the body: from now on the client owes it. */
  continued(): void {
    if (!this.#isAsked) return;
    this.#isAsked = false;
    this.expect();
  }

  /** Starts with the head of the response: an event stream has an idle timeout of its own. */
  responded(response: Response): void {
    const { settings } = this.#exchange.client;
    this.#isStream = streamIdleMs(settings) !== settings.idleTimeoutMs && response.isStream;
  }

  /** Sets the deadline by which an exchange must end after its target was unbound. */
  unbound({ drainMs, requestTimeoutMs }: UnbindRule): void {
    this.#drain = performance.now() + Math.max(drainMs, requestTimeoutMs);
  }

  /**
   * Sets the deadline for the next progress: the request timeout if the response's head is awaited, otherwise the idle
   * timeout for the next part of a body. `isOut` is false if the target has not acknowledged the whole request yet.
   */
  expect(now = performance.now(), isOut = true): void {
    const { client, requestRelay, isResponding } = this.#exchange;
    const { requestTimeoutMs, idleTimeoutMs } = client.settings;
    const isAwaited = isOut && (requestRelay.isDone || this.#isAsked) && !isResponding();
    if (this.#isStream) this.#part = now + streamIdleMs(client.settings);
    else this.#part = now + (isAwaited ? requestTimeoutMs : idleTimeoutMs);
  }

  /** Reports a fault if a deadline has passed at `now`. */
  check(now: number): void {
    const { isDone, isBlocked } = this.#exchange.requestRelay;
    if (now >= this.#queue) {
      this.#exchange.onFault(QUEUED_LONG);
      return;
    }
    // As long as a request waits for a connection, no target can be late.
    if (this.#queue !== Number.POSITIVE_INFINITY && (isDone || isBlocked)) return;
    const isResponding = this.#exchange.isResponding();
    const isBodyOver = !isResponding && !isDone && this.#body.isOver(now, isBlocked);
    const late = isDone || isBlocked || this.#isAsked ? TARGET_LATE : BODY_LATE;
    if (now >= this.#drain) this.#exchange.onFault(isResponding ? UNBOUND_UNFINISHED : UNBOUND);
    else if (isBodyOver) this.#exchange.onFault(late);
    else if (now < this.#part) return;
    // A client that could send more of the body owes it, whatever its target still takes of the rest.
    else if (!isResponding && late === BODY_LATE) this.#exchange.onFault(late);
    else this.#look(isResponding ? IDLE : late);
  }

  /** Reports the fault unless the client or the target still acknowledges what was written to it. */
  #look(fault: LocalResponse): void {
    const { client, attempts } = this.#exchange;
    this.#output.look([client.connection, attempts.upstream?.socket], (moving: Output | undefined) => {
      const now = performance.now();
      if (moving !== undefined) this.expect(now, moving.outstanding === 0);
      else if (now >= this.#part) this.#exchange.onFault(fault);
    });
  }
}
