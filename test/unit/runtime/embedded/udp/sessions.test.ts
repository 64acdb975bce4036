// UDP sessions through a real engine: which target gets which datagram, in which order, and what ends a session.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { PassiveReport } from '../../../../../provider/runtime/contract/engine.ts';
import type { Health, ListenerSnapshot, TargetSnapshot } from '../../../../../provider/runtime/contract/snapshot.ts';
import type { EmbeddedEngine } from '../../../../../provider/runtime/embedded/engine.ts';
import { UdpBackend, UdpClient } from '../../../../harness/backends/udp.ts';
import { freePort, listenerSnapshot, target, untilTrue } from '../../../../harness/engine/fixtures.ts';
import { engineWorldOf } from '../../../../harness/engine/world.ts';

function udp(port: number, targets: readonly TargetSnapshot[], more: Partial<ListenerSnapshot> = {}): ListenerSnapshot {
  return listenerSnapshot('dns', port, targets, { protocol: 'UDP', ...more });
}

async function backends(t: TestContext, names: string): Promise<UdpBackend[]> {
  return Promise.all([...names].map((name) => UdpBackend.start(t, name)));
}

const of = ({ port }: UdpBackend, weight = 100) => target(port, weight);
const counts = (engine: EmbeddedEngine, { port }: UdpBackend) => engine.counts('dns', `127.0.0.1:${port}`);

test('100 new clients follow the weights and count as connections and requests', async (t) => {
  const { engine, serve } = engineWorldOf(t);
  const [a, b, c] = (await backends(t, 'abc')) as [UdpBackend, UdpBackend, UdpBackend];
  const port = await freePort();
  await serve([udp(port, [of(a, 70), of(b, 20), of(c, 10)])]);
  for (let i = 0; i < 100; i++) await (await UdpClient.open(t, port)).ask('x');
  assert.deepEqual(
    [a, b, c].map((backend) => backend.datagrams.length),
    [70, 20, 10],
  );
  const { requests, activeConnections } = counts(engine, a);
  assert.deepEqual([requests, activeConnections], [70, 70]);
  const { connections, openConnections } = engine.traffic('dns') ?? {};
  assert.deepEqual([connections, openConnections], [100, 100]);
  assert.deepEqual(
    engine
      .status()
      .workers.map((worker) => worker.connections)
      .toSorted((x, y) => x - y),
    [0, 100],
  );
});

test('the datagrams of a client go to one target in order, and responses come back', async (t) => {
  const { serve } = engineWorldOf(t);
  const [a, b] = (await backends(t, 'ab')) as [UdpBackend, UdpBackend];
  const port = await freePort();
  await serve([udp(port, [of(a), of(b)])]);
  const [one, two] = [await UdpClient.open(t, port), await UdpClient.open(t, port)];
  const sent = Array.from({ length: 300 }, (_, index) => `${index}`);
  for (const text of sent) {
    await Promise.all([one.send(text), two.send(text)]);
    // A busy machine may lose datagrams that exceed a socket's buffer.
    const isNear = ({ responses }: UdpClient) => responses.length > Number(text) - 50;
    await untilTrue(() => isNear(one) && isNear(two), 'responses');
  }
  await untilTrue(() => one.responses.length === 300 && two.responses.length === 300, 'all responses');
  assert.deepEqual([a.texts, b.texts], [sent, sent]);
  assert.deepEqual(
    one.responses,
    sent.map((text) => `${one.responses[0]?.[0]} ${text}`),
  );
  assert.equal(new Set(a.datagrams.map((datagram) => datagram.port)).size, 1);
});

for (const size of [0, 1, 1472, 65_505]) {
  test(`a datagram of ${size} bytes passes both ways`, async (t) => {
    const { serve } = engineWorldOf(t, { workers: 1 });
    const a = await UdpBackend.start(t, 'a');
    const port = await freePort();
    await serve([udp(port, [of(a)])]);
    const client = await UdpClient.open(t, port);
    const data = randomBytes(size);
    // The response is longer than the request by the two bytes of the target's name. UDP over IPv4 carries at most
    // 65,507 bytes.
    assert.equal((await client.ask(data)).slice(0, 2), 'a ');
    assert.deepEqual(a.datagrams[0]?.data, data);
  });
}

test('the largest datagram passes', async (t) => {
  const { serve } = engineWorldOf(t, { workers: 1 });
  const a = await UdpBackend.start(t, 'a');
  a.response = () => {};
  const port = await freePort();
  await serve([udp(port, [of(a)])]);
  const data = randomBytes(65_507);
  await (await UdpClient.open(t, port)).send(data);
  await untilTrue(() => a.datagrams.length === 1, 'the datagram');
  assert.deepEqual(a.datagrams[0]?.data, data);
});

test('no datagram reaches a target after the swap that unbound it, and late responses are dropped', async (t) => {
  const { engine, serve } = engineWorldOf(t);
  const [a, b] = (await backends(t, 'ab')) as [UdpBackend, UdpBackend];
  const port = await freePort();
  await serve([udp(port, [of(a)])]);
  const clients = await Promise.all(Array.from({ length: 20 }, () => UdpClient.open(t, port)));
  await Promise.all(clients.map((client) => client.ask('x')));
  const late: (() => void)[] = [];
  a.response = (send) => late.push(send);
  await Promise.all(clients.map((client) => client.send('unanswered')));
  await untilTrue(() => late.length === 20, 'questions');
  // The clients send datagrams all the time, before and after the unbind.
  let isOver = false;
  const traffic = clients.map(async (client) => {
    while (!isOver) {
      await client.send('more');
      await new Promise(setImmediate);
    }
  });
  await serve([udp(port, [of(b)], { drainMs: 60_000 })]);
  // The target gets this datagram after all datagrams that the kernel already has for it.
  await (await UdpClient.open(t, a.port)).send('marker');
  await untilTrue(() => a.texts.includes('marker'), 'the marker');
  const { length } = a.datagrams;
  for (const send of late) send();
  await untilTrue(() => b.datagrams.length > 200, 'traffic at the other target');
  isOver = true;
  await Promise.all(traffic);
  await Promise.all(clients.map((client) => client.sendUntilReplied('again')));
  assert.equal(a.datagrams.length, length);
  assert.ok(
    clients.every(({ responses }) => responses.every((response, index) => index === 0 || response.startsWith('b '))),
  );
  assert.deepEqual([counts(engine, a).draining, counts(engine, b).activeConnections], [0, 20]);
});

test('an unhealthy target loses its sessions, and one with weight 0 keeps them but gets no new ones', async (t) => {
  const { serve } = engineWorldOf(t);
  const [a, b] = (await backends(t, 'ab')) as [UdpBackend, UdpBackend];
  const port = await freePort();
  await serve([udp(port, [of(a)])]);
  const client = await UdpClient.open(t, port);
  assert.equal(await client.ask('1'), 'a 1');
  await serve([udp(port, [of(a, 0), of(b)])]);
  assert.equal(await client.ask('2'), 'a 2');
  for (let i = 0; i < 4; i++) assert.equal(await (await UdpClient.open(t, port)).ask('new'), 'b new');
  const sick = (_id: string, key: string): Health => (key.endsWith(`:${a.port}`) ? 'unhealthy' : 'healthy');
  await serve([udp(port, [of(a, 100), of(b)])], sick);
  assert.equal(await client.ask('3'), 'b 3');
});

test('a datagram without an eligible target is dropped, and a target is picked again for the next one', async (t) => {
  const { engine, serve } = engineWorldOf(t);
  const a = await UdpBackend.start(t, 'a');
  const port = await freePort();
  const [known, fresh] = [await UdpClient.open(t, port), await UdpClient.open(t, port)];
  await serve([udp(port, [of(a)])]);
  assert.equal(await known.ask('1'), 'a 1');
  await serve([udp(port, [of(a)])], () => 'unhealthy');
  await Promise.all([known.send('lost'), fresh.send('lost')]);
  // Two more swaps prove that the worker has read its sockets before the target becomes healthy.
  for (let times = 0; times < 2; times++) await serve([udp(port, [of(a)])], () => 'unhealthy');
  await serve([udp(port, [of(a)])], () => 'healthy');
  assert.equal(await known.sendUntilReplied('2'), 'a 2');
  assert.equal(await fresh.sendUntilReplied('2'), 'a 2');
  assert.equal(engine.traffic('dns')?.connections, 2);
});

test('an ICMP refusal is a passive failure and the next datagram gets a new pick; a response ends the failures', async (t) => {
  const reports: PassiveReport[] = [];
  const { serve } = engineWorldOf(t, { onPassive: (report) => reports.push(report) });
  const [dead, b] = (await backends(t, 'ab')) as [UdpBackend, UdpBackend];
  dead.close();
  const port = await freePort();
  await serve([udp(port, [of(dead), of(b)])]);
  for (let i = 0; i < 4; i++) assert.match(await (await UdpClient.open(t, port)).sendUntilReplied('x'), /^b /);
  await untilTrue(() => reports.length > 0, 'reports');
  for (const { targetGroupId, key, ok, error = '' } of reports) {
    assert.deepEqual([targetGroupId, key, ok], ['dns', `127.0.0.1:${dead.port}`, false]);
    assert.match(error, /ECONNREFUSED/);
  }
  const revived = await UdpBackend.start(t, 'revived', '127.0.0.1', dead.port);
  while (revived.datagrams.length === 0) await (await UdpClient.open(t, port)).ask('x');
  await untilTrue(() => reports.some(({ ok }) => ok), 'the success');
});

test('an idle session ends, and the next datagram of the client begins a new one', async (t) => {
  const { engine, serve } = engineWorldOf(t);
  const a = await UdpBackend.start(t, 'a');
  const port = await freePort();
  await serve([udp(port, [of(a)], { idleTimeoutMs: 200 })]);
  const client = await UdpClient.open(t, port);
  await client.ask('x');
  await untilTrue(() => engine.traffic('dns')?.openConnections === 0, 'the end of the session');
  await untilTrue(() => counts(engine, a).activeConnections === 0, 'that of the target too');
  await client.ask('y');
  await untilTrue(() => engine.traffic('dns')?.connections === 2, 'a session anew');
});

test('the oldest session goes if there are more than the maximum', async (t) => {
  const { engine, serve } = engineWorldOf(t);
  const a = await UdpBackend.start(t, 'a');
  const port = await freePort();
  await serve([udp(port, [of(a)], { maxConnections: 2 })]);
  const clients = await Promise.all([1, 2, 3].map(() => UdpClient.open(t, port)));
  const [first, second, third] = clients as [UdpClient, UdpClient, UdpClient];
  for (const client of [first, second, first, third, first]) await client.ask('x');
  const ports = a.datagrams.map((datagram) => datagram.port);
  assert.deepEqual([ports[2], ports[4]], [ports[0], ports[0]], 'the first is used most recently');
  assert.equal(counts(engine, a).activeConnections, 2);
  await second.ask('x');
  assert.notEqual(a.datagrams.at(-1)?.port, ports[1], 'the second one had to go');
  assert.equal(engine.traffic('dns')?.openConnections, 2);
});

test('every client is served again after the worker with the socket was replaced', async (t) => {
  const { engine, serve } = engineWorldOf(t, { workers: 3 });
  const a = await UdpBackend.start(t, 'a');
  const port = await freePort();
  await serve([udp(port, [of(a)])]);
  const client = await UdpClient.open(t, port);
  assert.equal(await client.ask('1'), 'a 1');
  for (const id of [0, 1, 2]) {
    await engine.endWorker(id);
    assert.equal(await client.ask(`after ${id}`), `a after ${id}`);
  }
  await untilTrue(() => counts(engine, a).activeConnections === 1, 'one session');
});
