// The sticky cookie over real sockets: which responses set it, and which cookies the target gets.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { freePort, STICKY_COOKIE } from '../../../../../harness/engine/fixtures.ts';
import { get, ok, ScriptedBackend, type ScriptedClient } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';

const SET_COOKIE = /^Set-Cookie: (weir=[A-Za-z0-9_-]{22}); Path=\/; HttpOnly; SameSite=Lax\r$/gm;

async function stickyProxy(t: TestContext, ports: readonly number[]): Promise<HttpProxy> {
  const proxy = await HttpProxy.start(t, ports);
  const { targets } = proxy.listener;
  targets.update({ settings: { ...targets.settings, sticky: STICKY_COOKIE }, clients: undefined });
  return proxy;
}

/** The sticky cookie that a response's head sets; a head sets at most one. */
function cookieIn(head: string): string | undefined {
  const found = [...head.matchAll(SET_COOKIE)].map(([, cookie]) => cookie);
  assert.ok(found.length <= 1 && (found.length === 1) === /set-cookie: weir/i.test(head), head);
  return found[0];
}

async function cookieOf(client: ScriptedClient, lines = ''): Promise<string | undefined> {
  client.write(get('/', lines));
  const { head, status } = await client.response();
  assert.equal(status, 200);
  return cookieIn(head);
}

test('the cookie is set on the first response of a connection, and on later ones if the client did not send it', async (t) => {
  const backends = [await ScriptedBackend.responding(t, 'a'), await ScriptedBackend.responding(t, 'b')];
  const proxy = await stickyProxy(
    t,
    backends.map(({ port }) => port),
  );
  const client = await proxy.connect(t);
  const cookie = await cookieOf(client);
  assert.ok(cookie);
  for (let again = 0; again < 4; again++) assert.equal(await cookieOf(client, `Cookie: ${cookie}\r\n`), undefined);
  assert.notEqual(await cookieOf(client), cookie, 'the other one has its turn');
});

test("the target gets the client's cookie unchanged, and its Set-Cookie passes beside the proxy's", async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    for (;;) {
      const head = await peer.head();
      peer.write(ok(head.match(/^Cookie: .*/m)?.[0] ?? '', 'Set-Cookie: own=1\r\n'));
    }
  });
  const proxy = await stickyProxy(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get('/', 'Cookie: a=1; weir=old; b="2"\r\n'));
  const response = await client.response();
  assert.equal(response.body, 'Cookie: a=1; weir=old; b="2"');
  assert.match(response.head, /^Set-Cookie: own=1\r$/m);
  assert.ok(cookieIn(response.head));
});

for (const [what, final, isHead] of [
  ['a HEAD request', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', true],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', false],
  ['304', 'HTTP/1.1 304 Not Modified\r\n\r\n', false],
  ["a backend's own 503", 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n', false],
  ['a response after an interim one', `HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${ok('hello')}`, false],
] as const) {
  test(`the cookie is set on the final head of ${what}`, async (t) => {
    const backend = await ScriptedBackend.start(t, async (peer) => {
      await peer.head();
      peer.write(final);
    });
    const proxy = await stickyProxy(t, [backend.port]);
    const client = await proxy.connect(t);
    client.write(isHead ? get().replace('GET', 'HEAD') : get());
    if (final.includes(' 103 ')) assert.equal(cookieIn(await client.head()), undefined);
    assert.ok(cookieIn((await client.response(isHead)).head));
  });
}

test('the cookie is set on a response that switches the protocol', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
  });
  const proxy = await stickyProxy(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get('/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'));
  const head = await client.head();
  assert.match(head, /^HTTP\/1.1 101 /);
  assert.ok(cookieIn(head));
  await client.untilReceived('hello');
});

test('local responses set no cookie: 503 without a target, 502 after a failed target or a malformed response', async (t) => {
  const broken = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write('HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n');
  });
  for (const [ports, status] of [
    [[], 503],
    [[await freePort()], 502],
    [[broken.port], 502],
  ] as const) {
    const proxy = await stickyProxy(t, ports);
    const client = await proxy.connect(t);
    client.write(get());
    const response = await client.response();
    assert.equal(response.status, status);
    assert.equal(cookieIn(response.head), undefined);
  }
});

test('the cookie names the target that responded if another one could not be reached', async (t) => {
  const [a, b] = [await ScriptedBackend.responding(t, 'a'), await ScriptedBackend.responding(t, 'b')];
  const dead = await freePort();
  const proxy = await stickyProxy(t, [dead]);
  // The client will send the cookie that names the unreachable target, as if this target had responded before.
  const client = await proxy.connect(t);
  const lost: { remoteAddress: string; setCookie?: string } = { remoteAddress: '' };
  proxy.listener.targets.pick(lost);
  const before = lost.setCookie?.split(';')[0];
  proxy.bind(a.port);
  proxy.bind(b.port);
  const cookie = await cookieOf(client, `Cookie: ${before}\r\n`);
  assert.ok(cookie && cookie !== before);
  assert.equal(await cookieOf(client, `Cookie: ${cookie}\r\n`), undefined);
  assert.deepEqual(proxy.passive, [`127.0.0.1:${dead} ECONNREFUSED`]);
});
