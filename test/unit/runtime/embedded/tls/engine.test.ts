// HTTPS through the engine: shared and renewed ticket keys, kept connections to targets, and refused certificates.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import * as tls from 'node:tls';
import type { ListenerSnapshot } from '../../../../../provider/runtime/contract/snapshot.ts';
import { EmbeddedEngine } from '../../../../../provider/runtime/embedded/engine.ts';
import {
  freePort,
  listenerSnapshot,
  listenOn,
  serve,
  snapshot,
  target,
  untilTrue,
} from '../../../../harness/engine/fixtures.ts';
import { makePair } from '../../../../harness/machine/certificates.ts';

const PAIR = makePair(['a.example']);

function httpsListener(port: number, targetPort: number, pair = PAIR, id = 'web'): ListenerSnapshot {
  const certificates = [{ name: 'main', ...pair, serverNames: undefined }];
  return listenerSnapshot(id, port, [target(targetPort)], { protocol: 'HTTPS', certificates });
}

function engineWith(t: TestContext, ticketKeyMs?: number): EmbeddedEngine {
  const engine = new EmbeddedEngine({
    workers: 2,
    log: () => {},
    ...(ticketKeyMs === undefined ? {} : { ticketKeyMs }),
  });
  t.after(() => engine.destroy());
  return engine;
}

interface Target {
  readonly port: number;
  readonly connections: () => number;
}

async function httpTarget(t: TestContext): Promise<Target> {
  const server = createServer((_request, response) => response.end('a'));
  let connections = 0;
  server.on('connection', () => connections++);
  const port = await listenOn(t, server);
  t.after(() => server.closeAllConnections());
  return { port, connections: () => connections };
}

/** A client that only connects and sends nothing. */
function silent(t: TestContext, port: number): net.Socket {
  const client = net.connect(port, '127.0.0.1').on('error', () => {});
  t.after(() => client.destroy());
  return client.resume();
}

async function connect(t: TestContext, port: number, session?: Buffer): Promise<tls.TLSSocket> {
  const client = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, session });
  client.on('error', () => {});
  t.after(() => client.destroy());
  await once(client, 'secureConnect');
  return client;
}

async function ask(client: tls.TLSSocket): Promise<void> {
  client.write('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
  let text = '';
  while (!text.endsWith('\r\n\r\na')) {
    text += String((await once(client, 'data'))[0]);
    assert.match(text, /^HTTP\/1\.1 200 /);
  }
}

/** A session that can be resumed. In TLS 1.3 it arrives after the handshake. */
async function sessionOf(t: TestContext, port: number): Promise<Buffer> {
  const client = await connect(t, port);
  const told = once(client, 'session');
  await ask(client);
  const [session] = await told;
  client.destroy();
  return session;
}

test('renewed ticket keys count in every worker: an old session cannot be resumed, and a new one can', async (t) => {
  const [port, backend] = [await freePort(), await httpTarget(t)];
  const engine = engineWith(t, 1_500);
  await serve(engine, snapshot(1, [httpsListener(port, backend.port)]));
  const isReused = async (session: Buffer) => {
    const client = await connect(t, port, session);
    const result = client.isSessionReused();
    client.destroy();
    return result;
  };
  const old = await sessionOf(t, port);
  // Several connections are tried, because each connection may be accepted by either worker.
  let refused = 0;
  for (let i = 0; i < 10_000 && refused < 10; i++) refused = (await isReused(old)) ? 0 : refused + 1;
  assert.equal(refused, 10);
  // The keys may be renewed again between the creation of a session and its use, so the test tries several sessions.
  let isResumed = false;
  for (let i = 0; i < 100 && !isResumed; i++) isResumed = await isReused(await sessionOf(t, port));
  assert.ok(isResumed);
});

test('requests of a kept TLS connection share one connection to the target', async (t) => {
  const [port, backend] = [await freePort(), await httpTarget(t)];
  await serve(engineWith(t), snapshot(1, [httpsListener(port, backend.port)]));
  const client = await connect(t, port);
  for (let i = 0; i < 20; i++) await ask(client);
  assert.equal(backend.connections(), 1);
});

test('prepare refuses a certificate that OpenSSL refuses, names its path, and keeps serving', async (t) => {
  const [port, backend] = [await freePort(), await httpTarget(t)];
  const engine = engineWith(t);
  await serve(engine, snapshot(1, [httpsListener(port, backend.port)]));
  const weak = makePair(['weak.example'], { key: 'rsa:1024' });
  const [refusal, ...rest] = await engine.prepare(snapshot(2, [httpsListener(port, backend.port, weak)]));
  assert.deepEqual(rest, []);
  assert.deepEqual([refusal?.listenerId, refusal?.code], ['web', 'InvalidParameter']);
  assert.equal(refusal?.problem.path, 'certificates.main.certificate');
  assert.doesNotMatch(refusal?.problem.message ?? '', /BEGIN|PRIVATE/);
  await engine.abandon();
  await ask(await connect(t, port));
});

test('a stored certificate that OpenSSL refuses keeps only its own listener closed', async (t) => {
  const [port, other, backend] = [await freePort(), await freePort(), await httpTarget(t)];
  const engine = engineWith(t);
  const weak = makePair(['weak.example'], { key: 'rsa:1024' });
  const good = httpsListener(other, backend.port, PAIR, 'good');
  const next = snapshot(1, [httpsListener(port, backend.port, weak), good]);
  assert.equal((await engine.prepare(next)).length, 1);
  await engine.activate(next, () => 'unchecked');
  await ask(await connect(t, other));
  await assert.rejects(connect(t, port), { code: 'ECONNREFUSED' });
  await serve(engine, snapshot(2, [httpsListener(port, backend.port), good]));
  await ask(await connect(t, port));
});

test('closing ends connections during their handshake', async (t) => {
  const [port, backend] = [await freePort(), await httpTarget(t)];
  const engine = engineWith(t);
  await serve(engine, snapshot(1, [httpsListener(port, backend.port)]));
  const client = silent(t, port);
  client.write(Buffer.from([0x16, 3, 1]));
  await untilTrue(() => (engine.traffic('web')?.openConnections ?? 0) === 1, 'the connection');
  await Promise.all([once(client, 'close'), engine.close(60_000)]);
});

test('failed handshakes of accepted and of rejected clients are counted, and successful ones are not', async (t) => {
  const [port, backend] = [await freePort(), await httpTarget(t)];
  const engine = engineWith(t);
  await serve(engine, snapshot(1, [{ ...httpsListener(port, backend.port), maxConnections: 1 }]));
  const client = await connect(t, port);
  await ask(client);
  silent(t, port).write('GET / HTTP/1.1\r\n\r\n');
  await untilTrue(() => engine.traffic('web')?.handshakeFailures === 1, 'the one that was turned away');
  client.destroy();
  await untilTrue(() => engine.traffic('web')?.openConnections === 0, 'room');
  silent(t, port).write('GET / HTTP/1.1\r\n\r\n');
  await untilTrue(() => engine.traffic('web')?.handshakeFailures === 2, 'the one that was let in');
});

test('a client above the limit gets 503 over TLS and does not count as a connection', async (t) => {
  const [port, backend] = [await freePort(), await httpTarget(t)];
  const engine = engineWith(t);
  await serve(engine, snapshot(1, [{ ...httpsListener(port, backend.port), maxConnections: 1 }]));
  await ask(await connect(t, port));
  for (let i = 0; i < 2; i++) {
    const client = await connect(t, port);
    let text = '';
    client.on('data', (data) => {
      text += String(data);
    });
    client.write('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
    await once(client, 'close');
    assert.match(text, /^HTTP\/1\.1 503 .*\r\nConnection: close\r\n.*: too many connections\n$/s);
  }
  const { connections, openConnections, rejectedConnections, handshakeFailures } = engine.traffic('web') ?? {};
  assert.deepEqual([connections, openConnections, rejectedConnections, handshakeFailures], [1, 1, 2, 0]);
});

test('1024 clients above the limit may delay their handshakes for a bounded time, and the next one is reset', async (t) => {
  const [port, backend] = [await freePort(), await httpTarget(t)];
  const engine = new EmbeddedEngine({ workers: 1, log: () => {} });
  t.after(() => engine.destroy());
  await serve(engine, snapshot(1, [{ ...httpsListener(port, backend.port), maxConnections: 1 }]));
  await ask(await connect(t, port));
  const waiting = Array.from({ length: 1024 }, () => silent(t, port));
  await untilTrue(() => engine.traffic('web')?.rejectedConnections === 1024, 'all of them');
  const ends = waiting.map((client) => once(client, 'close'));
  assert.ok(waiting.every((client) => !client.destroyed));
  const [error] = await once(net.connect(port, '127.0.0.1').resume(), 'error');
  assert.equal(error.code, 'ECONNRESET');
  await Promise.all(ends);
  // A client may see the end of its connection before the worker has counted the failed handshake.
  await untilTrue(() => engine.traffic('web')?.handshakeFailures === 1024, 'each is counted');
  await untilTrue(() => engine.traffic('web')?.openConnections === 1, 'the one that is let in');
  const client = await connect(t, port);
  assert.match(String((await once(client, 'data'))[0]), /^HTTP\/1\.1 503 /);
});
