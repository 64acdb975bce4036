// TCP flows through a real engine: bytes, half-close, resets, back-pressure and idle time between client and target.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as net from 'node:net';
import { test } from 'node:test';
import { freePort, listenerSnapshot, target, untilTrue } from '../../../../harness/engine/fixtures.ts';
import { engineWorldOf } from '../../../../harness/engine/world.ts';

test('more bytes than all buffers hold come back byte for byte through a client that pauses', async (t) => {
  const { engine, serveWeb, echo, connect } = engineWorldOf(t, { workers: 1 });
  const a = await echo('a');
  const port = await serveWeb([target(a.port)]);
  const client = connect(port);
  await client.name();
  const payload = randomBytes(maxBuffered() + 8_000_000);
  client.socket.pause();
  client.socket.end(payload);
  // The target's echo has filled every buffer on the way when the target itself is stopped.
  await untilTrue(
    () => [...a.sockets].some(({ writableNeedDrain }) => writableNeedDrain),
    'back-pressure at the target',
  );
  client.socket.resume();
  await untilTrue(() => client.hasEnded, 'the end');
  assert.ok(client.received.subarray(2).equals(payload));
  await untilTrue(() => client.isClosed && a.sockets.size === 0, 'both ends closed');
  const { key } = target(a.port);
  await untilTrue(() => engine.counts('web', key).activeConnections === 0, 'the worker to have counted it');
});

test('a FIN of either side is passed on, and the other direction stays open', async (t) => {
  const { serveWeb, listen, connect } = engineWorldOf(t, { workers: 1 });
  const sockets: net.Socket[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => sockets.push(socket));
  const targetPort = await listen(server);
  const port = await serveWeb([target(targetPort)]);

  const first = connect(port);
  first.socket.end('question');
  await untilTrue(() => sockets.length === 1, 'the first flow');
  let question = '';
  let hasEnded = false;
  sockets[0]?.on('data', (chunk) => {
    question += chunk;
  });
  sockets[0]?.on('end', () => {
    hasEnded = true;
  });
  await untilTrue(() => hasEnded, "the client's FIN");
  assert.equal(question, 'question');
  sockets[0]?.end('respond');
  await untilTrue(() => first.isClosed, 'the end');
  assert.equal(first.text, 'respond');

  const second = connect(port);
  await untilTrue(() => sockets.length === 2, 'the second flow');
  sockets[1]?.end('greeting');
  await untilTrue(() => second.hasEnded, "the target's FIN");
  let late = '';
  sockets[1]?.on('data', (chunk) => {
    late += chunk;
  });
  second.socket.end('late');
  await untilTrue(() => late === 'late' && second.isClosed, 'the bytes after the FIN');
});

test('a reset of either side is passed on as a reset', async (t) => {
  const { serveWeb, echo, connect } = engineWorldOf(t, { workers: 1 });
  const a = await echo('a');
  const port = await serveWeb([target(a.port)]);

  const byTarget = connect(port);
  await byTarget.name();
  for (const socket of a.sockets) socket.resetAndDestroy();
  await untilTrue(() => byTarget.isReset, "the target's reset at the client");

  const byClient = connect(port);
  await byClient.name();
  let code: string | undefined;
  for (const socket of a.sockets) {
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code;
    });
  }
  byClient.socket.resetAndDestroy();
  await untilTrue(() => code === 'ECONNRESET', "the client's reset at the target");
});

test('a flow is closed after the idle timeout unless bytes come in either direction', async (t) => {
  const { serve, echo, connect } = engineWorldOf(t, { workers: 1 });
  const a = await echo('a');
  const [short, long] = [await freePort(), await freePort()];
  await serve([
    listenerSnapshot('short', short, [target(a.port)], { idleTimeoutMs: 1_000 }),
    listenerSnapshot('long', long, [target(a.port)], { idleTimeoutMs: 60_000 }),
  ]);
  const [idle, busy, other] = [connect(short), connect(short), connect(long)];
  const beat = setInterval(() => busy.socket.write('.'), 20);
  t.after(() => clearInterval(beat));
  await untilTrue(() => idle.hasEnded || idle.isClosed, 'the end of the idle flow');
  assert.ok(!busy.hasEnded && !busy.isClosed);
  assert.ok(!other.hasEnded && !other.isClosed);
});

test('bytes sent before the target is connected arrive', async (t) => {
  const { serveWeb, echo, connect } = engineWorldOf(t, { workers: 1 });
  const a = await echo('a');
  const port = await serveWeb([target(a.port)]);
  const client = connect(port);
  client.socket.end('early');
  await untilTrue(() => client.isClosed, 'the end');
  assert.equal(client.text, 'a\nearly');
});

test('the client is reset after three targets refused', async (t) => {
  const failed: string[] = [];
  const { serve, connect } = engineWorldOf(t, { workers: 1, onPassive: ({ key }) => failed.push(key) });
  const dead = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const port = await freePort();
  const targets = dead.map((port) => target(port));
  await serve([listenerSnapshot('web', port, targets)]);
  const client = connect(port);
  await untilTrue(() => client.isClosed, 'the reset');
  assert.ok(client.isReset);
  await untilTrue(() => failed.length === 3, 'three reports');
  assert.equal(new Set(failed).size, 3);
});

/** The bytes that the kernel buffers at most on the way from the target through the runtime to the client. */
function maxBuffered(): number {
  const [received, sent] = ['tcp_rmem', 'tcp_wmem'].map((name) => {
    return Number(readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').trim().split(/\s+/).at(-1));
  });
  return 2 * (Number(received) + Number(sent));
}
