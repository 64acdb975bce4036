// Keep-alive HTTP and HTTPS clients in a closed loop, which remember each response and each failure.
import * as http from 'node:http';
import * as https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';

interface Exchange {
  readonly startedAtMs: number;
  /** The responding backend's name; undefined: the client saw a failure. */
  readonly backend: string | undefined;
  readonly error: string | undefined;
  /** False: the request was the first of its connection. */
  readonly isReused: boolean;
}

export interface Load {
  readonly exchanges: readonly Exchange[];
  readonly failures: () => readonly Exchange[];
  /** Resolves when every client has made `maxRequests`, or was stopped, and has had its last response. */
  readonly done: Promise<void>;
  /** Resolves when every client has had its last response. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly url: string;
  readonly clients: number;
  readonly maxRequests?: number;
  /** Of a client after a response, where others need the processors as well. */
  readonly pauseMs?: number;
}

/** Each client has one connection and asks again as soon as it has its response, at most `maxRequests` times. */
export function startLoad(options: LoadOptions): Load {
  const exchanges: Exchange[] = [];
  let isStopped = false;
  const clients = Array.from({ length: options.clients }, async () => {
    const { Agent } = of(options.url);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let left = options.maxRequests ?? 100_000; left > 0 && !isStopped; left--) {
      exchanges.push(await exchange(options.url, agent));
      if (options.pauseMs !== undefined) await delay(options.pauseMs);
    }
    agent.destroy();
  });
  const done = Promise.all(clients).then(() => {});
  return {
    exchanges,
    done,
    failures: () => exchanges.filter(({ error }) => error !== undefined),
    stop: async () => {
      isStopped = true;
      await done;
    },
  };
}

/** One request on a connection of the agent's, or on a fresh one from `localAddress`; it never rejects. */
export function exchange(url: string, agent: http.Agent | false = false, localAddress?: string): Promise<Exchange> {
  const startedAtMs = performance.now();
  return new Promise((resolve) => {
    const failed = (error: string) => resolve({ startedAtMs, backend: undefined, error, isReused: sent.reusedSocket });
    const sent = of(url).request(url, { agent, localAddress, rejectUnauthorized: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        if (response.statusCode === 200)
          resolve({ startedAtMs, backend: text, error: undefined, isReused: sent.reusedSocket });
        else failed(`${response.statusCode} ${text}`);
      });
      response.on('error', (error) => failed(error.message));
    });
    sent.on('error', (error) => failed(error.message));
    sent.end();
  });
}

function of(url: string): typeof http | typeof https {
  return url.startsWith('https:') ? https : http;
}

/** Who responds so many requests, one after the other, each on a connection of its own. */
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
