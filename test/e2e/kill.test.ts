// A runtime that is killed at any time: after the restart the first request is served, by stored health.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../harness/backends/backends.ts';
import { RuntimeProcess, until } from '../harness/runtime/runtime.ts';

/** No check that follows the first one comes in time to change anything. */
const CHECK = { protocol: 'HTTP', intervalSeconds: 60, timeoutSeconds: 5 };
/** Seed of the times at which the runtime is killed within a write. */
const SEED = 20_261_130;

async function backend(t: TestContext): Promise<number> {
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  await until('the backend', () => server.listening || undefined);
  return (server.address() as AddressInfo).port;
}

test('after a kill the first request is served: after each response of the API, and within each write', async (t) => {
  const [a, b, port] = [await backend(t), await backend(t), await freePort()];
  let runtime = await RuntimeProcess.start(t);
  const listener = { loadBalancerId: 'lb', protocol: 'HTTP', port };
  const bind = (backendPort: number, more = {}) => {
    const targets = { app: { address: '127.0.0.1', port: backendPort } };
    return runtime.done('PUT', '/v1/attachments/pool', { listenerId: 'web', targets, ...more });
  };
  const restart = async (when: string) => {
    await runtime.end('SIGKILL');
    runtime = await RuntimeProcess.start(t, { dataDirectory: runtime.dataDirectory });
    const response = await fetch(`http://127.0.0.1:${port}/`);
    assert.equal(response.status, 200, when);
  };
  const isHealthy = async () => {
    const { listeners } = await runtime.done('GET', '/v1/status');
    return listeners[0].targets.some((target: { health: string }) => target.health === 'healthy') || undefined;
  };

  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/listeners/web', { ...listener, healthCheck: CHECK });
  await bind(a);
  await until('health in the status', isHealthy);
  await restart('the status said that the target is healthy');
  await bind(b, { handoverSeconds: 20 });
  await restart('a target that was proven took over');
  await runtime.done('DELETE', '/v1/attachments/pool');
  await bind(a, { awaitHealthySeconds: 20 });
  await restart('a write waited for healthy targets');
  await runtime.done('PUT', '/v1/listeners/web', { ...listener, healthCheck: { protocol: 'none' } });
  await restart('checks are off');
  await runtime.done('PUT', '/v1/listeners/web', { ...listener, healthCheck: CHECK });
  await restart('checks were turned on');

  let random = SEED;
  for (let round = 0, next = b; round < 3; round++, next = next === b ? a : b) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    const waitMs = random % 60;
    const written = bind(next, { handoverSeconds: 20 }).catch(() => {});
    await delay(waitMs);
    await restart(`it was killed ${waitMs} ms after the begin of a write (seed ${SEED}, round ${round})`);
    await written;
  }
});
