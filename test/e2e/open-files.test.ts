// A runtime with few file descriptors: a flood of clients or of UDP sessions takes nothing from others.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { freePort, httpBackend } from '../harness/backends/backends.ts';
import { UdpBackend, UdpClient } from '../harness/backends/udp.ts';
import { exchange } from '../harness/clients/load.ts';
import { fullPort } from '../harness/machine/full-port.ts';
import { RuntimeProcess, until } from '../harness/runtime/runtime.ts';

/** Leaves the runtime some 200 descriptors beside those that it needs for itself. */
const OPEN_FILES = 260;

/** Makes a listener with one target and returns its port. */
async function listener(
  runtime: RuntimeProcess,
  id: string,
  target: { address: string; port: number },
  more: object = {},
): Promise<number> {
  const port = await freePort();
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', `/v1/listeners/${id}`, { loadBalancerId: 'lb', protocol: 'HTTP', port, ...more });
  await runtime.done('PUT', `/v1/attachments/${id}`, { listenerId: id, targets: { a: target } });
  return port;
}

/** Connects many clients at once, which keep their connections. Returns how many got a response of the target. */
async function flood(t: TestContext, port: number, clients: number): Promise<number> {
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  const results = Array.from({ length: clients }, async () => {
    const socket = connect({ host: '127.0.0.1', port });
    sockets.push(socket);
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const [head] = await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => []);
    return String(head).startsWith('HTTP/1.1 200');
  });
  return (await Promise.all(results)).filter(Boolean).length;
}

test('a flood of clients leaves descriptors to other listeners, to health checks and to the API', async (t) => {
  const runtime = await RuntimeProcess.start(t, { openFiles: OPEN_FILES, args: ['--workers', '2'] });
  const [a, b] = [await httpBackend(t, 'a'), await httpBackend(t, 'b')];
  const healthCheck = { intervalSeconds: 1, timeoutSeconds: 1, unhealthyThreshold: 1 };
  const flooded = await listener(runtime, 'flooded', a.target);
  const busy = await listener(runtime, 'busy', a.target, { maxConnections: 50_000 });
  const quiet = await listener(runtime, 'quiet', b.target, { healthCheck });
  const failures: unknown[] = [];
  let requests = 0;
  let isOver = false;
  const visits = (async () => {
    while (!isOver) {
      const { error } = await exchange(`http://127.0.0.1:${quiet}/`);
      if (error !== undefined) failures.push(error);
      requests += 1;
    }
  })();
  const served = [await flood(t, flooded, 1500), await flood(t, busy, 1500)];
  for (let calls = 0; calls < 20; calls++) assert.equal((await runtime.call('GET', '/v1/status')).status, 200);
  isOver = true;
  await visits;
  assert.deepEqual(failures, [], `of ${requests} requests`);
  assert.ok(
    served.every((clients) => clients > 5 && clients < 100),
    `${served}`,
  );
  const health = await runtime.done('GET', '/v1/attachments/quiet');
  assert.equal(health.boundTargets.a.health, 'healthy', JSON.stringify(health));
  assert.match(runtime.log(), /limit of open files is below what the listeners may need.*ulimit -n/);
  assert.doesNotMatch(runtime.log(), /EMFILE/);
});

test('thousands of checks that hang, and idle connections to targets, take no descriptors from others', async (t) => {
  const runtime = await RuntimeProcess.start(t, { openFiles: OPEN_FILES, args: ['--workers', '2'] });
  const [a, b] = [await httpBackend(t, 'a'), await httpBackend(t, 'b')];
  const healthCheck = { intervalSeconds: 1, timeoutSeconds: 1, unhealthyThreshold: 1 };
  const web = await listener(runtime, 'web', a.target, { healthCheck });
  await listener(runtime, 'failing', b.target, { healthCheck });
  const port = await fullPort(t, '0.0.0.0');
  for (const group of [1, 2, 3]) {
    const addresses = Array.from({ length: 500 }, (_, index) => `127.${group}.${index >> 8}.${index & 255}`);
    const targets = Object.fromEntries(addresses.map((address, index) => [`t${index}`, { address, port }]));
    await listener(runtime, `hanging-${group}`, a.target, { healthCheck: { intervalSeconds: 1, timeoutSeconds: 5 } });
    await runtime.done('PUT', `/v1/attachments/hanging-${group}`, {
      listenerId: `hanging-${group}`,
      handoverSeconds: 0,
      targets,
    });
  }
  await b.close();
  // A POST needs a connection of its own, which is idle afterwards.
  for (let count = 0; count < 200; count++) {
    const response = await fetch(`http://127.0.0.1:${web}/`, { method: 'POST', body: 'x' });
    assert.equal(`${response.status} ${await response.text()}`, '200 a', `POST ${count}`);
    if (count % 20 === 0)
      await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1', tags: { count: `${count}` } });
  }
  const healthOf = async (id: string) => (await runtime.done('GET', `/v1/attachments/${id}`)).boundTargets.a.health;
  await until('the health of a target that fails', async () => (await healthOf('failing')) === 'unhealthy');
  assert.equal(await healthOf('web'), 'healthy');
  const [shortage] = (await runtime.done('GET', '/v1/status')).shortages;
  assert.match(shortage.lastError, /health checks wait/);
  assert.doesNotMatch(runtime.log(), /EMFILE/);
});

test('UDP sessions leave descriptors to others: the least recently used one goes', async (t) => {
  const runtime = await RuntimeProcess.start(t, { openFiles: OPEN_FILES, args: ['--workers', '2'] });
  const [a, b] = [await httpBackend(t, 'a'), await UdpBackend.start(t, 'b')];
  const ports = [];
  for (const id of ['one', 'two', 'three']) ports.push(await listener(runtime, id, b.target, { protocol: 'UDP' }));
  const web = await listener(runtime, 'web', a.target);
  const sessions = new Map<number, UdpClient[]>();
  for (const port of ports) {
    const clients: UdpClient[] = [];
    sessions.set(port, clients);
    for (let index = 0; index < 150; index++) {
      const client = await UdpClient.open(t, port);
      clients.push(client);
      await client.send(`${index}`);
      if (index % 10 === 9) await until('a response', () => client.responses[0]);
    }
  }
  assert.equal((await exchange(`http://127.0.0.1:${web}/`)).backend, 'a');
  assert.equal((await runtime.call('GET', '/v1/status')).status, 200);
  for (const [port, clients] of sessions) {
    // A session that was used last has kept its socket, which is told by its port.
    const last = clients.at(-1) as UdpClient;
    await last.ask('first');
    await last.ask('again');
    const [first, again] = b.datagrams.slice(-2);
    assert.equal(first?.port, again?.port, `listener at ${port}`);
  }
  assert.doesNotMatch(runtime.log(), /EMFILE|datagrams are dropped/);
});
