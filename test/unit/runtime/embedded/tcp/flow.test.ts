// TCP flows through a real engine: bytes, half-close, resets, back-pressure and idle time between client and target.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as net from 'node:net';
import { test } from 'node:test';
import {
  Client,
  echoTarget,
  engineOf,
  freePort,
  listen,
  listener,
  serve,
  serveWeb,
  snapshot,
  target,
  until,
} from '../fixtures.ts';

test('32 MB come back byte for byte through a client that pauses', async (t) => {
  const a = await echoTarget(t, 'a');
  const { engine, port } = await serveWeb(t, [target(a.port)], { workers: 1 });
  const client = new Client(t, port);
  await client.name();
  const payload = randomBytes(32_000_000);
  client.socket.pause();
  client.socket.end(payload);
  // The target's echo has filled every buffer on the way when the target itself is stopped.
  await until(() => [...a.sockets].some(({ writableNeedDrain }) => writableNeedDrain), 'back-pressure at the target');
  client.socket.resume();
  await until(() => client.hasEnded, 'the end');
  assert.ok(client.received.subarray(2).equals(payload));
  await until(() => client.isClosed && a.sockets.size === 0, 'both ends closed');
  const { key } = target(a.port);
  await until(() => engine.counts('web', key).activeConnections === 0, 'the worker to have counted it');
});

test('a FIN of either side is carried, and the other direction stays open', async (t) => {
  const sockets: net.Socket[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => sockets.push(socket));
  const targetPort = await listen(t, server);
  const { port } = await serveWeb(t, [target(targetPort)], { workers: 1 });

  const first = new Client(t, port);
  first.socket.end('question');
  await until(() => sockets.length === 1, 'the first flow');
  let question = '';
  let hasEnded = false;
  sockets[0]?.on('data', (chunk) => {
    question += chunk;
  });
  sockets[0]?.on('end', () => {
    hasEnded = true;
  });
  await until(() => hasEnded, "the client's FIN");
  assert.equal(question, 'question');
  sockets[0]?.end('answer');
  await until(() => first.isClosed, 'the end');
  assert.equal(first.text, 'answer');

  const second = new Client(t, port);
  await until(() => sockets.length === 2, 'the second flow');
  sockets[1]?.end('greeting');
  await until(() => second.hasEnded, "the target's FIN");
  let late = '';
  sockets[1]?.on('data', (chunk) => {
    late += chunk;
  });
  second.socket.end('late');
  await until(() => late === 'late' && second.isClosed, 'the bytes after the FIN');
});

test('a reset of either side is carried as a reset', async (t) => {
  const a = await echoTarget(t, 'a');
  const { port } = await serveWeb(t, [target(a.port)], { workers: 1 });

  const byTarget = new Client(t, port);
  await byTarget.name();
  for (const socket of a.sockets) socket.resetAndDestroy();
  await until(() => byTarget.isReset, "the target's reset at the client");

  const byClient = new Client(t, port);
  await byClient.name();
  let code: string | undefined;
  for (const socket of a.sockets) {
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code;
    });
  }
  byClient.socket.resetAndDestroy();
  await until(() => code === 'ECONNRESET', "the client's reset at the target");
});

test('a flow without bytes is closed after the idle time; one with bytes in either direction is not', async (t) => {
  const a = await echoTarget(t, 'a');
  const [short, long] = [await freePort(), await freePort()];
  await serve(
    engineOf(t, 1),
    snapshot(1, [
      listener('short', short, [target(a.port)], { idleTimeoutMs: 1_000 }),
      listener('long', long, [target(a.port)], { idleTimeoutMs: 60_000 }),
    ]),
  );
  const [idle, busy, other] = [new Client(t, short), new Client(t, short), new Client(t, long)];
  const beat = setInterval(() => busy.socket.write('.'), 20);
  t.after(() => clearInterval(beat));
  await until(() => idle.hasEnded || idle.isClosed, 'the end of the idle flow');
  assert.ok(!busy.hasEnded && !busy.isClosed);
  assert.ok(!other.hasEnded && !other.isClosed);
});

test('bytes sent before the target is connected arrive', async (t) => {
  const a = await echoTarget(t, 'a');
  const { port } = await serveWeb(t, [target(a.port)], { workers: 1 });
  const client = new Client(t, port);
  client.socket.end('early');
  await until(() => client.isClosed, 'the end');
  assert.equal(client.text, 'a\nearly');
});

test('after three targets that refuse, the client is reset', async (t) => {
  const dead = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const port = await freePort();
  const failed: string[] = [];
  const engine = engineOf(t, 1, ({ key }) => failed.push(key));
  await serve(
    engine,
    snapshot(1, [
      listener(
        'web',
        port,
        dead.map((port) => target(port)),
      ),
    ]),
  );
  const client = new Client(t, port);
  await until(() => client.isClosed, 'the reset');
  assert.ok(client.isReset);
  await until(() => failed.length === 3, 'three reports');
  assert.equal(new Set(failed).size, 3);
});
