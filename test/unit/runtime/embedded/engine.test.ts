// The embedded engine with real worker threads, sockets and targets: what it serves, refuses and reports.
import assert from 'node:assert/strict';
import * as net from 'node:net';
import { test } from 'node:test';
import type { PassiveReport } from '../../../../provider/runtime/contract/engine.ts';
import type { Health } from '../../../../provider/runtime/contract/snapshot.ts';
import {
  freePort,
  listenerSnapshot,
  type TcpClient,
  target,
  UNCHECKED,
  untilTrue,
} from '../../../harness/engine/fixtures.ts';
import { engineWorldOf } from '../../../harness/engine/world.ts';

test('100 new connections over two workers follow the weights', async (t) => {
  const { engine, serveWeb, echo, visit } = engineWorldOf(t);
  const targets = await Promise.all(['a', 'b', 'c'].map((name) => echo(name)));
  const [a, b, c] = targets.map(({ port }) => port) as [number, number, number];
  const port = await serveWeb([target(a, 10), target(b, 20), target(c, 70)]);
  for (let i = 0; i < 100; i++) await visit(port);
  assert.deepEqual(
    targets.map(({ accepted }) => accepted),
    [10, 20, 70],
  );
  assert.deepEqual(
    [a, b, c].map((port) => engine.counts('web', `127.0.0.1:${port}`).requests),
    [10, 20, 70],
  );
});

test('shares of the other targets hold while one weight changes before each connection', async (t) => {
  const { serve, echo, visit } = engineWorldOf(t);
  const targets = await Promise.all(['a', 'b', 'c', 'd'].map((name) => echo(name)));
  const [a, b, c, d] = targets.map(({ port }) => port) as [number, number, number, number];
  const port = await freePort();
  const rest = [target(a, 10), target(b, 20), target(c, 70)];
  let due = 0;
  for (let i = 0; i < 100; i++) {
    const weight = (i * 37) % 101;
    await serve([listenerSnapshot('web', port, [...rest, target(d, weight)])]);
    await visit(port);
    due += weight / (100 + weight);
  }
  const counts = targets.map(({ accepted }) => accepted);
  for (const [index, expected] of [0.1 * (100 - due), 0.2 * (100 - due), 0.7 * (100 - due), due].entries()) {
    assert.ok(Math.abs((counts[index] as number) - expected) <= 3, `${counts} for ${expected}`);
  }
});

test('two listeners each have their own targets and counters', async (t) => {
  const { engine, serve, echo, visit } = engineWorldOf(t);
  const [a, b] = [await echo('a'), await echo('b')];
  const [first, second] = [await freePort(), await freePort()];
  await serve([listenerSnapshot('one', first, [target(a.port)]), listenerSnapshot('two', second, [target(b.port)])]);
  assert.deepEqual([await visit(first), await visit(second)], ['a', 'b']);
  assert.equal(engine.counts('one', `127.0.0.1:${a.port}`).requests, 1);
  assert.equal(engine.counts('one', `127.0.0.1:${b.port}`).requests, 0);
  assert.equal(engine.counts('two', `127.0.0.1:${b.port}`).requests, 1);
});

test('a prepared listener accepts connections and serves them after activation', async (t) => {
  const { engine, snapshot, echo, connect } = engineWorldOf(t);
  const a = await echo('a');
  const port = await freePort();
  const next = snapshot([listenerSnapshot('web', port, [target(a.port)])]);
  assert.deepEqual(await engine.prepare(next), []);
  const client = connect(port);
  client.socket.write('x');
  await untilTrue(() => !client.socket.connecting, 'the connection');
  assert.equal(a.accepted, 0);
  await engine.activate(next, UNCHECKED);
  await untilTrue(() => client.text === 'a\nx', 'the echo');
});

test('abandon closes the listening sockets that prepare opened', async (t) => {
  const { engine, snapshot, serve, echo, listen, connect, visit } = engineWorldOf(t);
  const a = await echo('a');
  const [kept, port] = [await freePort(), await freePort()];
  const web = listenerSnapshot('web', kept, [target(a.port)]);
  await serve([web]);
  assert.deepEqual(await engine.prepare(snapshot([web, listenerSnapshot('new', port, [])])), []);
  const held = connect(port);
  await untilTrue(() => !held.socket.connecting, 'the connection');
  await engine.abandon();
  await untilTrue(() => held.isClosed, 'the reset');
  assert.ok(held.isReset);
  assert.equal(await visit(kept), 'a');
  await listen(net.createServer(), '127.0.0.1', port);
});

test('only the listener whose port another server uses is refused, with the address in the message', async (t) => {
  const { engine, snapshot, serve, echo, listen, visit } = engineWorldOf(t);
  const a = await echo('a');
  const taken = await listen(net.createServer());
  const everywhere = await listen(net.createServer(), '0.0.0.0');
  const free = await freePort();
  const good = listenerSnapshot('good', free, [target(a.port)]);
  const refusals = await engine.prepare(
    snapshot([good, listenerSnapshot('taken', taken, []), listenerSnapshot('overlap', everywhere, [])]),
  );
  assert.deepEqual(
    refusals.map(({ listenerId, code, problem }) => [listenerId, code, problem.path]),
    [
      ['taken', 'PortInUse', 'port'],
      ['overlap', 'PortInUse', 'port'],
    ],
  );
  assert.match(refusals[0]?.problem.message ?? '', new RegExp(`127\\.0\\.0\\.1:${taken} `));
  await serve([good]);
  assert.equal(await visit(free), 'a');
});

test('a listener refused at the start is served once its port is free', async (t) => {
  const { engine, snapshot, echo, listen, visit } = engineWorldOf(t);
  const a = await echo('a');
  const other = net.createServer();
  const taken = await listen(other);
  const next = snapshot([listenerSnapshot('web', taken, [target(a.port)])]);
  assert.equal((await engine.prepare(next)).length, 1);
  await engine.activate(next, UNCHECKED);
  assert.equal((await engine.prepare(next)).length, 1, 'it is named as long as it is not open');
  other.close();
  assert.deepEqual(await engine.prepare(next), []);
  await engine.activate(next, UNCHECKED);
  assert.equal(await visit(taken), 'a');
});

test('a port of another engine, a wildcard over a served port, and a foreign address are refused', async (t) => {
  const { engine, snapshot, serve } = engineWorldOf(t);
  const port = await freePort();
  const web = listenerSnapshot('web', port, []);
  await serve([web]);
  const everywhere = listenerSnapshot('everywhere', port, [], { address: '0.0.0.0' });
  const foreign = listenerSnapshot('foreign', port, [], { address: '203.0.113.7' });
  const codes = (await engine.prepare(snapshot([web, everywhere, foreign]))).map(({ listenerId, code }) => [
    listenerId,
    code,
  ]);
  assert.deepEqual(codes, [
    ['everywhere', 'PortInUse'],
    ['foreign', 'InvalidParameter'],
  ]);
  const second = engineWorldOf(t, { workers: 1 });
  assert.equal((await second.engine.prepare(second.snapshot([web])))[0]?.code, 'PortInUse');
});

test('the served one of two listeners on one endpoint stays', async (t) => {
  const { engine, snapshot, serve } = engineWorldOf(t);
  const port = await freePort();
  const old = listenerSnapshot('old', port, []);
  await serve([old]);
  const refusals = await engine.prepare(snapshot([listenerSnapshot('new', port, []), old]));
  assert.deepEqual(
    refusals.map(({ listenerId, code }) => [listenerId, code]),
    [['new', 'PortInUse']],
  );
});

test('an open listening socket is transferred to another listener', async (t) => {
  const { serve, echo, visit } = engineWorldOf(t);
  const [a, b] = [await echo('a'), await echo('b')];
  const port = await freePort();
  await serve([listenerSnapshot('old', port, [target(a.port)])]);
  assert.equal(await visit(port), 'a');
  await serve([listenerSnapshot('new', port, [target(b.port)])]);
  assert.equal(await visit(port), 'b');
});

test('open connections and their counts follow a transferred listening socket', async (t) => {
  const { engine, serve, echo, connect } = engineWorldOf(t);
  const a = await echo('a');
  const port = await freePort();
  await serve([listenerSnapshot('old', port, [target(a.port)], { drainMs: 60_000 })]);
  const flows = Array.from({ length: 5 }, () => connect(port));
  for (const flow of flows) await flow.name();
  assert.equal(engine.traffic('old')?.openConnections, 5);
  await serve([listenerSnapshot('new', port, [target(a.port)])]);
  assert.equal(engine.traffic('old'), undefined);
  assert.deepEqual([engine.traffic('new')?.connections, engine.traffic('new')?.openConnections], [0, 5]);
  for (const flow of flows) flow.socket.destroy();
  await untilTrue(() => engine.traffic('new')?.openConnections === 0, 'the end of the flows');
});

test('a transfer keeps open flows to targets of both listeners and counts them at the new one; other flows end', async (t) => {
  const { engine, serve, echo, connect } = engineWorldOf(t);
  const [a, b] = [await echo('a'), await echo('b')];
  const port = await freePort();
  await serve([listenerSnapshot('old', port, [target(a.port), target(b.port)])]);
  const flows = [connect(port), connect(port)];
  const names = await Promise.all(flows.map((flow) => flow.name()));
  assert.deepEqual([...names].sort(), ['a', 'b']);
  await serve([listenerSnapshot('new', port, [target(a.port)])]);
  const kept = flows[names.indexOf('a')] as TcpClient;
  const lost = flows[names.indexOf('b')] as TcpClient;
  await untilTrue(() => lost.isClosed, 'the end of the flow with b');
  await untilTrue(() => engine.draining().length === 0, 'the flow with b to be counted no more');
  assert.equal(engine.counts('new', target(a.port).key).activeConnections, 1);
  kept.socket.write('still there');
  await untilTrue(() => kept.text.endsWith('still there'), 'the echo');
  kept.socket.destroy();
  await untilTrue(() => engine.counts('new', target(a.port).key).activeConnections === 0, 'the end of the flow with a');
});

test('two listeners swap their ports in one snapshot', async (t) => {
  const { serve, echo, visit } = engineWorldOf(t);
  const [a, b] = [await echo('a'), await echo('b')];
  const [first, second] = [await freePort(), await freePort()];
  await serve([listenerSnapshot('one', first, [target(a.port)]), listenerSnapshot('two', second, [target(b.port)])]);
  await serve([listenerSnapshot('one', second, [target(a.port)]), listenerSnapshot('two', first, [target(b.port)])]);
  assert.deepEqual([await visit(first), await visit(second)], ['b', 'a']);
});

test('a changed port opens before the old one closes, and flows of the old one continue', async (t) => {
  const { engine, snapshot, serve, echo, listen, connect, visit } = engineWorldOf(t);
  const a = await echo('a');
  const [before, after] = [await freePort(), await freePort()];
  await serve([listenerSnapshot('web', before, [target(a.port)])]);
  const flow = connect(before);
  assert.equal(await flow.name(), 'a');
  const moved = snapshot([listenerSnapshot('web', after, [target(a.port)])]);
  assert.deepEqual(await engine.prepare(moved), []);
  assert.equal(await visit(before), 'a', 'the old one serves while the new one is open already');
  const early = connect(after);
  await untilTrue(() => !early.socket.connecting, 'the new port');
  await engine.activate(moved, UNCHECKED);
  assert.equal(await early.name(), 'a');
  flow.socket.write('still');
  await untilTrue(() => flow.text === 'a\nstill', 'the echo on the old port');
  const late = connect(before);
  await untilTrue(() => late.isClosed, 'the refusal');
  await listen(net.createServer(), '127.0.0.1', before);
});

test('no connection is lost when a listener changes its port under load', async (t) => {
  const { serve, echo, connect } = engineWorldOf(t);
  const a = await echo('a');
  const ports = [await freePort(), await freePort()] as const;
  await serve([listenerSnapshot('web', ports[0], [target(a.port)])]);
  for (let round = 0; round < 5; round++) {
    const [from, to] = round % 2 === 0 ? ports : ([ports[1], ports[0]] as const);
    // All clients are connected, but some may still be in the accept queue when the listening socket closes.
    const clients = Array.from({ length: 50 }, () => connect(from));
    await untilTrue(() => clients.every(({ socket }) => !socket.connecting), 'all connections');
    await serve([listenerSnapshot('web', to, [target(a.port)])]);
    const names = await Promise.all(clients.map((client) => client.name()));
    assert.deepEqual(names, new Array(50).fill('a'));
    for (const { socket } of clients) socket.destroy();
  }
});

test('health decides which targets get new connections; open flows stay', async (t) => {
  const { engine, serve, echo, connect, visit } = engineWorldOf(t);
  const [a, b] = [await echo('a'), await echo('b')];
  const port = await freePort();
  const health = new Map<string, Health>([
    [`127.0.0.1:${a.port}`, 'healthy'],
    [`127.0.0.1:${b.port}`, 'checking'],
  ]);
  const web = listenerSnapshot('web', port, [target(a.port), target(b.port)]);
  await serve([web], (_targetGroupId, key) => health.get(key) ?? 'unchecked');
  const flow = connect(port);
  assert.equal(await flow.name(), 'a');
  assert.deepEqual([await visit(port), await visit(port)], ['a', 'a']);
  engine.setHealth([
    { targetGroupId: 'web', key: `127.0.0.1:${a.port}`, health: 'unhealthy' },
    { targetGroupId: 'web', key: `127.0.0.1:${b.port}`, health: 'healthy' },
    { targetGroupId: 'gone', key: `127.0.0.1:${b.port}`, health: 'healthy' },
  ]);
  // The acknowledgement of an equal snapshot proves that the workers have the health that was sent before it.
  await serve([web]);
  assert.deepEqual([await visit(port), await visit(port), await visit(port)], ['b', 'b', 'b']);
  flow.socket.write('x');
  await untilTrue(() => flow.text === 'a\nx', 'the echo of the unhealthy target');
  await engine.endWorker(0);
  await engine.endWorker(1);
  await serve([web]);
  assert.deepEqual([await visit(port), await visit(port)], ['b', 'b'], 'new workers know the health');
});

test('a client is reset if no target is eligible', async (t) => {
  const { serve, echo, connect } = engineWorldOf(t);
  const a = await echo('a');
  const [none, zero] = [await freePort(), await freePort()];
  await serve([listenerSnapshot('none', none, []), listenerSnapshot('zero', zero, [target(a.port, 0)])]);
  for (const port of [none, zero]) {
    const client = connect(port);
    assert.equal(await client.name(), '');
    assert.ok(client.isReset);
  }
  assert.equal(a.accepted, 0);
});

test('a client whose connect fails gets another target; the failure and the next success are reported', async (t) => {
  const reports: PassiveReport[] = [];
  const { serve, echo, listen, visit } = engineWorldOf(t, { onPassive: (report) => reports.push(report) });
  const b = await echo('b');
  const dead = await freePort();
  const port = await freePort();
  await serve([listenerSnapshot('web', port, [target(dead), target(b.port)])]);
  for (let i = 0; i < 4; i++) assert.equal(await visit(port), 'b');
  await untilTrue(() => reports.length > 0, 'the reports');
  for (const report of reports) {
    assert.deepEqual([report.targetGroupId, report.key, report.ok], ['web', `127.0.0.1:${dead}`, false]);
    assert.match(report.error ?? '', /ECONNREFUSED/);
  }
  const revived = net.createServer((socket) => socket.end('revived\n'));
  await listen(revived, '127.0.0.1', dead);
  for (let i = 0; i < 4; i++) await visit(port);
  await untilTrue(() => reports.some(({ ok }) => ok), 'the success');
  assert.equal(reports.filter(({ ok }) => ok).length, 1);
});

test('status has version, connections and restarts of each worker', async (t) => {
  const { engine, serve, echo, connect } = engineWorldOf(t);
  const a = await echo('a');
  const port = await freePort();
  assert.deepEqual([engine.status().desired, engine.status().acked], [0, 0]);
  for (let version = 1; version <= 7; version++) await serve([listenerSnapshot('web', port, [target(a.port)])]);
  const clients = Array.from({ length: 5 }, () => connect(port));
  await Promise.all(clients.map((client) => client.name()));
  const { name, desired, acked, lastError, workers } = engine.status();
  assert.deepEqual([name, desired, acked, lastError], ['embedded', 7, 7, undefined]);
  assert.deepEqual(
    workers.map(({ id, version, restarts }) => [id, version, restarts]),
    [
      [0, 7, 0],
      [1, 7, 0],
    ],
  );
  assert.equal(
    workers.reduce((sum, { connections }) => sum + connections, 0),
    5,
  );
  assert.equal(engine.counts('web', `127.0.0.1:${a.port}`).activeConnections, 5);
  for (const { socket } of clients) socket.destroy();
  await untilTrue(() => engine.status().workers.every(({ connections }) => connections === 0), 'no connection');
  const counts = engine.counts('web', `127.0.0.1:${a.port}`);
  assert.deepEqual([counts.requests, counts.activeConnections, counts.draining], [5, 0, 0]);
});

test('close accepts no new flows, lets open ones end, and resolves after the last', async (t) => {
  const { engine, serveWeb, echo, connect } = engineWorldOf(t);
  const a = await echo('a');
  const port = await serveWeb([target(a.port)]);
  const flow = connect(port);
  await flow.name();
  const closed = engine.close(60_000);
  assert.equal(engine.close(60_000), closed);
  // Connects are refused once the last worker has closed its socket.
  const probes = [connect(port)];
  await untilTrue(() => {
    const probe = probes.at(-1) as TcpClient;
    if (probe.isRefused) return true;
    if (!probe.socket.connecting) {
      probe.socket.destroy();
      probes.push(connect(port));
    }
    return false;
  }, 'a refusal');
  flow.socket.write('last words');
  await untilTrue(() => flow.text === 'a\nlast words', 'the echo');
  flow.socket.destroy();
  await closed;
});

test('close ends flows that outlast the grace time', async (t) => {
  const { engine, serveWeb, echo, connect } = engineWorldOf(t);
  const a = await echo('a');
  const port = await serveWeb([target(a.port)]);
  const flow = connect(port);
  await flow.name();
  await engine.close(10);
  await untilTrue(() => flow.isClosed || flow.hasEnded, 'the end of the flow');
  await engine.destroy();
});
