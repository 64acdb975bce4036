// Targets that fail, close or are unbound, as the client sees them: retries, 502, 503, 504, and the end of exchanges.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pool } from '../../../../../../provider/runtime/embedded/http/upstream/pool.ts';
import { freePort, untilTrue } from '../../../../../harness/engine/fixtures.ts';
import { get, ok, ScriptedBackend } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';

const post = (body = ''): string => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const put = (body: string): string => post(body).replace('POST', 'PUT');

test('a request without a target gets 503 with a short text on a kept connection', async (t) => {
  const proxy = await HttpProxy.start(t, []);
  const client = await proxy.connect(t);
  client.write(get() + get());
  for (let round = 0; round < 2; round++) {
    const response = await client.response();
    assert.equal(response.status, 503);
    assert.equal(response.body, '503 Service Unavailable: no target takes traffic\n');
  }
});

test('a request of any method goes to another target after a refused connect', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    for (;;) {
      const head = await peer.head();
      peer.write(ok(await peer.body(head.startsWith('POST') ? 5 : 0)));
    }
  });
  const dead = await freePort();
  const proxy = await HttpProxy.start(t, [dead, backend.port]);
  const client = await proxy.connect(t);
  for (let round = 0; round < 4; round++) {
    client.write(post('hello'));
    const response = await client.response();
    assert.equal(response.status, 200);
    assert.equal(response.body, 'hello');
  }
  assert.ok(proxy.passive.includes(`127.0.0.1:${dead} ECONNREFUSED`));
});

test('a request gets 502 after refused connects to at most three targets', async (t) => {
  const dead = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const proxy = await HttpProxy.start(t, dead);
  const client = await proxy.connect(t);
  client.write(get());
  assert.equal((await client.response()).status, 502);
  assert.equal(proxy.passive.length, 3);
});

test('a GET is sent again if its reused connection closes, even to the same target', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer, number) => {
    await peer.head();
    peer.write(ok(`${number}`));
    await peer.head();
    if (number === 0) peer.socket.resetAndDestroy();
    else peer.write(ok('again'));
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get());
  assert.equal((await client.response()).body, '0');
  client.write(get());
  assert.equal((await client.response()).body, '1');
  assert.equal(backend.peers.length, 2);
});

test('bytes that a target sends before a request are no response to it, even if both are read in one iteration', async (t) => {
  const backend = await ScriptedBackend.responding(t, 'right');
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get());
  assert.equal((await client.response()).body, 'right');
  // The kernel reports the client's bytes before the target's, and in one poll, because both are written before this
  // process polls again.
  client.write(get());
  (await backend.peer(0)).write(ok('wrong'));
  assert.equal((await client.response()).body, 'right');
  assert.equal(backend.peers.length, 2);
});

test('a GET is sent to another target if the first one closes without a response', async (t) => {
  const closing = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.socket.end();
  });
  const backend = await ScriptedBackend.responding(t, 'hello');
  const proxy = await HttpProxy.start(t, [closing.port, backend.port]);
  const client = await proxy.connect(t);
  for (let round = 0; round < 2; round++) {
    client.write(get());
    assert.equal((await client.response()).body, 'hello');
  }
});

test('a PUT is sent again with the part of its body that was already sent', async (t) => {
  const closing = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    await peer.body(3);
    peer.socket.end();
  });
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write(ok(await peer.body(6)));
  });
  const proxy = await HttpProxy.start(t, [closing.port, backend.port]);
  for (let round = 0; round < 2; round++) {
    const client = await proxy.connect(t);
    client.write(put('abcdef').slice(0, -3));
    // Round robin may start at either target. The closing target therefore gets either the first three bytes or no
    // request.
    await untilTrue(() => closing.peers.length + backend.peers.length > round, 'a target');
    client.write('def');
    assert.equal((await client.response()).body, 'abcdef');
  }
});

test('a PUT that exceeds the replay buffer is not sent again', async (t) => {
  const serve = async (peer: {
    head(): Promise<string>;
    body(n: number): Promise<string>;
    socket: { destroy(): void };
  }) => {
    await peer.head();
    await peer.body(70_000);
    peer.socket.destroy();
  };
  const backends = [await ScriptedBackend.start(t, serve), await ScriptedBackend.start(t, serve)];
  const proxy = await HttpProxy.start(
    t,
    backends.map(({ port }) => port),
  );
  const client = await proxy.connect(t);
  client.write(put('x'.repeat(70_000)));
  assert.equal((await client.response()).status, 502);
  assert.equal(
    backends.reduce((sum, { peers }) => sum + peers.length, 0),
    1,
  );
});

test('a POST is never sent twice, and never on a reused connection', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer, number) => {
    const head = await peer.head();
    if (head.startsWith('GET')) peer.write(ok(`${number}`));
    else peer.socket.destroy();
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get());
  await client.response();
  client.write(post());
  assert.equal((await client.response()).status, 502);
  assert.equal(backend.peers.length, 2);
  assert.equal(proxy.counts(backend.port).requests, 2);
});

test('a missing response becomes a 504, and the connection to the target closes', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
  });
  const proxy = await HttpProxy.start(t, [backend.port], { requestTimeoutMs: 50 });
  const client = await proxy.connect(t);
  client.write(get());
  assert.equal((await client.response()).status, 504);
  const peer = await backend.peer(0);
  await peer.untilEnded();
  assert.equal(proxy.counts(backend.port).active, 0);
});

test('the abort of a client reaches the target', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  for (const abort of ['destroy', 'resetAndDestroy'] as const) {
    const number = backend.peers.length;
    const client = await proxy.connect(t);
    client.write(get());
    const peer = await backend.peer(number);
    client.socket[abort]();
    await peer.untilEnded();
  }
});

test('an abort in the middle of a request body reaches the target', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(post('hello').slice(0, -1));
  const peer = await backend.peer(0);
  await peer.untilReceived('hell');
  client.socket.end();
  await peer.untilEnded();
  await client.untilEnded();
});

test('a client that ends its side after a whole request gets its response', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    await peer.untilEnded();
    peer.write(ok('hello'));
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.socket.end(get());
  assert.equal((await client.response()).body, 'hello');
  await client.untilEnded();
});

test('unbind closes idle connections to the target inside the swap', async (t) => {
  const backend = await ScriptedBackend.responding(t, 'hello');
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get());
  await client.response();
  const peer = await backend.peer(0);
  proxy.unbind(backend.port);
  client.write(get());
  assert.equal((await client.response()).status, 503);
  await peer.untilEnded();
});

test('a request that waits for a connect goes to another target if its target is unbound', async (t) => {
  const backend = await ScriptedBackend.responding(t, 'hello');
  const other = await ScriptedBackend.responding(t, 'other');
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  const { targets } = proxy.listener;
  const pick = targets.pick.bind(targets);
  // The swap happens in the same event-loop iteration as the pick, before the connection to the target can be open.
  targets.pick = (client, tried) => {
    const target = pick(client, tried);
    if (target?.port === backend.port) {
      queueMicrotask(() => {
        proxy.bind(other.port);
        proxy.unbind(backend.port);
      });
    }
    return target;
  };
  client.write(post('hello').slice(0, -2));
  await other.peer(0);
  client.write('lo');
  assert.equal((await client.response()).body, 'other');
  assert.equal(proxy.counts(backend.port).requests, 0);
  assert.deepEqual(proxy.passive, []);
});

test('an exchange continues to its end after the unbind, and its connection is not kept', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get());
  await client.untilReceived('hello');
  proxy.unbind(backend.port);
  assert.equal(proxy.counts(backend.port).active, 1);
  const peer = await backend.peer(0);
  peer.write('world');
  assert.equal((await client.response()).body, 'helloworld');
  await peer.untilEnded();
  assert.equal(proxy.counts(backend.port).active, 0);
  client.write(get());
  assert.equal((await client.response()).status, 503);
});

test('an exchange ends if it outlasts the unbind by the request timeout', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer, number) => {
    await peer.head();
    if (number === 0) peer.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
  });
  const proxy = await HttpProxy.start(t, [backend.port], { requestTimeoutMs: 200, drainMs: 50 });
  const client = await proxy.connect(t);
  client.write(get());
  await client.untilReceived('hello');
  proxy.unbind(backend.port);
  await client.untilEnded();
  await (await backend.peer(0)).untilEnded();
});

test('round robin applies to the requests of one connection', async (t) => {
  const backends = await Promise.all(['a', 'b', 'c'].map((name) => ScriptedBackend.responding(t, name)));
  const proxy = await HttpProxy.start(
    t,
    backends.map(({ port }) => port),
  );
  const client = await proxy.connect(t);
  for (let request = 0; request < 30; request++) {
    client.write(get());
    await client.response();
  }
  assert.deepEqual(
    backends.map(({ port }) => proxy.counts(port).requests),
    [10, 10, 10],
  );
});

test('an idle connection is closed before the target would close it', async (t) => {
  const backend = await ScriptedBackend.responding(t, 'hello');
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get());
  await client.response();
  const peer = await backend.peer(0);
  pool.checkDeadline(performance.now() + 3_900);
  client.write(get());
  await client.response();
  assert.equal(backend.peers.length, 1);
  pool.checkDeadline(performance.now() + 4_100);
  await peer.untilEnded();
});

test('unbinds and binds under load fail no request, and no request begins at an unbound target', async (t) => {
  const backends = await Promise.all(['a', 'b', 'c'].map((name) => ScriptedBackend.responding(t, name)));
  const ports = backends.map(({ port }) => port);
  const proxy = await HttpProxy.start(t, ports);
  let isOver = false;
  let requests = 0;
  const clients = Array.from({ length: 16 }, async (_, number) => {
    const client = await proxy.connect(t);
    while (!isOver) {
      client.write(number % 2 ? get() : post());
      assert.equal((await client.response()).status, 200);
      requests++;
    }
  });
  for (let change = 0; change < 100; change++) {
    const port = ports[change % 3] as number;
    proxy.unbind(port);
    const before = proxy.counts(port).requests;
    const seen = requests;
    await untilTrue(() => requests > seen + 20, 'requests to the other targets');
    assert.equal(proxy.counts(port).requests, before);
    proxy.bind(port);
  }
  isOver = true;
  await Promise.all(clients);
  for (const port of ports) assert.equal(proxy.counts(port).active, 0);
});
