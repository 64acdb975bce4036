// The limits of a listener on connections and waiting requests: what is rejected, how, and when there is room again.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { untilTrue } from '../../../../../harness/engine/fixtures.ts';
import { get, ok, ScriptedBackend, type ScriptedPeer } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';

/** A backend that responds to each request when the test says so. */
function patient(t: TestContext): Promise<ScriptedBackend> {
  return ScriptedBackend.start(t, async () => {});
}

test('a connection above the limit gets 503 and is closed, and a connection that ends makes room', async (t) => {
  const backend = await ScriptedBackend.responding(t, 'hello');
  const proxy = await HttpProxy.start(t, [backend.port], { maxConnections: 2 });
  const [first, second] = [await proxy.connect(t), await proxy.connect(t)];
  for (const client of [first, second]) {
    client.write(get());
    assert.equal((await client.response()).body, 'hello');
  }
  const third = await proxy.connect(t);
  third.write(get());
  const response = await third.response();
  assert.equal(response.body, '503 Service Unavailable: too many connections\n');
  assert.match(response.head, /^Connection: close\r$/m);
  await third.untilEnded();
  assert.equal(third.error, undefined);
  assert.equal(proxy.clients, 2);

  first.socket.destroy();
  await untilTrue(() => proxy.clients === 1, 'the end of the first');
  const fourth = await proxy.connect(t);
  fourth.write(get());
  assert.equal((await fourth.response()).body, 'hello');
  const { connections, openConnections, rejectedConnections, requests } = proxy.traffic;
  assert.deepEqual([connections, openConnections, rejectedConnections, requests], [3, 2, 1, 3]);
});

test('a new limit includes open connections and ends none', async (t) => {
  const backend = await ScriptedBackend.responding(t, 'hello');
  const proxy = await HttpProxy.start(t, [backend.port]);
  const clients = [await proxy.connect(t), await proxy.connect(t)];
  await untilTrue(() => proxy.clients === 2, 'both');
  proxy.listener.settings = { ...proxy.listener.settings, maxConnections: 1 };
  assert.equal((await (await proxy.connect(t)).response()).status, 503);
  for (const client of clients) {
    client.write(get());
    assert.equal((await client.response()).body, 'hello');
  }
  proxy.listener.settings = { ...proxy.listener.settings, maxConnections: 3 };
  const client = await proxy.connect(t);
  client.write(get());
  assert.equal((await client.response()).body, 'hello');
});

test('a request above the limit gets 503 on a kept connection, and the next response makes room', async (t) => {
  const backend = await patient(t);
  const proxy = await HttpProxy.start(t, [backend.port], { maxPendingRequests: 1 });
  const [first, second] = [await proxy.connect(t), await proxy.connect(t)];
  first.write(get());
  const peer = await backend.peer(0);
  await peer.head();
  for (let round = 0; round < 2; round++) {
    second.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
    const response = await second.response();
    assert.equal(response.body, '503 Service Unavailable: too many requests wait for their responses\n');
    assert.doesNotMatch(response.head, /Connection/);
  }
  // The head of the response makes room for another request; the body may take more time.
  peer.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
  assert.equal((await first.head()).slice(0, 12), 'HTTP/1.1 200');
  second.write(get());
  const other = await backend.peer(1);
  await other.head();
  other.write(ok('second'));
  assert.equal((await second.response()).body, 'second');
  assert.equal(proxy.traffic.rejectedRequests, 2);
});

const ENDINGS: [how: string, end: (proxy: HttpProxy, peer: ScriptedPeer, client: ScriptedPeer) => void][] = [
  ['its client goes', (_proxy, _peer, client) => client.socket.resetAndDestroy()],
  ['its target resets the connection', (_proxy, peer) => peer.socket.resetAndDestroy()],
  ['its target responds with nonsense', (_proxy, peer) => peer.write('nonsense\r\n\r\n')],
  [
    'it becomes a tunnel',
    (_proxy, peer) => peer.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'),
  ],
];

for (const [how, end] of ENDINGS) {
  test(`a request no longer counts when ${how}`, async (t) => {
    const backend = await patient(t);
    const proxy = await HttpProxy.start(t, [backend.port], { maxPendingRequests: 1 });
    const client = await proxy.connect(t);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    const peer = await backend.peer(0);
    await peer.head();
    end(proxy, peer, client);
    await untilTrue(() => proxy.listener.counters.reservePending(1), 'room');
    assert.equal(proxy.listener.counters.reservePending(1), false);
  });
}
