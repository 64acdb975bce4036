// A thread of clients, one for each URL, which ask at a steady pace whether their responses come or not.
import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { INTERVAL_MS, type Visits } from './onlookers.ts';

/** A visit without a response for this long is a failure. */
const TIMEOUT_MS = 10_000;

class Client {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #waiting = new Set<Promise<void>>();
  #visits = 0;
  #failures: string[] = [];
  #longestMs = 0;

  constructor(url: string) {
    this.#url = url;
  }

  visit(): void {
    this.#visits += 1;
    const visit = this.#ask()
      .catch((error: Error) => {
        this.#failures.push(error.message);
      })
      .finally(() => this.#waiting.delete(visit));
    this.#waiting.add(visit);
  }

  /** Returns what happened since the last call, once the visits that have begun have ended. */
  async lap(): Promise<Visits> {
    await Promise.all(this.#waiting);
    const visits = { visits: this.#visits, failures: this.#failures, longestMs: this.#longestMs };
    [this.#visits, this.#failures, this.#longestMs] = [0, [], 0];
    return visits;
  }

  #ask(): Promise<void> {
    const askedAtMs = performance.now();
    return new Promise<void>((resolve, reject) => {
      const visit = get(this.#url, { agent: this.#agent, timeout: TIMEOUT_MS }, (response) => {
        response.resume().on('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`status ${response.statusCode}`));
        });
        response.on('error', reject);
      });
      visit.on('timeout', () => visit.destroy(new Error(`no response within ${TIMEOUT_MS} ms`))).on('error', reject);
    }).finally(() => {
      this.#longestMs = Math.max(this.#longestMs, performance.now() - askedAtMs);
    });
  }
}

const clients = (workerData as readonly string[]).map((url) => new Client(url));
setInterval(() => {
  for (const client of clients) client.visit();
}, INTERVAL_MS);
parentPort?.on('message', async () => {
  parentPort?.postMessage(await Promise.all(clients.map((client) => client.lap())));
});
