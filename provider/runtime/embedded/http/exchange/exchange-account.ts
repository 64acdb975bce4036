// The account of an exchange: its place under the listener's limit, its counters, and its access log entry.
import { performance } from 'node:perf_hooks';
import { pathOf } from '../../access-log/request-line.ts';
import type { ListenerColumn } from '../../shared/listener-counters.ts';
import type { OwnResponseType } from '../actions/rule-response.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { Request } from '../message/request.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Attempts } from './attempts.ts';
import type { ExchangeClient } from './exchange-client.ts';
import * as faults from './exchange-faults.ts';

/** The account of one exchange; reused for the next exchange of the client connection. */
export class ExchangeAccount {
  /** Why the exchange failed or got a local response, otherwise `undefined`. */
  error: string | undefined;
  readonly #client: ExchangeClient;
  readonly #request: Request;
  readonly #attempts: Attempts;
  #begunAtMs = 0;
  #status: number | undefined;
  /** How the rule itself responded. `undefined` for any other response. */
  #action: OwnResponseType | undefined;
  /**
   * Counters in which the exchange counts as waiting for its response. `undefined` if the listener has no limit for
   * such requests, or the exchange does not wait.
   */
  #reserved: ListenerColumn | undefined;

  constructor(client: ExchangeClient, attempts: Attempts) {
    this.#client = client;
    this.#request = client.request;
    this.#attempts = attempts;
  }

  begin(now: number): void {
    this.error = undefined;
    this.#status = undefined;
    this.#action = undefined;
    this.#begunAtMs = now;
    this.#client.counters.request();
  }

  /**
   * Takes a place under the listener's limits. Returns a local response if the request may not go to a target. A request
   * to which a rule itself responds does not wait.
   */
  admit(): LocalResponse | undefined {
    const { settings, counters, clientLimits } = this.#client;
    const { maxPendingRequests } = settings;
    const refusal = clientLimits.isUnlimited(settings) ? undefined : this.#refusalByClient();
    if (refusal !== undefined || maxPendingRequests === undefined) return refusal;
    if (this.#client.targetsFor(this.#request).own !== undefined) return undefined;
    if (!counters.reservePending(maxPendingRequests)) return faults.TOO_MANY_PENDING;
    this.#reserved = counters;
    return undefined;
  }

  /** Counts the target's response when its head goes to the client. */
  targetResponded(status: number, upstream: Upstream): void {
    this.#responded(status);
    this.#client.counters.targetResponded(status);
    upstream.target.counters.responded(status);
  }

  /** Counts a response of the rule itself, which is no failure, whatever its status. */
  ruleResponded(status: number, action: OwnResponseType): void {
    this.#responded(status);
    this.#action = action;
    this.#client.counters.ruleResponded(status);
  }

  /** Counts a local response, which the client gets in place of a target's response. */
  respondedLocally(status: number, reason: string): void {
    this.#responded(status);
    this.error = reason;
    this.#client.counters.localResponded(status);
  }

  /** Ends the account when the whole response went to the client. */
  finished(now: number): void {
    this.#client.counters.finished(now - this.#begunAtMs);
    this.#record(now);
  }

  /** Ends the account of an exchange without a whole response. */
  aborted(): void {
    this.#unreserve();
    this.#record(performance.now());
  }

  /** The local response to a client that may not use the listener, or has made too many requests. */
  #refusalByClient(): LocalResponse | undefined {
    const { settings, counters, clientLimits, remoteAddress } = this.#client;
    if (!clientLimits.admits(remoteAddress)) {
      counters.denied();
      return faults.DENIED;
    }
    if (clientLimits.takeRequest(settings, remoteAddress)) return undefined;
    counters.requestLimited();
    return faults.TOO_MANY_REQUESTS;
  }

  #responded(status: number): void {
    this.#status = status;
    this.#unreserve();
  }

  #unreserve(): void {
    this.#reserved?.pendingEnded();
    this.#reserved = undefined;
  }

  #record(now: number): void {
    const { record, forwardedClient } = this.#client;
    if (record === undefined) return;
    const { method, host, target } = this.#request;
    record.end({
      forwardedClient,
      rule: this.#attempts.ruleId,
      action: this.#action,
      method,
      host,
      path: pathOf(target),
      status: this.#status,
      target: this.#attempts.targetKey,
      durationMs: now - this.#begunAtMs,
      retries: this.#attempts.retries,
      error: this.error,
    });
  }
}
