// HTTP and HTTPS clients in a closed loop on kept connections, which record each response and each failure.
import * as http from 'node:http';
import * as https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';

interface Exchange {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Name of the backend that responded; `undefined` if the client saw a failure. */
  readonly backend: string | undefined;
  readonly error: string | undefined;
  /** `false` if the request was the first one of its connection. */
  readonly isReused: boolean;
}

/** A stretch of time, in milliseconds of `performance.now()`. */
interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Load {
  readonly exchanges: readonly Exchange[];
  readonly failures: () => readonly Exchange[];
  /**
   * The exchanges of a backend that lie whole within one of the times. One that ends later may have been under way when
   * the next change was made, and belongs to neither state.
   */
  within(times: readonly Span[], backend: string): readonly Exchange[];
  /** Resolves when every client has made `maxRequests` requests or was stopped, and has received its last response. */
  readonly done: Promise<void>;
  /** Stops the clients; resolves when every client has received its last response. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly url: string;
  readonly method?: string;
  readonly clients: number;
  readonly maxRequests?: number;
  /** Pause of a client after each response in milliseconds. It leaves processor time to other processes. */
  readonly pauseMs?: number;
}

export interface ExchangeOptions {
  /** GET unless set. */
  readonly method?: string;
  readonly body?: string;
  readonly localAddress?: string;
  /** The request fails if its connection is silent for this time. Unlimited unless set. */
  readonly timeoutMs?: number;
}

/**
 * Starts clients with one connection each. A client sends its next request as soon as it has a response, at most
 * `maxRequests` times.
 */
export function startLoad(options: LoadOptions): Load {
  const exchanges: Exchange[] = [];
  let isStopped = false;
  const clients = Array.from({ length: options.clients }, async () => {
    const { Agent } = of(options.url);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let left = options.maxRequests ?? 100_000; left > 0 && !isStopped; left--) {
      exchanges.push(await exchange(options.url, agent, { method: options.method }));
      if (options.pauseMs !== undefined) await delay(options.pauseMs);
    }
    agent.destroy();
  });
  const done = Promise.all(clients).then(() => {});
  return {
    exchanges,
    done,
    failures: () => exchanges.filter(({ error }) => error !== undefined),
    within: (times, backend) =>
      exchanges.filter(
        (one) => one.backend === backend && times.some(({ from, to }) => from < one.startedAtMs && one.endedAtMs < to),
      ),
    stop: async () => {
      isStopped = true;
      await done;
    },
  };
}

/**
 * Makes one request on a connection of `agent`, or on a new one. The promise never rejects, because a failure is part of
 * the result.
 */
export function exchange(
  url: string,
  agent: http.Agent | false = false,
  { method = 'GET', body, localAddress, timeoutMs: timeout }: ExchangeOptions = {},
): Promise<Exchange> {
  const startedAtMs = performance.now();
  return new Promise((resolve) => {
    const ended = (backend: string | undefined, error: string | undefined) =>
      resolve({ startedAtMs, endedAtMs: performance.now(), backend, error, isReused: sent.reusedSocket });
    const failed = (error: string) => ended(undefined, error);
    const options = { method, agent, localAddress, timeout, rejectUnauthorized: false };
    const sent = of(url).request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        if (response.statusCode === 200) ended(text, undefined);
        else failed(`${response.statusCode} ${text}`);
      });
      response.on('error', (error) => failed(error.message));
    });
    sent.on('timeout', () => sent.destroy(new Error(`no response within ${timeout} ms`)));
    sent.on('error', (error) => failed(error.message));
    sent.end(body);
  });
}

function of(url: string): typeof http | typeof https {
  return url.startsWith('https:') ? https : http;
}

/** Makes `requests` requests in sequence, each on a new connection. Returns the number of responses by backend. */
export async function sharesAt(url: string, requests: number): Promise<Record<string, number>> {
  const exchanges: Exchange[] = [];
  while (exchanges.length < requests) exchanges.push(await exchange(url));
  return shares(exchanges);
}

export function shares(exchanges: readonly { backend: string | undefined }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { backend = 'none' } of exchanges) counts[backend] = (counts[backend] ?? 0) + 1;
  return counts;
}
