// The closing of connections to targets: by Weir, which must keep no port, and by targets, at any time.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { untilTrue } from '../../../../../harness/engine/fixtures.ts';
import { get, ok, ScriptedBackend } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';
import { keptPorts, unusedPort } from '../../../../../harness/machine/kept-ports.ts';
import { Chance, SEED } from '../../../../../harness/properties/seed.ts';

/** More than the pool keeps idle for one target. */
const SURPLUS = 300;

interface Sent {
  readonly method: string;
  readonly headers?: Record<string, string | number>;
  readonly body?: string;
}

/** Sends a request over a connection of its own; one with `transfer-encoding` sends its body as chunks. */
async function send(port: number, { method, headers = {}, body = '' }: Sent): Promise<number | undefined> {
  const sized = 'transfer-encoding' in headers ? headers : { 'content-length': body.length, ...headers };
  const sent = request({ port, host: '127.0.0.1', method, headers: sized, agent: false });
  sent.end(body);
  const [response] = await once(sent, 'response');
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}

async function responding(t: TestContext, headers: Record<string, string> = {}): Promise<number> {
  const server = createServer((received, response) => {
    received.resume().on('end', () => response.writeHead(200, headers).end('ok'));
  });
  server.listen(await unusedPort(), '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

test('a connection to a target that is closed after its response keeps no port (TIME_WAIT)', async (t) => {
  const port = await responding(t);
  const closing = await responding(t, { connection: 'close' });
  const slow = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
  });
  const proxies = [await HttpProxy.start(t, [port]), await HttpProxy.start(t, [closing])];
  for (const proxy of proxies) {
    for (let count = 0; count < SURPLUS; count += 20) {
      const posts = Array.from({ length: 20 }, () => send(proxy.port, { method: 'POST', body: 'hello' }));
      assert.deepEqual(new Set(await Promise.all(posts)), new Set([200]));
    }
  }
  proxies[0]?.unbind(port);
  const aborted = await HttpProxy.start(t, [slow.port]);
  const client = await aborted.connect(t);
  client.write(get());
  await client.untilReceived('hello');
  client.socket.destroy();
  await (await slow.peer(0)).untilEnded();
  assert.deepEqual([port, closing, slow.port].map(keptPorts), [0, 0, 0]);
});

test('a connection that cannot be kept after a response keeps no port either, however long the request was', async (t) => {
  const long = 'x'.repeat(100_000);
  const length = `Content-Length: ${long.length}\r\n`;
  const whole = (method: string) => `${method} / HTTP/1.1\r\nHost: a\r\n${length}\r\n${long}`;
  const CLOSES = 'Connection: close\r\n';
  const rows: readonly (readonly [request: string, asked: boolean, more: string])[] = [
    [whole('POST'), false, CLOSES],
    [whole('PUT'), false, CLOSES],
    [whole('DELETE'), true, ''],
    [whole('GET'), true, ''],
    [`POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n${length}\r\n`, false, ''],
    [`POST / HTTP/1.1\r\nHost: a\r\n${length}\r\nhello`, false, ''],
  ];
  for (const [request, asked, more] of rows) {
    const [, body = ''] = request.split('\r\n\r\n');
    const closes = asked || more === CLOSES;
    const backend = await ScriptedBackend.start(t, async (peer) => {
      const head = await peer.head();
      assert.equal(/^Connection: close\r$/m.test(head), asked, head);
      await peer.body(body.length);
      peer.write(ok('done', more));
      if (closes) await delay(20);
      else await peer.untilEnded();
      peer.socket.end();
    });
    const proxy = await HttpProxy.start(t, [backend.port]);
    const client = await proxy.connect(t);
    client.write(request);
    assert.equal((await client.response()).body, 'done', request.slice(0, 100));
    await (await backend.peer(0)).untilEnded();
    assert.equal(keptPorts(backend.port), 0, request.slice(0, 100));
  }
});

test('a target that responds before it has read a long request gets the whole request', async (t) => {
  const body = 'x'.repeat(200_000);
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.socket.pause();
    peer.write(ok('early', 'Connection: close\r\n'));
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  assert.equal((await client.response()).body, 'early');
  const peer = await backend.peer(0);
  await untilTrue(() => proxy.counts(backend.port).active === 0, 'the end of the exchange');
  peer.socket.resume();
  await peer.untilEnded();
  assert.equal(peer.received, body);
  assert.equal(peer.error, undefined);
});

const LARGE = 'x'.repeat(100_000);
const KINDS: readonly Sent[] = [
  { method: 'GET' },
  { method: 'DELETE' },
  { method: 'POST', body: 'small' },
  { method: 'POST', body: LARGE },
  { method: 'PATCH', headers: { 'transfer-encoding': 'chunked' }, body: LARGE },
  { method: 'PUT', body: 'small' },
  { method: 'PUT', body: 'x'.repeat(64 * 1024) },
  { method: 'PUT', body: LARGE },
  { method: 'PUT', headers: { 'transfer-encoding': 'chunked' }, body: LARGE },
  { method: 'DELETE', body: LARGE },
  { method: 'PROPFIND', body: 'small' },
  { method: 'REPORT', body: LARGE },
  { method: 'SEARCH', headers: { 'transfer-encoding': 'chunked' }, body: 'small' },
  { method: 'QUERY', body: 'small' },
];

test('a target that closes idle connections at random gets every request exactly once', async (t) => {
  const chance = new Chance(SEED);
  const received = new Map<string, number>();
  const server = createServer({ keepAliveTimeout: 0 }, (arrived, response) => {
    const { socket } = arrived;
    // The request came after the target had closed its side, so that it cannot respond.
    if (socket.writableEnded) {
      socket.destroy();
      return;
    }
    let bytes = 0;
    arrived.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    arrived.on('end', () => {
      const id = `${arrived.headers['x-id']} ${bytes}`;
      received.set(id, (received.get(id) ?? 0) + 1);
      response.end('ok');
      const way = chance.below(4);
      if (way > 0) response.on('close', () => setTimeout(() => close(socket, way), chance.below(6)));
    });
  });
  /** Closes the connection unless it serves the next request by now. */
  const close = (socket: Socket, way: number) => {
    const { _httpMessage: message } = socket as Socket & { _httpMessage?: unknown };
    if (message || socket.writableEnded) return;
    if (way === 1) socket.end();
    else if (way === 2) socket.destroy();
    else socket.resetAndDestroy();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const proxy = await HttpProxy.start(t, [(server.address() as AddressInfo).port]);
  let id = 0;
  const failed: string[] = [];
  const expected = new Map<string, number>();
  const visit = async () => {
    for (let count = 0; count < 100; count++) {
      const kind = chance.of(KINDS);
      const name = `${id++}`;
      expected.set(`${name} ${kind.body?.length ?? 0}`, 1);
      const headers = { ...kind.headers, 'x-id': name };
      const status = await send(proxy.port, { ...kind, headers });
      if (status !== 200) failed.push(`${kind.method} of ${kind.body?.length} bytes: ${status}`);
      await delay(chance.below(4));
    }
  };
  await Promise.all(Array.from({ length: 8 }, visit));
  assert.deepEqual(failed, [], `TEST_SEED=${SEED}`);
  assert.deepEqual(received, expected);
});
