// Logins that belong to a target's connection: who gets the connection from then on, and when it ends.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readProxyHeader } from '../../../../../harness/backends/proxy-protocol.ts';
import {
  freePort,
  listenerSnapshot,
  rule,
  STICKY_COOKIE,
  target,
  untilTrue,
} from '../../../../../harness/engine/fixtures.ts';
import {
  get,
  ok,
  ScriptedBackend,
  ScriptedClient,
  type ScriptedPeer,
} from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';
import { loginBackend } from '../../../../../harness/engine/login-backend.ts';
import { engineWorldOf } from '../../../../../harness/engine/world.ts';

type Method = 'GET' | 'POST';

async function ask(client: ScriptedClient, method: Method, lines = '', path = '/'): Promise<string> {
  const body = method === 'POST' ? 'hello' : '';
  const length = method === 'POST' ? 'Content-Length: 5\r\n' : '';
  client.write(`${method} ${path} HTTP/1.1\r\nHost: a\r\n${length}${lines}\r\n${body}`);
  const response = await client.response();
  return `${response.status} ${response.body}`;
}

/** Logs in. Returns the last response. */
async function login(client: ScriptedClient, user: string, method: Method = 'GET', scheme = 'NTLM', path = '/') {
  await ask(client, method, '', path);
  assert.match(await ask(client, method, `Authorization: ${scheme} begin\r\n`, path), /^401 /);
  return ask(client, method, `Authorization: ${scheme} user-${user}\r\n`, path);
}

async function proxyTo(t: TestContext, backends: readonly ScriptedBackend[], options = {}): Promise<HttpProxy> {
  return HttpProxy.start(
    t,
    backends.map(({ port }) => port),
    options,
  );
}

for (const scheme of ['NTLM', 'Negotiate'] as const) {
  for (const method of ['GET', 'POST'] as const) {
    test(`a login by ${scheme} with ${method}, over two targets, serves its client alone until the client ends`, async (t) => {
      const backends = [await loginBackend(t, 'a'), await loginBackend(t, 'b')];
      const proxy = await proxyTo(t, backends);
      const clients = [await proxy.connect(t), await proxy.connect(t), await proxy.connect(t)] as const;
      const [alice, bob, anonymous] = clients;
      const places = [await login(alice, 'alice', method, scheme), await login(bob, 'bob', method, scheme)].map(
        (said) => said.split(' ').slice(0, 3).join(' '),
      );
      assert.match(places.join(), /^200 \w+ alice,200 \w+ bob$/);
      for (const next of ['GET', 'POST', 'GET', 'GET', 'POST', 'POST'] as const) {
        assert.equal(await ask(alice, next), `${places[0]} ${next}`);
        assert.equal(await ask(bob, next), `${places[1]} ${next}`);
        assert.match(await ask(anonymous, next), /^401 \w+ nobody/);
      }
      for (const client of clients) client.socket.end();
      const peers = backends.flatMap(({ peers }) => peers);
      await untilTrue(() => peers.every(({ isEnded, isClosed }) => isEnded || isClosed), 'the end of the connections');
    });
  }
}

/** What a client sends and a target responds in one exchange, and whether other clients may use the connection then. */
const EXCHANGES: [sent: string, response: string, isShared: boolean][] = [
  ['', 'WWW-Authenticate: NTLM', false],
  ['', 'www-authenticate: Basic realm="a", negotiate', false],
  ['', 'WWW-Authenticate: Basic realm="a"\r\nWWW-Authenticate: Negotiate', false],
  ['', 'Proxy-Authenticate: NTLM', false],
  ['', 'interim WWW-Authenticate: Negotiate', false],
  ['Authorization: Negotiate YII=', '', false],
  ['authorization: ntlm TlRM', '', false],
  ['Proxy-Authorization: NTLM TlRM', '', false],
  ['', '', true],
  ['Authorization: Basic x', 'WWW-Authenticate: Basic realm="NTLM, Negotiate"', true],
  ['Authorization: Bearer x', 'WWW-Authenticate: Bearer', true],
  ['Authorization: Digest username="NTLM"', 'Proxy-Authenticate: Digest realm="Negotiate"', true],
];

for (const [sent, response, isShared] of EXCHANGES) {
  test(`${sent || 'nothing'} -> ${response || 'nothing'}: the connection is ${isShared ? 'shared' : "the client's own"}`, async (t) => {
    const backend = await ScriptedBackend.start(t, async (peer, number) => {
      for (;;) {
        const head = await peer.head();
        await peer.body(head.startsWith('POST') ? 5 : 0);
        const line = head.includes('/login') && response !== '' ? `${response.replace('interim ', '')}\r\n` : '';
        if (line !== '' && response.startsWith('interim')) peer.write(`HTTP/1.1 103 Early Hints\r\n${line}\r\n`);
        peer.write(ok(`${number}`, response.startsWith('interim') ? '' : line));
      }
    });
    const proxy = await proxyTo(t, [backend]);
    const [one, other] = [await proxy.connect(t), await proxy.connect(t)];
    one.write(get('/login', sent === '' ? '' : `${sent}\r\n`));
    if (response.startsWith('interim')) assert.match(await one.head(), /^HTTP\/1\.1 103 /);
    assert.equal((await one.response()).body, '0');
    assert.equal(await ask(other, 'GET'), isShared ? '200 0' : '200 1');
    // A POST opens a connection of its own, unless the client has one with a login.
    assert.equal(await ask(one, 'POST'), isShared ? '200 1' : '200 0');
  });
}

test('a client may own one connection for each target group', async (t) => {
  const [own, api] = [await loginBackend(t, 'own'), await loginBackend(t, 'api')];
  const { serve } = engineWorldOf(t, { workers: 1 });
  const port = await freePort();
  const web = (rules: Parameters<typeof listenerSnapshot>[3]) =>
    listenerSnapshot('web', port, [target(own.port)], { protocol: 'HTTP', ...rules });
  await serve([web({ rules: [rule('api', { path: '/api' }, [target(api.port)])] })]);
  const [alice, bob] = [await ScriptedClient.connect(t, port), await ScriptedClient.connect(t, port)];
  assert.equal(await login(alice, 'alice'), '200 own0 alice GET');
  assert.equal(await login(alice, 'alicia', 'POST', 'NTLM', '/api'), '200 api0 alicia POST');
  for (const method of ['GET', 'POST', 'GET'] as const) {
    assert.equal(await ask(alice, method), `200 own0 alice ${method}`);
    assert.equal(await ask(alice, method, '', '/api'), `200 api0 alicia ${method}`);
    assert.match(await ask(bob, method, '', '/api'), /nobody/);
  }
  await serve([web({ rules: [] })]);
  await (api.peers[0] as ScriptedPeer).untilEnded();
  assert.equal(await ask(alice, 'GET', '', '/api'), '200 own0 alice GET');
});

test('a client that logs in at many target groups keeps the eight connections that it used last', async (t) => {
  const backend = await loginBackend(t);
  const { serve } = engineWorldOf(t, { workers: 1 });
  const port = await freePort();
  const rules = Array.from({ length: 9 }, (_, index) =>
    rule(`r${index}`, { path: `/${index}/` }, [target(backend.port)]),
  );
  await serve([listenerSnapshot('web', port, [], { protocol: 'HTTP', rules })]);
  const client = await ScriptedClient.connect(t, port);
  for (const index of rules.keys()) await login(client, `u${index}`, 'GET', 'NTLM', `/${index}/`);
  await (backend.peers[0] as ScriptedPeer).untilEnded();
  for (let index = 1; index < 9; index++) {
    assert.equal(await ask(client, 'POST', '', `/${index}/`), `200 ${index} u${index} POST`);
  }
});

test('after the target closed the connection the client is asked to log in again, on a new one', async (t) => {
  const backend = await loginBackend(t);
  const proxy = await proxyTo(t, [backend]);
  const [alice, bob] = [await proxy.connect(t), await proxy.connect(t)];
  assert.equal(await login(alice, 'alice'), '200 0 alice GET');
  assert.equal(await login(bob, 'bob'), '200 1 bob GET');
  const first = backend.peers[0] as ScriptedPeer;
  first.socket.end();
  await first.untilEnded();
  for (const method of ['POST', 'GET'] as const) assert.match(await ask(alice, method), /^401 2 nobody/);
  assert.equal(await ask(bob, 'POST'), '200 1 bob POST');
});

test('a request that the target drops with the connection of a login is repeated only if it may be', async (t) => {
  let dropped = 0;
  const backend = await ScriptedBackend.start(t, async (peer, number) => {
    for (;;) {
      const head = await peer.head();
      await peer.body(head.startsWith('POST') ? 5 : 0);
      if (head.includes('/drop') && number < 2) {
        dropped++;
        peer.socket.destroy();
        return;
      }
      peer.write(ok(`${number}`, 'WWW-Authenticate: NTLM\r\n'));
    }
  });
  const proxy = await proxyTo(t, [backend]);
  const client = await proxy.connect(t);
  assert.equal(await ask(client, 'POST'), '200 0');
  client.write('POST /drop HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
  await client.untilEnded();
  assert.equal(client.received, '', 'the client decides, and is told nothing that is not known');
  assert.equal(dropped, 1);

  const other = await proxy.connect(t);
  assert.equal(await ask(other, 'GET'), '200 1');
  assert.equal(await ask(other, 'GET', '', '/drop'), '200 2');
  assert.equal(dropped, 2);
});

test('the idle connection of a login ends if its target is unbound or takes no new traffic', async (t) => {
  const [a, b, c] = [await loginBackend(t, 'a'), await loginBackend(t, 'b'), await loginBackend(t, 'c')];
  const proxy = await proxyTo(t, [a]);
  const client = await proxy.connect(t);
  assert.equal(await login(client, 'alice'), '200 a0 alice GET');
  proxy.bind(b.port);
  assert.equal(await ask(client, 'GET'), '200 a0 alice GET');
  proxy.unbind(a.port);
  await (a.peers[0] as ScriptedPeer).untilEnded();
  assert.equal(await login(client, 'alice', 'POST'), '200 b0 alice POST');

  proxy.bind(c.port);
  proxy.listener.targets.setHealth([{ key: `127.0.0.1:${b.port}`, health: 'unhealthy', begunAtMs: undefined }]);
  assert.match(await ask(client, 'GET'), /^401 c0 nobody/);
  await (b.peers[0] as ScriptedPeer).untilEnded();
});

test('the connection of a login outlives the idle time of the pool and the requests of other clients', async (t) => {
  const backend = await loginBackend(t);
  const proxy = await proxyTo(t, [backend]);
  const [alice, bob] = [await proxy.connect(t), await proxy.connect(t)];
  assert.equal(await login(alice, 'alice'), '200 0 alice GET');
  const now = performance.now.bind(performance);
  t.mock.method(performance, 'now', () => now() + 30_000);
  for (let round = 0; round < 3; round++) assert.match(await ask(bob, 'GET', '', '/open'), /^200 1 nobody/);
  assert.equal(await ask(alice, 'POST'), '200 0 alice POST');
});

test('a sticky cookie for another target wins, and the client logs in there', async (t) => {
  const backends = [await loginBackend(t, 'a'), await loginBackend(t, 'b')] as const;
  const proxy = await proxyTo(t, backends);
  const { targets } = proxy.listener;
  targets.update({ settings: { ...targets.settings, sticky: STICKY_COOKIE }, clients: undefined });
  const cookieFrom = async (client: ScriptedClient) => {
    client.write(get());
    return /^Set-Cookie: (weir=[^;]+)/im.exec((await client.response()).head)?.[1];
  };
  const [alice, other] = [await proxy.connect(t), await proxy.connect(t)];
  const cookie = await cookieFrom(alice);
  const cookieOfOther = await cookieFrom(other);
  assert.ok(cookie !== undefined && cookieOfOther !== undefined && cookie !== cookieOfOther);
  const name = (await login(alice, 'alice', 'POST')).slice(4, 5);
  for (const lines of [`Cookie: ${cookie}\r\n`, '']) {
    assert.equal(await ask(alice, 'GET', lines), `200 ${name}0 alice GET`);
  }
  assert.match(await ask(alice, 'GET', `Cookie: ${cookieOfOther}\r\n`), name === 'a' ? /^401 b/ : /^401 a/);
});

test('PROXY protocol: a login with POST uses the connection of its client', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer, number) => {
    await peer.until(() => readProxyHeader(peer.received) !== undefined, 'a header');
    peer.take(readProxyHeader(peer.received)?.length ?? 0);
    for (;;) {
      await peer.head();
      await peer.body(5);
      peer.write(ok(`${number}`, 'WWW-Authenticate: Negotiate\r\n'));
    }
  });
  const proxy = await proxyTo(t, [backend], { proxyProtocol: 'v2' });
  const client = await proxy.connect(t);
  for (let round = 0; round < 3; round++) assert.equal(await ask(client, 'POST'), '200 0');
  proxy.listener.settings = { ...proxy.listener.settings, proxyProtocol: undefined };
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
  await (backend.peers[0] as ScriptedPeer).untilEnded();
});
