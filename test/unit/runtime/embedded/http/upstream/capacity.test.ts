// Limits for connections to a target: they hold over all workers, and requests above them wait in order.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { TargetGroupSnapshot } from '../../../../../../provider/runtime/contract/snapshot.ts';
import type { EmbeddedEngine } from '../../../../../../provider/runtime/embedded/engine.ts';
import {
  engineOf,
  freePort,
  listenerSnapshot,
  serve,
  snapshot,
  target,
  targetGroupSettings,
  untilTrue,
} from '../../../../../harness/engine/fixtures.ts';
import { get, ok, ScriptedBackend } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';
import { establishedTo } from '../../../../../harness/machine/kept-ports.ts';

type Limits = Partial<Pick<TargetGroupSnapshot, 'maxIdleTargetConnections' | 'maxConnectionsPerTarget'>>;

const post = (body: string): string => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** A target that counts its connections and requests. */
async function countedTarget(t: TestContext, respond: (received: IncomingMessage, response: ServerResponse) => void) {
  const open = new Set<Socket>();
  /** The largest numbers at once: of requests, and of connections when a new one was accepted. */
  const counted = { port: 0, requests: 0, mostRequests: 0, mostConnections: 0, isWatched: false, open };
  const server = createServer({ keepAliveTimeout: 0 }, (received, response) => {
    counted.mostRequests = Math.max(counted.mostRequests, ++counted.requests);
    response.on('close', () => counted.requests--);
    respond(received, response);
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // The kernel alone knows which connections were reset before this one came.
    if (counted.isWatched) counted.mostConnections = Math.max(counted.mostConnections, establishedTo(counted.port));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  counted.port = (server.address() as AddressInfo).port;
  return counted;
}

const soon = (received: IncomingMessage, response: ServerResponse) => {
  received.resume().on('end', () => setTimeout(() => response.end('ok'), 2));
};

async function limited(
  t: TestContext,
  targets: readonly number[],
  limits: Limits,
  version = 1,
  engine: EmbeddedEngine = engineOf(t, 2),
  port?: number,
) {
  const at = port ?? (await freePort());
  const settings = { protocol: 'HTTP', requestTimeoutMs: 3_000 } as const;
  const listener = listenerSnapshot(
    'web',
    at,
    targets.map((each) => target(each)),
    settings,
    limits,
  );
  await serve(engine, snapshot(version, [listener]));
  return { engine, port: at };
}

/** Sends requests one after another over a kept connection, and counts them by status. */
async function visit(port: number, methods: readonly string[], statuses: Map<number, number>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const method of methods) {
    const sent = request({ port, host: '127.0.0.1', method, agent, headers: { 'content-length': 0 } });
    sent.end();
    const [response] = await once(sent, 'response');
    response.resume();
    await once(response, 'end');
    statuses.set(response.statusCode, (statuses.get(response.statusCode) ?? 0) + 1);
  }
  agent.destroy();
}

test('a target gets no more connections than it may, in all workers together, and every request is served', async (t) => {
  const few = await countedTarget(t, soon);
  const one = await countedTarget(t, soon);
  const { port, engine } = await limited(t, [few.port], { maxConnectionsPerTarget: 4 });
  const statuses = new Map<number, number>();
  const methods = Array.from({ length: 20 }, (_, index) => (index % 3 === 0 ? 'POST' : 'GET'));
  await Promise.all(Array.from({ length: 24 }, () => visit(port, methods, statuses)));
  assert.deepEqual([...statuses], [[200, 480]]);
  assert.equal(few.mostRequests, 4);
  // A single connection goes round among the workers, whose idle ones would otherwise keep it for longer than requests
  // wait.
  await limited(t, [one.port], { maxConnectionsPerTarget: 1 }, 2, engine, port);
  statuses.clear();
  const visitors = (count: number) =>
    Promise.all(Array.from({ length: count }, () => visit(port, ['GET', 'POST', 'GET'], statuses)));
  await visitors(12);
  one.isWatched = true;
  await visitors(4);
  assert.deepEqual([...statuses], [[200, 48]]);
  assert.equal(one.mostConnections, 1);
});

test('no more idle connections are kept than may be, in all workers together; with 0 targets are asked to close', async (t) => {
  const asked = new Set<string | undefined>();
  const counted = await countedTarget(t, (received, response) => {
    asked.add(received.headers.connection);
    soon(received, response);
  });
  const { port, engine } = await limited(t, [counted.port], { maxIdleTargetConnections: 3 });
  const statuses = new Map<number, number>();
  const visitors = () => Promise.all(Array.from({ length: 16 }, () => visit(port, ['GET', 'GET'], statuses)));
  await visitors();
  await untilTrue(() => counted.open.size <= 3, 'the end of surplus connections');
  assert.deepEqual([...asked], [undefined]);
  await limited(t, [counted.port], { maxIdleTargetConnections: 0 }, 2, engine, port);
  await untilTrue(() => counted.open.size === 0, 'the end of idle connections');
  asked.clear();
  await visitors();
  await untilTrue(() => counted.open.size === 0, 'the end of the connections');
  assert.deepEqual([...asked], ['close']);
  assert.deepEqual([...statuses], [[200, 64]]);
});

test('the connections of a worker that ends are free for the requests of others', async (t) => {
  const held: ServerResponse[] = [];
  const counted = await countedTarget(t, (received, response) => {
    if (received.url === '/held') held.push(response);
    else soon(received, response);
  });
  const { port, engine } = await limited(t, [counted.port], { maxConnectionsPerTarget: 2 });
  const sent = Array.from({ length: 8 }, () => {
    const held = request({ port, host: '127.0.0.1', path: '/held', agent: false });
    held.on('error', () => {}).on('response', (response) => response.resume());
    return held.end();
  });
  t.after(() => {
    for (const each of sent) each.destroy();
  });
  await untilTrue(() => held.length === 2, 'two requests at the target');
  // A client in the queue of a socket would be served by the next worker, and hold a connection there.
  await untilTrue(() => engine.traffic('web')?.openConnections === 8, 'all clients to be accepted');
  for (const id of [0, 1]) await engine.endWorker(id);
  const statuses = new Map<number, number>();
  await Promise.all(Array.from({ length: 4 }, () => visit(port, ['GET', 'POST'], statuses)));
  assert.deepEqual([...statuses], [[200, 8]]);
});

test('a raised limit lets waiting requests go, and a lowered one closes idle connections', async (t) => {
  const held: ServerResponse[] = [];
  const counted = await countedTarget(t, (_received, response) => held.push(response));
  const { port, engine } = await limited(t, [counted.port], { maxConnectionsPerTarget: 1 });
  const statuses = new Map<number, number>();
  const visits = Promise.all(Array.from({ length: 3 }, () => visit(port, ['GET'], statuses)));
  await untilTrue(() => held.length === 1, 'a request at the target');
  await limited(t, [counted.port], { maxConnectionsPerTarget: 3 }, 2, engine, port);
  await untilTrue(() => held.length === 3, 'all requests at the target');
  for (const response of held) response.end('ok');
  await visits;
  assert.deepEqual([...statuses], [[200, 3]]);
  await limited(t, [counted.port], { maxConnectionsPerTarget: 1 }, 3, engine, port);
  // Two workers that look at the same moment may both close one, so that none is left.
  await untilTrue(() => counted.open.size <= 1, 'the end of the idle connections above the limit');
});

const limitedProxy = async (t: TestContext, ports: readonly number[], limits: Limits, settings = {}) => {
  const proxy = await HttpProxy.start(t, ports, settings);
  proxy.listener.targets.update({ settings: { ...targetGroupSettings('web'), ...limits } });
  return proxy;
};

test('waiting requests are served in order, count as pending, and are gone with their clients', async (t) => {
  const bodies: string[] = [];
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    bodies.push(await peer.body(1));
    await peer.untilReceived('never').catch(() => {});
  });
  const proxy = await limitedProxy(t, [backend.port], { maxConnectionsPerTarget: 1 }, { maxPendingRequests: 4 });
  const clients = [];
  for (const body of ['a', 'b', 'c', 'd']) {
    const client = await proxy.connect(t);
    client.write(post(body));
    clients.push(client);
    await untilTrue(() => proxy.traffic.requests === clients.length, 'the request');
  }
  const fifth = await proxy.connect(t);
  fifth.write(post('e'));
  assert.equal((await fifth.response()).status, 503);
  assert.equal(proxy.traffic.rejectedRequests, 1);
  clients[1]?.socket.resetAndDestroy();
  await untilTrue(() => proxy.clients === 4, 'the end of the second client');
  fifth.write(post('e'));
  for (const [number, client] of [clients[0], clients[2], clients[3], fifth].entries()) {
    (await backend.peer(number)).write(ok(`${number}`));
    assert.equal((await client?.response())?.body, `${number}`);
  }
  assert.deepEqual(bodies, ['a', 'c', 'd', 'e']);
});

test('a request waits at most for the request timeout, gets a 503, and its connection serves the next one', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
  });
  const limits = { maxConnectionsPerTarget: 1 };
  const proxy = await limitedProxy(t, [backend.port], limits, { requestTimeoutMs: 400 });
  const first = await proxy.connect(t);
  const second = await proxy.connect(t);
  first.write(get());
  await backend.peer(0);
  second.write(get());
  const { status, body } = await second.response();
  assert.equal(status, 503);
  assert.match(body, /no connection to a target became free in time/);
  assert.equal((await first.response()).status, 504);
  second.write(get());
  (await backend.peer(1)).write(ok('then'));
  assert.equal((await second.response()).body, 'then');
});

test('a request goes to another target if one is full, and also if its target is unbound while it waits', async (t) => {
  const backends = [await ScriptedBackend.start(t, () => {}), await ScriptedBackend.start(t, () => {})];
  const [a, b] = backends as [ScriptedBackend, ScriptedBackend];
  const proxy = await limitedProxy(t, [a.port, b.port], { maxConnectionsPerTarget: 1 });
  const clients = [];
  for (let count = 0; count < 3; count++) {
    const client = await proxy.connect(t);
    client.write(get(`/${count}`));
    clients.push(client);
    await untilTrue(() => proxy.traffic.requests === clients.length, 'the request');
  }
  await Promise.all([a.peer(0), b.peer(0)]);
  const third = await ScriptedBackend.responding(t, 'third');
  proxy.bind(third.port);
  assert.equal((await clients[2]?.response())?.body, 'third');
  proxy.unbind(third.port);
  const waiting = await proxy.connect(t);
  waiting.write(get());
  await untilTrue(() => proxy.traffic.requests === 4, 'the request');
  for (const backend of [a, b]) proxy.unbind(backend.port);
  assert.equal((await waiting.response()).status, 503);
});
