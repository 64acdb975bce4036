// What an acknowledgement proves for an unbound target: flows are cut, connects go elsewhere, nothing new reaches it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort, fullPort, listenerSnapshot, target, untilTrue } from '../../../harness/engine/fixtures.ts';
import { engineWorldOf } from '../../../harness/engine/world.ts';

test('unbind resets open flows on both sides, and no later connection reaches the target', async (t) => {
  const { engine, serve, serveWeb, echo, connect, visit } = engineWorldOf(t);
  const [a, b] = [await echo('a'), await echo('b')];
  const port = await serveWeb([target(a.port), target(b.port)]);
  const clients = Array.from({ length: 10 }, () => connect(port));
  const names = await Promise.all(clients.map((client) => client.name()));
  const resets: unknown[] = [];
  for (const socket of a.sockets) socket.on('error', (error: NodeJS.ErrnoException) => resets.push(error.code));
  await serve([listenerSnapshot('web', port, [target(b.port)])]);
  const counts = engine.counts('web', `127.0.0.1:${a.port}`);
  assert.equal(counts.activeConnections, 0);
  const accepted = a.accepted;
  for (let i = 0; i < 10; i++) assert.equal(await visit(port), 'b');
  assert.equal(a.accepted, accepted);
  await untilTrue(
    () => clients.every((client, index) => names[index] === 'b' || client.isReset),
    'the resets of clients',
  );
  await untilTrue(() => resets.length === names.filter((name) => name === 'a').length, 'the resets of the target');
  assert.deepEqual(new Set(resets), new Set(['ECONNRESET']));
  for (const [index, client] of clients.entries()) {
    if (names[index] === 'a') continue;
    client.socket.write('x');
    await untilTrue(() => client.text === 'b\nx', 'the echo of a flow that stays');
  }
  await untilTrue(() => engine.draining().length === 0, 'nothing draining');
});

test('unbinding the only target resets its flows and new clients', async (t) => {
  const { serve, serveWeb, echo, connect, visit } = engineWorldOf(t);
  const a = await echo('a');
  const port = await serveWeb([target(a.port)]);
  const flow = connect(port);
  await flow.name();
  await serve([listenerSnapshot('web', port, [])]);
  await untilTrue(() => flow.isReset, 'the reset');
  assert.equal(await visit(port), '');
  assert.equal(a.accepted, 1);
});

test('flows of an unbound target continue for drainMs, and status counts them', async (t) => {
  const { engine, serve, serveWeb, echo, connect, visit } = engineWorldOf(t);
  const [a, b] = [await echo('a'), await echo('b')];
  const drainMs = 2_000;
  const port = await serveWeb([target(a.port)], { drainMs });
  const flow = connect(port);
  await flow.name();
  await serve([listenerSnapshot('web', port, [target(b.port)], { drainMs })]);
  const key = `127.0.0.1:${a.port}`;
  assert.deepEqual(engine.draining(), [{ listenerId: 'web', ruleId: undefined, target: target(a.port), count: 1 }]);
  const { requests, activeConnections, draining } = engine.counts('web', key);
  assert.deepEqual([requests, activeConnections, draining], [0, 0, 1]);
  assert.equal(await visit(port), 'b');
  flow.socket.write('x');
  await untilTrue(() => flow.text === 'a\nx', 'the echo');
  await serve([listenerSnapshot('web', port, [target(a.port), target(b.port)], { drainMs })]);
  assert.deepEqual(engine.draining(), [], 'bound again, it is not gone');
  assert.equal(engine.counts('web', key).draining, 1);
  await untilTrue(() => flow.isReset, 'the reset');
  await untilTrue(() => engine.counts('web', key).draining === 0, 'the count');
});

test('a flow that ends while it drains does not count any more', async (t) => {
  const { engine, serve, serveWeb, echo, connect } = engineWorldOf(t);
  const a = await echo('a');
  const port = await serveWeb([target(a.port)], { drainMs: 3_600_000 });
  const flow = connect(port);
  await flow.name();
  await serve([listenerSnapshot('web', port, [], { drainMs: 3_600_000 })]);
  assert.equal(engine.draining().length, 1);
  flow.socket.destroy();
  await untilTrue(() => engine.draining().length === 0, 'the end of the flow');
});

test('a removed listener refuses new connections and resets its flows', async (t) => {
  const { serve, echo, connect } = engineWorldOf(t);
  const a = await echo('a');
  const [port, other] = [await freePort(), await freePort()];
  const stays = listenerSnapshot('stays', other, [target(a.port)]);
  await serve([listenerSnapshot('goes', port, [target(a.port)]), stays]);
  const [flow, untouched] = [connect(port), connect(other)];
  await Promise.all([flow.name(), untouched.name()]);
  await serve([stays]);
  await untilTrue(() => flow.isReset, 'the reset');
  const late = connect(port);
  await untilTrue(() => late.isClosed, 'the refusal');
  assert.ok(!late.isReset);
  untouched.socket.write('x');
  await untilTrue(() => untouched.text === 'a\nx', 'the echo on the other listener');
});

test('a changed weight cuts no flow', async (t) => {
  const { serve, serveWeb, echo, connect } = engineWorldOf(t);
  const a = await echo('a');
  const port = await serveWeb([target(a.port, 100)]);
  const flow = connect(port);
  await flow.name();
  await serve([listenerSnapshot('web', port, [target(a.port, 0)])]);
  flow.socket.write('x');
  await untilTrue(() => flow.text === 'a\nx', 'the echo');
});

test('clients whose connect hangs get another target when theirs is unbound', async (t) => {
  const { engine, serve, serveWeb, echo, connect } = engineWorldOf(t);
  const [hanging, b] = [await fullPort(t), await echo('b')];
  const port = await serveWeb([target(hanging)]);
  const clients = Array.from({ length: 6 }, () => connect(port));
  for (const client of clients) client.socket.write('sent early');
  const connections = () => engine.status().workers.reduce((sum, worker) => sum + worker.connections, 0);
  await untilTrue(() => connections() === clients.length, 'all clients in a worker');
  await serve([listenerSnapshot('web', port, [target(b.port)])]);
  for (const client of clients) await untilTrue(() => client.text === 'b\nsent early', 'the echo of the other target');
  assert.equal(b.accepted, clients.length);
});
