// What other listeners notice of 10,000 targets that fail and return together: the longest silence of a client.
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../harness/backends/backends.ts';
import type { RuntimeProcess } from '../../harness/runtime/runtime.ts';
import { type BoundResult, type MeasureBound, milliseconds } from './bound.ts';
import { Onlookers } from './onlookers.ts';
import { startTarget, WEB } from './target-process.ts';
import { startWorld } from './world.ts';

const TARGETS = 10_000;
const TARGETS_OF_ATTACHMENT = 500;
const BOUND_MS = 50;
const ALGORITHMS = ['weighted-round-robin', 'source-ip-hash'];

/** A target that accepts connections on the whole loopback network, in a process of its own. */
const TARGET = `require('node:net').createServer((socket) => socket.on('error', () => {}).end()).listen(Number(process.argv[1]), '0.0.0.0', () => console.log('open'))`;

export const measureMass: MeasureBound = async ({ cleanUp }) => {
  const [port, closed, web] = [await startTarget(cleanUp, TARGET), await freePort(), await startTarget(cleanUp, WEB)];
  const other = { protocol: 'HTTP' };
  const { url, runtime } = await startWorld(cleanUp, other, { target: { address: '127.0.0.1', port: web } }, 2);
  const onlookers = await Onlookers.start(cleanUp, { proxied: url, direct: `http://127.0.0.1:${web}/` });
  const results: BoundResult[] = [];
  for (const algorithm of ALGORITHMS) {
    const listener = { loadBalancerId: 'lb', protocol: 'TCP', port: await freePort(), algorithm };
    const check = { protocol: 'TCP', intervalSeconds: 10, unhealthyThreshold: 1, healthyThreshold: 1 };
    const put = (checkPort: number) =>
      runtime.done('PUT', '/v1/listeners/many', { ...listener, healthCheck: { ...check, port: checkPort } });
    await put(port);
    for (let first = 0; first < TARGETS; first += TARGETS_OF_ATTACHMENT) await bind(runtime, first, port);
    await untilHealth(runtime, 'healthy');
    await onlookers.lap();
    // Another check port has all targets checked at once, so that they fail and return together.
    await put(closed);
    await untilHealth(runtime, 'unhealthy');
    await put(port);
    await untilHealth(runtime, 'healthy');
    const { proxied, direct } = await onlookers.lap();
    const { workers } = await runtime.done('GET', '/v1/status');
    const restarts = workers.reduce((sum: number, worker: { restarts: number }) => sum + worker.restarts, 0);
    for (let first = 0; first < TARGETS; first += TARGETS_OF_ATTACHMENT)
      await runtime.done('DELETE', `/v1/attachments/many-${first}`);
    const silenceMs = Math.max(0, proxied.longestMs - direct.longestMs);
    results.push({
      what: `${TARGETS} targets (${algorithm}) fail and return together: failed requests of another listener's client, of ${proxied.visits}; its longest silence beyond that of a client without a proxy; workers that were replaced`,
      bound: `0; ${milliseconds(BOUND_MS)}; 0`,
      measured: `${proxied.failures.length}; ${milliseconds(silenceMs)} (${milliseconds(proxied.longestMs)} and ${milliseconds(direct.longestMs)}); ${restarts}`,
      isMet: proxied.failures.length === 0 && silenceMs <= BOUND_MS && restarts === 0,
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
