// What other listeners notice of 10,000 targets that fail and return together: the longest silence of a client.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../harness/backends/backends.ts';
import type { RuntimeProcess } from '../../harness/runtime/runtime.ts';
import { type BoundResult, type MeasureBound, milliseconds } from './bound.ts';
import { startWorld } from './world.ts';

const TARGETS = 10_000;
const TARGETS_OF_ATTACHMENT = 500;
const ASK_EVERY_MS = 10;
const BOUND_MS = 50;
const ALGORITHMS = ['weighted-round-robin', 'source-ip-hash'];

/** A target that accepts connections on the whole loopback network, in a process of its own. */
const TARGET = `require('node:net').createServer((socket) => socket.on('error', () => {}).end()).listen(Number(process.argv[1]), '0.0.0.0', () => console.log('open'))`;
const WEB = `require('node:http').createServer((_request, response) => response.end('ok')).listen(Number(process.argv[1]), '127.0.0.1', () => console.log('open'))`;

export const measureMass: MeasureBound = async ({ cleanUp }) => {
  const [port, closed, web] = [await freePort(), await freePort(), await freePort()];
  for (const [code, at] of [
    [TARGET, port],
    [WEB, web],
  ] as const) {
    const child = spawn(process.execPath, ['-e', code, `${at}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    cleanUp.after(() => child.kill());
    await once(child.stdout, 'data');
  }
  const other = { protocol: 'HTTP' };
  const { url, runtime } = await startWorld(cleanUp, other, { target: { address: '127.0.0.1', port: web } }, 2);
  const results: BoundResult[] = [];
  for (const algorithm of ALGORITHMS) {
    const listener = { loadBalancerId: 'lb', protocol: 'TCP', port: await freePort(), algorithm };
    const check = { protocol: 'TCP', intervalSeconds: 10, unhealthyThreshold: 1, healthyThreshold: 1 };
    const put = (checkPort: number) =>
      runtime.done('PUT', '/v1/listeners/many', { ...listener, healthCheck: { ...check, port: checkPort } });
    await put(port);
    for (let first = 0; first < TARGETS; first += TARGETS_OF_ATTACHMENT) await bind(runtime, first, port);
    await untilHealth(runtime, 'healthy');
    const silence = new Silence(url);
    cleanUp.after(() => silence.stop());
    await delay(1000);
    const alone = silence.longest();
    // Another check port has all targets checked at once, so that they fail and return together.
    await put(closed);
    await untilHealth(runtime, 'unhealthy');
    await put(port);
    await untilHealth(runtime, 'healthy');
    const longest = silence.stop();
    const { workers } = await runtime.done('GET', '/v1/status');
    const restarts = workers.reduce((sum: number, worker: { restarts: number }) => sum + worker.restarts, 0);
    for (let first = 0; first < TARGETS; first += TARGETS_OF_ATTACHMENT)
      await runtime.done('DELETE', `/v1/attachments/many-${first}`);
    results.push({
      what: `${TARGETS} targets (${algorithm}) fail and return together: longest silence of another listener's client beyond the ${milliseconds(alone)} before, workers that were replaced`,
      bound: `${milliseconds(BOUND_MS)}, 0`,
      measured: `${milliseconds(Math.max(0, longest - alone))}, ${restarts}`,
      isMet: longest - alone <= BOUND_MS && restarts === 0,
    });
  }
  return results;
};

async function bind(runtime: RuntimeProcess, first: number, port: number): Promise<void> {
  const targets = Object.fromEntries(
    Array.from({ length: TARGETS_OF_ATTACHMENT }, (_, index) => {
      const number = first + index;
      return [`t${number}`, { address: `127.1.${number >> 7}.${(number & 127) + 1}`, port }];
    }),
  );
  await runtime.done('PUT', `/v1/attachments/many-${first}`, { listenerId: 'many', targets });
}

async function untilHealth(runtime: RuntimeProcess, health: string): Promise<void> {
  for (let first = 0; first < TARGETS; first += TARGETS_OF_ATTACHMENT) {
    for (;;) {
      const { boundTargets } = await runtime.done('GET', `/v1/attachments/many-${first}`);
      if (Object.values<{ health: string }>(boundTargets).every((target) => target.health === health)) break;
      await delay(200);
    }
  }
}

/** A client that asks every 10 ms, each time on a connection of its own, and measures the longest wait for a response. */
class Silence {
  readonly #timer: NodeJS.Timeout;
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });
  #longestMs = 0;

  constructor(url: string) {
    this.#url = url;
    this.#timer = setInterval(() => this.#ask(), ASK_EVERY_MS);
  }

  /** Returns the longest wait since the last call. */
  longest(): number {
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    return longestMs;
  }

  stop(): number {
    clearInterval(this.#timer);
    return this.longest();
  }

  #ask(): void {
    const askedAtMs = performance.now();
    get(this.#url, { agent: this.#agent }, (response) => {
      if (response.statusCode !== 200) this.#longestMs = Number.POSITIVE_INFINITY;
      this.#longestMs = Math.max(this.#longestMs, performance.now() - askedAtMs);
      response.resume();
    }).on('error', () => {
      this.#longestMs = Number.POSITIVE_INFINITY;
    });
  }
}
