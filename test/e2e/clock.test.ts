// A date that is wrong for a while, in a runtime with real sockets: nothing of it is left once it is right again.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort, httpBackend } from '../harness/backends/backends.ts';
import { RuntimeProcess, temporaryDirectory, until } from '../harness/runtime/runtime.ts';

const CLOCK = new URL('../harness/runtime/shifted-clock.ts', import.meta.url);
const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
/** No check that follows the first one comes in time to change anything. */
const HEALTH_CHECK = { protocol: 'HTTP', intervalSeconds: 60 };

test('a date that jumps forward and back expires servers and tokens while it is wrong, and leaves nothing behind', async (t) => {
  const file = join(temporaryDirectory(t), 'clock');
  const jump = (ms: number) => writeFileSync(file, String(ms));
  jump(0);
  const options = { imports: [CLOCK], env: { WEIR_TEST_CLOCK: file } };
  let runtime = await RuntimeProcess.start(t, options);
  const [{ port: rented }, { port: owned }] = [await httpBackend(t, 'rented'), await httpBackend(t, 'owned')];
  const ports = { rented: await freePort(), owned: await freePort() };
  const expiresAt = new Date(Date.now() + HOUR_MS).toISOString();
  const server = { region: 'r', vpcId: 'v', addresses: ['127.0.0.1'] };
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/backend-servers/rented', { ...server, expiresAt });
  await runtime.done('PUT', '/v1/backend-servers/owned', server);
  for (const [id, backend] of [
    ['rented', rented],
    ['owned', owned],
  ] as const) {
    const listener = { loadBalancerId: 'lb', protocol: 'HTTP', port: ports[id], healthCheck: HEALTH_CHECK };
    await runtime.done('PUT', `/v1/listeners/${id}`, listener);
    const targets = { app: { serverId: id, port: backend } };
    await runtime.done('PUT', `/v1/attachments/${id}`, { listenerId: id, targets, awaitHealthySeconds: 20 });
  }
  const statements = [{ actions: ['slb:*'], resources: ['*'] }];
  const { token } = await runtime.done('POST', '/v1/tokens', { name: 'ci', statements, expiresAt });
  const asToken = async () =>
    (await runtime.call('GET', '/v1/status', undefined, { authorization: `Bearer ${token}` })).status;
  const respond = async (id: 'rented' | 'owned') => (await fetch(`http://127.0.0.1:${ports[id]}/`)).status;
  const stored = async () => [
    await runtime.done('GET', '/v1/backend-servers'),
    (await runtime.done('GET', '/v1/status')).version,
  ];
  const before = await stored();

  for (const shiftMs of [2 * HOUR_MS, -YEAR_MS]) {
    jump(shiftMs);
    const isExpired = shiftMs > 0;
    await until('the time to count', async () => (await respond('rented')) === (isExpired ? 503 : 200) || undefined);
    assert.deepEqual([await respond('owned'), await asToken()], [200, isExpired ? 401 : 200]);
    // A restart under the wrong date: stored health is as old as the monotonic clock says.
    await runtime.end('SIGKILL');
    runtime = await RuntimeProcess.start(t, { ...options, dataDirectory: runtime.dataDirectory });
    assert.deepEqual([await respond('owned'), await respond('rented')], [200, isExpired ? 503 : 200]);
    jump(0);
    await until('traffic again', async () => (await respond('rented')) === 200 || undefined);
    assert.deepEqual([await respond('owned'), await asToken()], [200, 200]);
    assert.deepEqual(await stored(), before);
  }
});
