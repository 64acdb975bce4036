// What is told of an exchange: its place under the listener's limit, what it counts, and its entry in the access log.
import { pathOf } from '../../access-log/request-line.ts';
import type { ListenerColumn } from '../../shared/listener-counters.ts';
import type { Request } from '../message/request.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Attempts } from './attempts.ts';
import type { ExchangeClient } from './exchange-client.ts';

/** One a connection, reused. */
export class ExchangeAccount {
  /** What went wrong. */
  error: string | undefined;
  readonly #client: ExchangeClient;
  readonly #request: Request;
  readonly #attempts: Attempts;
  #begunAtMs = 0;
  #status: number | undefined;
  /** Where it counts as waiting for its response; only a listener with a limit counts that. */
  #reserved: ListenerColumn | undefined;

  constructor(client: ExchangeClient, attempts: Attempts) {
    this.#client = client;
    this.#request = client.request;
    this.#attempts = attempts;
  }

  begin(now: number): void {
    this.error = undefined;
    this.#status = undefined;
    this.#begunAtMs = now;
    this.#client.counters.request();
  }

  /** False: the listener has as many requests under way as it may. */
  reserve(): boolean {
    const { settings, counters } = this.#client;
    const { maxPendingRequests } = settings;
    if (maxPendingRequests === undefined) return true;
    if (!counters.reservePending(maxPendingRequests)) return false;
    this.#reserved = counters;
    return true;
  }

  /** The head of the target's response goes to the client. */
  targetResponded(status: number, upstream: Upstream): void {
    this.#responded(status);
    this.#client.counters.targetResponded(status);
    upstream.target.counters.responded(status);
  }

  respondedLocally(status: number, reason: string): void {
    this.#responded(status);
    this.error = reason;
    this.#client.counters.localResponded(status);
  }

  /** The response is with the client, whole. */
  finished(now: number): void {
    this.#client.counters.finished(now - this.#begunAtMs);
    this.#record(now);
  }

  /** It ends without that. */
  aborted(): void {
    this.#unreserve();
    this.#record(performance.now());
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
    const { record } = this.#client;
    if (record === undefined) return;
    const { method, host, target } = this.#request;
    record.end({
      rule: this.#attempts.ruleId,
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
