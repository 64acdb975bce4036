// The PROXY protocol on connections to targets: the header comes first, and a connection belongs to one client.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readProxyHeader } from '../../../../../harness/backends/proxy-protocol.ts';
import { untilTrue } from '../../../../../harness/engine/fixtures.ts';
import {
  get,
  ok,
  ScriptedBackend,
  type ScriptedClient,
  type ScriptedPeer,
} from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';

/**
 * A backend that responds with the client's source address in the connection's PROXY header, and with the connection's
 * number.
 */
function told(t: TestContext): Promise<ScriptedBackend> {
  return ScriptedBackend.start(t, async (peer, number) => {
    const source = await sourceOf(peer);
    for (;;) {
      await peer.until(() => peer.isClosed || peer.isEnded || peer.received.includes('\r\n\r\n'), 'a request');
      if (!peer.received.includes('\r\n\r\n')) break;
      const head = await peer.head();
      await peer.body(Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0));
      peer.write(ok(`${source} ${number}`));
    }
    peer.socket.end();
  });
}

async function sourceOf(peer: ScriptedPeer): Promise<string> {
  await peer.until(() => readProxyHeader(peer.received) !== undefined, 'a header');
  const header = readProxyHeader(peer.received);
  peer.take(header?.length ?? 0);
  return `${header?.version} ${header?.source}`;
}

const nameOf = ({ socket }: ScriptedClient) => `127.0.0.1 ${socket.localPort}`;

for (const version of ['v1', 'v2'] as const) {
  test(`${version}: each client has its own connection, which its requests reuse`, async (t) => {
    const backend = await told(t);
    const proxy = await HttpProxy.start(t, [backend.port], { proxyProtocol: version });
    const [first, second] = [await proxy.connect(t), await proxy.connect(t)];
    for (let round = 0; round < 3; round++) {
      for (const [number, client] of [first, second].entries()) {
        client.write(get());
        assert.equal((await client.response()).body, `${version} ${nameOf(client)} ${number}`);
      }
    }
    assert.equal(backend.peers.length, 2);
  });
}

test('the end of a client closes its idle connection to the target, which no other client gets', async (t) => {
  const backend = await told(t);
  const proxy = await HttpProxy.start(t, [backend.port], { proxyProtocol: 'v2' });
  for (const end of [
    (client: ScriptedClient) => client.socket.end(),
    (client: ScriptedClient) => client.socket.resetAndDestroy(),
  ]) {
    const client = await proxy.connect(t);
    client.write(get());
    await client.response();
    end(client);
    await (backend.peers.at(-1) as ScriptedPeer).untilEnded();
  }
  const client = await proxy.connect(t);
  client.write(get());
  assert.equal((await client.response()).body, `v2 ${nameOf(client)} 2`);
});

test('a request to another target gets a new connection, and the earlier one ends', async (t) => {
  const backends = [await told(t), await told(t)];
  const proxy = await HttpProxy.start(
    t,
    backends.map(({ port }) => port),
    { proxyProtocol: 'v1' },
  );
  const client = await proxy.connect(t);
  for (let round = 0; round < 4; round++) {
    client.write(get());
    assert.equal((await client.response()).body, `v1 ${nameOf(client)} ${round >> 1}`);
  }
  const open = () => backends.flatMap(({ peers }) => peers).filter(({ isEnded, isClosed }) => !isEnded && !isClosed);
  await untilTrue(() => open().length === 1, 'the end of all but the last');
});

test('a POST gets a new connection with its own header, and the earlier one ends', async (t) => {
  const backend = await told(t);
  const proxy = await HttpProxy.start(t, [backend.port], { proxyProtocol: 'v2' });
  const client = await proxy.connect(t);
  client.write(get());
  assert.equal((await client.response()).body, `v2 ${nameOf(client)} 0`);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
  assert.equal((await client.response()).body, `v2 ${nameOf(client)} 1`);
  await (backend.peers[0] as ScriptedPeer).untilEnded();
});

test('a changed proxyProtocol counts from the next request, and connections with a header serve no other client', async (t) => {
  const plain = await ScriptedBackend.responding(t, 'plain');
  const proxy = await HttpProxy.start(t, [plain.port]);
  const client = await proxy.connect(t);
  client.write(get());
  await client.response();

  const backend = await told(t);
  proxy.unbind(plain.port);
  proxy.bind(backend.port);
  proxy.listener.settings = { ...proxy.listener.settings, proxyProtocol: 'v1' };
  client.write(get());
  assert.equal((await client.response()).body, `v1 ${nameOf(client)} 0`);

  proxy.unbind(backend.port);
  proxy.bind(plain.port);
  proxy.listener.settings = { ...proxy.listener.settings, proxyProtocol: undefined };
  client.write(get());
  assert.equal((await client.response()).body, 'plain');
  await (backend.peers[0] as ScriptedPeer).untilEnded();
});

test('the header also precedes a tunnel', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    const source = await sourceOf(peer);
    await peer.head();
    peer.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n${source}`);
  });
  const proxy = await HttpProxy.start(t, [backend.port], { proxyProtocol: 'v1' });
  const client = await proxy.connect(t);
  client.write(get('/', 'Connection: Upgrade\r\nUpgrade: echo\r\n'));
  await client.head();
  await client.untilReceived(`v1 ${nameOf(client)}`);
});
