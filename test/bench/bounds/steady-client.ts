// A client that sends its next request whether the response before has come or not, and records what goes wrong.
import { Agent } from 'node:http';
import { type ExchangeOptions, exchange } from '../../harness/clients/load.ts';

/** A visit without a response for this long is a failure. */
const TIMEOUT_MS = 10_000;

export interface Visits {
  readonly visits: number;
  readonly failures: readonly string[];
  /** The longest time from a request to the end of its response or to its failure. */
  readonly longestMs: number;
}

interface SteadyClientOptions extends Pick<ExchangeOptions, 'method' | 'body'> {
  readonly maxConnections?: number;
}

export class SteadyClient {
  readonly #url: string;
  readonly #agent: Agent;
  readonly #options: ExchangeOptions;
  readonly #waiting = new Set<Promise<void>>();
  #visits = 0;
  #failures: string[] = [];
  #longestMs = 0;

  constructor(url: string, { maxConnections = Number.POSITIVE_INFINITY, ...request }: SteadyClientOptions = {}) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive: true, maxSockets: maxConnections });
    this.#options = { ...request, timeoutMs: TIMEOUT_MS };
  }

  visit(): void {
    this.#visits += 1;
    const visit = this.#ask().finally(() => this.#waiting.delete(visit));
    this.#waiting.add(visit);
  }

  /** Returns what happened since the last call, once the visits that have begun have ended. */
  async lap(): Promise<Visits> {
    await Promise.all(this.#waiting);
    const visits = { visits: this.#visits, failures: this.#failures, longestMs: this.#longestMs };
    [this.#visits, this.#failures, this.#longestMs] = [0, [], 0];
    return visits;
  }

  /** Closes the idle connections, and ends the visits that have begun. */
  destroy(): void {
    this.#agent.destroy();
  }

  async #ask(): Promise<void> {
    const { error, startedAtMs, endedAtMs } = await exchange(this.#url, this.#agent, this.#options);
    if (error !== undefined) this.#failures.push(error.trim());
    this.#longestMs = Math.max(this.#longestMs, endedAtMs - startedAtMs);
  }
}
