// TCP at the edges: the PROXY header before the client's bytes, and connections above the limit.
import assert from 'node:assert/strict';
import * as net from 'node:net';
import { test } from 'node:test';
import { readProxyHeader } from '../../../../harness/backends/proxy-protocol.ts';
import { freePort, listenerSnapshot, target, untilTrue } from '../../../../harness/engine/fixtures.ts';
import { engineWorldOf } from '../../../../harness/engine/world.ts';

for (const proxyProtocol of ['v1', 'v2'] as const) {
  test(`${proxyProtocol}: the header precedes the client's bytes, even if the server speaks first`, async (t) => {
    const { serveWeb, listen, connect } = engineWorldOf(t, { workers: 1 });
    const received: string[] = [];
    const server = net.createServer((socket) => {
      const index = received.push('') - 1;
      // The end of the test resets the connection, which may come before the server's own end.
      socket.on('error', () => {});
      socket.setEncoding('latin1').on('data', (text) => {
        received[index] = `${received[index]}${text}`;
        if (readProxyHeader(received[index] as string)) socket.write('welcome\n');
      });
    });
    const targetPort = await listen(server);
    const port = await serveWeb([target(targetPort)], { proxyProtocol });
    const silent = connect(port);
    assert.equal(await silent.name(), 'welcome');
    const client = connect(port);
    client.socket.write('hello');
    await untilTrue(() => received[1]?.endsWith('hello') === true, 'the bytes');
    const header = readProxyHeader(received[1] as string);
    assert.equal(header?.version, proxyProtocol);
    assert.equal(header?.source, `127.0.0.1 ${client.socket.localPort}`);
    assert.equal(header?.destination, `127.0.0.1 ${port}`);
    assert.equal(received[1]?.slice(header?.length), 'hello');
  });
}

test('connections above the limit over all workers are reset until others end', async (t) => {
  const { engine, serve, echo, connect } = engineWorldOf(t);
  const a = await echo('a');
  const port = await freePort();
  await serve([listenerSnapshot('web', port, [target(a.port)], { maxConnections: 10 })]);
  const clients = Array.from({ length: 30 }, () => connect(port));
  const names = await Promise.all(clients.map((client) => client.name()));
  const served = clients.filter((_, index) => names[index] === 'a');
  assert.equal(served.length, 10);
  const refused = clients.filter((_, index) => names[index] !== 'a');
  assert.ok(refused.every(({ isReset }) => isReset));
  assert.equal(engine.traffic('web')?.rejectedConnections, 20);

  for (const { socket } of served.slice(0, 3)) socket.destroy();
  await untilTrue(() => engine.traffic('web')?.openConnections === 7, 'the end of three');
  const next = await Promise.all(Array.from({ length: 10 }, () => connect(port).name()));
  assert.equal(next.filter((name) => name === 'a').length, 3);
});

test('the places of an ended worker are free for other workers', async (t) => {
  const { engine, serveWeb, echo, connect } = engineWorldOf(t, { workers: 1 });
  const a = await echo('a');
  const port = await serveWeb([target(a.port)], { maxConnections: 2 });
  const clients = [connect(port), connect(port)];
  for (const client of clients) assert.equal(await client.name(), 'a');
  await engine.endWorker(0);
  await untilTrue(() => clients.every(({ hasEnded, isClosed }) => hasEnded || isClosed), 'the end of both');
  for (let count = 0; count < 2; count++) assert.equal(await connect(port).name(), 'a');
  assert.equal(await connect(port).name(), '');
});
