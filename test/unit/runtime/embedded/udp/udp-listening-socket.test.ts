// UDP listening sockets through a real engine: prepared, abandoned, moved, transferred, and beside TCP.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { ListeningSocketContext } from '../../../../../provider/runtime/embedded/serving/tcp-listening-socket.ts';
import { UdpListeningSocket } from '../../../../../provider/runtime/embedded/udp/udp-listening-socket.ts';
import { UdpBackend, UdpClient } from '../../../../harness/backends/udp.ts';
import { freePort, listenerSnapshot, target, UNCHECKED, untilTrue } from '../../../../harness/engine/fixtures.ts';
import { engineWorldOf } from '../../../../harness/engine/world.ts';

const UDP = { protocol: 'UDP' } as const;

/** Binds a UDP port; fails if it is taken. */
async function bindOnce(port: number): Promise<void> {
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  await once(socket, 'listening');
  socket.close();
  await once(socket, 'close');
}

test('a prepared listener has its port and serves after activation, and abandon frees the port', async (t) => {
  const { engine, snapshot } = engineWorldOf(t);
  const a = await UdpBackend.start(t, 'a');
  const port = await freePort();
  const next = snapshot([listenerSnapshot('dns', port, [target(a.port)], UDP)]);
  assert.deepEqual(await engine.prepare(next), []);
  await assert.rejects(bindOnce(port), /EADDRINUSE/);
  await engine.abandon();
  await bindOnce(port);
  assert.deepEqual(await engine.prepare(next), []);
  await engine.activate(next, UNCHECKED);
  assert.equal(await (await UdpClient.open(t, port)).ask('x'), 'a x');
});

test('a port that another socket has is refused with its address, and a TCP port of the same number is independent', async (t) => {
  const { engine, snapshot, serve, echo, visit } = engineWorldOf(t);
  const other = await UdpBackend.start(t, 'other', '127.0.0.1', await freePort());
  const [refusal, ...rest] = await engine.prepare(snapshot([listenerSnapshot('dns', other.port, [], UDP)]));
  assert.deepEqual([refusal?.listenerId, refusal?.code, rest], ['dns', 'PortInUse', []]);
  assert.match(refusal?.problem.message ?? '', new RegExp(`udp 127\\.0\\.0\\.1:${other.port} `));
  const a = await echo('a');
  await serve([listenerSnapshot('web', other.port, [target(a.port)])]);
  assert.equal(await visit(other.port), 'a');
});

test('a socket that cannot be bound is closed', async () => {
  const endpoint = { transport: 'udp', address: '192.0.2.1', port: 5353 } as const;
  const sockets = () => readdirSync('/proc/self/fd').length;
  const context = { acceptors: {}, rejecters: {}, isPortShared: false } as unknown as ListeningSocketContext;
  const before = sockets();
  for (let tries = 0; tries < 10; tries++) {
    await assert.rejects(UdpListeningSocket.open(endpoint, context), { code: 'EADDRNOTAVAIL' });
  }
  await untilTrue(() => sockets() <= before, 'no socket left open');
});

test('a listener can change from TCP to UDP and back on one port, and an open TCP flow continues', async (t) => {
  const { engine, serve, serveWeb, echo, connect, visit } = engineWorldOf(t);
  const tcp = await echo('tcp', await freePort());
  const udp = await UdpBackend.start(t, 'udp', '127.0.0.1', tcp.port);
  const port = await serveWeb([target(tcp.port)]);
  const flow = connect(port);
  assert.equal(await flow.name(), 'tcp');
  // All clients are connected, but some may still be in the accept queue.
  const visits = Array.from({ length: 30 }, () => visit(port));
  await serve([listenerSnapshot('web', port, [target(udp.port)], UDP)]);
  for (const name of await Promise.all(visits)) assert.ok(name === 'tcp' || name === '', name);
  const client = await UdpClient.open(t, port);
  assert.equal(await client.ask('x'), 'udp x');
  assert.equal(await visit(port), '', 'TCP is refused');
  flow.socket.write('still');
  await untilTrue(() => flow.text === 'tcp\nstill', 'the echo of a flow that outlived its socket');
  flow.socket.destroy();
  await serve([listenerSnapshot('web', port, [target(tcp.port)])]);
  assert.equal(await visit(port), 'tcp');
  await bindOnce(port);
  assert.deepEqual(engine.status().lastError, undefined);
  await untilTrue(() => engine.status().workers.every(({ connections }) => connections === 0), 'no connection');
});

test('a socket transferred to another listener keeps its clients, which get the targets of that listener', async (t) => {
  const { engine, serve } = engineWorldOf(t);
  const [a, b] = [await UdpBackend.start(t, 'a'), await UdpBackend.start(t, 'b')];
  const [port, other] = [await freePort(), await freePort()];
  const one = (at: number) => listenerSnapshot('one', at, [target(a.port)], UDP);
  const two = (at: number) => listenerSnapshot('two', at, [target(b.port)], UDP);
  await serve([one(port), two(other)]);
  const client = await UdpClient.open(t, port);
  assert.equal(await client.ask('1'), 'a 1');
  await serve([one(other), two(port)]);
  assert.equal(await client.ask('2'), 'b 2');
  assert.deepEqual([engine.traffic('one')?.openConnections, engine.traffic('two')?.openConnections], [0, 1]);
  assert.deepEqual([engine.traffic('two')?.connections, engine.counts('two', `127.0.0.1:${b.port}`).requests], [0, 1]);
});

test('no datagram is lost when the port changes, because the old socket passes on its queue', async (t) => {
  const { serve } = engineWorldOf(t);
  const a = await UdpBackend.start(t, 'a');
  const ports = [await freePort(), await freePort()] as const;
  await serve([listenerSnapshot('dns', ports[0], [target(a.port)], UDP)]);
  let sent = 0;
  for (let round = 0; round < 5; round++) {
    const [from, to] = round % 2 === 0 ? ports : ([ports[1], ports[0]] as const);
    const clients = await Promise.all(Array.from({ length: 20 }, () => UdpClient.open(t, from)));
    await Promise.all(clients.map((client) => client.send(`${sent++}`)));
    await serve([listenerSnapshot('dns', to, [target(a.port)], UDP)]);
    await untilTrue(() => a.datagrams.length === sent, 'every datagram');
    await bindOnce(from);
  }
});

test('the least recently used sessions end if no more sockets can be opened', async (t) => {
  const a = await UdpBackend.start(t, 'a');
  const port = await freePort();
  const server = limitedProcess(t, port, a.port);
  await once(server, 'message');
  const lines: string[] = [];
  server.on('message', (line: string) => lines.push(line));
  const crowd = await Promise.all(Array.from({ length: 100 }, () => UdpClient.open(t, port)));
  for (const [index, client] of crowd.entries()) assert.equal(await client.ask(`${index}`), `a ${index}`);
  const [first, last] = [crowd[0] as UdpClient, crowd.at(-1) as UdpClient];
  assert.equal(await last.ask('kept'), 'a kept');
  assert.equal(await first.ask('new'), 'a new');
  const ports = a.datagrams.map((datagram) => datagram.port);
  assert.equal(ports.at(-2), ports.at(-3), 'the session that was used last keeps its socket');
  assert.notEqual(ports.at(-1), ports[0], 'a session that ended is made anew');
  assert.deepEqual(lines, []);
});

/** A listening socket in a process that may open 60 files. It reports when it serves, and each log line. */
function limitedProcess(t: TestContext, port: number, targetPort: number): ChildProcess {
  const script = new URL('../../../../harness/engine/limited-process.ts', import.meta.url).pathname;
  const command = `ulimit -n 60; exec "$0" "$@"`;
  const child = spawn('bash', ['-c', command, process.execPath, script, `${port}`, `${targetPort}`], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}
