// Client connections over time: idle, slow and upgraded ones, and those of a listening socket that closes or changes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpClientConnection } from '../../../../../../provider/runtime/embedded/http/exchange/client-connection.ts';
import { hexEnd } from '../../../../../../provider/runtime/embedded/io/acknowledged.ts';
import { untilTrue } from '../../../../../harness/engine/fixtures.ts';
import { get, ok, ScriptedBackend } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: echo\r\n';
const SWITCH = `HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}\r\n`;

function echo(t: Parameters<typeof ScriptedBackend.start>[0]): Promise<ScriptedBackend> {
  return ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write(`${SWITCH}hello `);
    peer.socket.on('data', (chunk) => peer.socket.write(chunk));
    peer.socket.on('end', () => peer.socket.end());
    if (peer.received !== '') peer.write(peer.received);
  });
}

test('an upgrade makes a tunnel, which carries early bytes and half-close', async (t) => {
  const backend = await echo(t);
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(`${get('/', UPGRADE)}early `);
  assert.equal(await client.head(), SWITCH);
  await client.untilReceived('hello early ');
  client.write('\0\xff');
  await client.untilReceived('hello early \0\xff');
  assert.equal(proxy.counts(backend.port).active, 1);
  client.socket.end('last');
  await client.untilEnded();
  assert.equal(client.received, 'hello early \0\xfflast');
  assert.equal(proxy.counts(backend.port).active, 0);
  assert.equal(proxy.clients, 0);
});

test('a response to a declined upgrade is a response like any other', async (t) => {
  const backend = await ScriptedBackend.responding(t, 'no');
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get('/', UPGRADE) + get());
  assert.equal((await client.response()).body, 'no');
  assert.equal((await client.response()).body, 'no');
});

test('an unrequested 101 becomes a 502', async (t) => {
  const backend = await echo(t);
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get('/', 'Connection: Upgrade\r\nUpgrade: h2c\r\n'));
  assert.equal((await client.response()).status, 502);
});

test('unbind resets a tunnel on both sides', async (t) => {
  const backend = await echo(t);
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get('/', UPGRADE));
  await client.untilReceived('hello ');
  const peer = await backend.peer(0);
  proxy.unbind(backend.port);
  await Promise.all([client.untilEnded(), peer.untilEnded()]);
  assert.equal(client.error?.code, 'ECONNRESET');
  assert.equal(peer.error?.code, 'ECONNRESET');
});

test("a tunnel outlives the unbind by the listener's drain time", async (t) => {
  const backend = await echo(t);
  const proxy = await HttpProxy.start(t, [backend.port], { drainMs: 300 });
  const client = await proxy.connect(t);
  client.write(get('/', UPGRADE));
  await client.untilReceived('hello ');
  proxy.unbind(backend.port);
  client.write('still');
  await client.untilReceived('still');
  await client.untilEnded();
  assert.equal(client.error?.code, 'ECONNRESET');
});

test('an idle tunnel is closed', async (t) => {
  const backend = await echo(t);
  const proxy = await HttpProxy.start(t, [backend.port], { idleTimeoutMs: 50 });
  const client = await proxy.connect(t);
  client.write(get('/', UPGRADE));
  await client.untilEnded();
});

for (const tunnelIdleTimeoutMs of [0, 30_000]) {
  test(`a tunnel has an idle time of its own (${tunnelIdleTimeoutMs} ms)`, async (t) => {
    const backend = await echo(t);
    const proxy = await HttpProxy.start(t, [backend.port], { idleTimeoutMs: 50, tunnelIdleTimeoutMs });
    const client = await proxy.connect(t);
    client.write(get('/', UPGRADE));
    await client.untilReceived('hello ');
    await delay(400);
    client.write('still');
    await client.untilReceived('still');
  });
}

for (const type of ['text/event-stream', 'Text/Event-Stream;charset=utf-8', 'application/grpc+proto']) {
  test(`a stream of events has the idle time of a tunnel, other responses have not (${type})`, async (t) => {
    const isCut = Promise.withResolvers<void>();
    const backend = await ScriptedBackend.start(t, async (peer) => {
      const head = await peer.head();
      const sent = head.startsWith('GET /stream ') ? type : 'text/plain; x=text/event-stream';
      peer.write(`HTTP/1.1 200 OK\r\nContent-Type: ${sent}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n`);
      await isCut.promise;
      peer.write('3\r\ntwo\r\n0\r\n\r\n');
    });
    const proxy = await HttpProxy.start(t, [backend.port], { idleTimeoutMs: 50, tunnelIdleTimeoutMs: 0 });
    const [stream, other] = [await proxy.connect(t), await proxy.connect(t)];
    stream.write(get('/stream'));
    other.write(get('/other'));
    await other.untilEnded();
    isCut.resolve();
    assert.equal((await stream.response()).body, 'onetwo');
  });
}

test('TCP keep-alive is on for clients and targets', async (t) => {
  const backend = await echo(t);
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get('/', UPGRADE));
  await client.untilReceived('hello ');
  const isKept = (from: number, to: number) => {
    const [a, b] = [hexEnd('127.0.0.1', from), hexEnd('127.0.0.1', to)];
    // The timer 02 is the one of keep-alive, which runs while nothing is outstanding.
    return new RegExp(`${a} ${b} 01 \\w+:\\w+ 02:`).test(readFileSync('/proc/self/net/tcp', 'latin1'));
  };
  const { remotePort = 0 } = (await backend.peer(0)).socket;
  const { localPort = 0 } = client.socket;
  await untilTrue(() => isKept(proxy.port, localPort) && isKept(remotePort, backend.port), 'both keep-alive timers');
});

test('an idle client connection is closed without a response', async (t) => {
  const proxy = await HttpProxy.start(t, [], { idleTimeoutMs: 50 });
  const client = await proxy.connect(t);
  await client.untilEnded();
  assert.equal(client.received, '');
});

test('an incomplete head gets a 408', async (t) => {
  const proxy = await HttpProxy.start(t, [], { idleTimeoutMs: 50 });
  const client = await proxy.connect(t);
  client.write('GET / HTTP/1.1\r\nHost');
  assert.equal((await client.response()).status, 408);
  await client.untilEnded();
});

test('a request body that stops gets a 408, and the connection to the target closes', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
  });
  const proxy = await HttpProxy.start(t, [backend.port], { idleTimeoutMs: 50 });
  const client = await proxy.connect(t);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel');
  assert.equal((await client.response()).status, 408);
  await client.untilEnded();
  const peer = await backend.peer(0);
  await peer.untilEnded();
});

test('a response that stops ends the client connection', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
  });
  const proxy = await HttpProxy.start(t, [backend.port], { idleTimeoutMs: 50 });
  const client = await proxy.connect(t);
  client.write(get());
  await client.untilEnded();
  assert.match(client.received, /hello$/);
});

test('an open connection is trusted only while its listener trusts the network', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    for (;;) peer.write(ok(await peer.head()));
  });
  const proxy = await HttpProxy.start(t, [backend.port], { trustedProxies: ['127.0.0.0/8'] });
  const client = await proxy.connect(t);
  const told = async () => {
    client.write(get('/', 'X-Forwarded-For: 192.0.2.1\r\n'));
    return /X-Forwarded-For: (.*)\r\n/.exec((await client.response()).body)?.[1];
  };
  assert.equal(await told(), '192.0.2.1, 127.0.0.1');
  proxy.listener.settings = { ...proxy.listener.settings, trustedProxies: ['10.0.0.0/8'] };
  assert.equal(await told(), '127.0.0.1');
  proxy.listener.settings = { ...proxy.listener.settings, trustedProxies: ['127.0.0.1/32'] };
  assert.equal(await told(), '192.0.2.1, 127.0.0.1');
});

test('a drain closes idle connections at once and lets an exchange finish with Connection: close', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const [idle, busy] = [await proxy.connect(t), await proxy.connect(t)];
  busy.write(get());
  const peer = await backend.peer(0);
  proxy.listeningSocket.closeConnections();
  await idle.untilEnded();
  peer.write(ok('hello'));
  const response = await busy.response();
  assert.match(response.head, /^Connection: close\r$/m);
  assert.equal(response.body, 'hello');
  await busy.untilEnded();
});

test('a closing listening socket responds to the next request with Connection: close', async (t) => {
  const backend = await ScriptedBackend.responding(t, 'hello');
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get());
  assert.doesNotMatch((await client.response()).head, /Connection/);
  await proxy.listeningSocket.close();
  client.write(get());
  assert.match((await client.response()).head, /^Connection: close\r$/m);
  await client.untilEnded();
});

test('a closing listening socket ends idle connections after exactly 5 s', async (t) => {
  const proxy = await HttpProxy.start(t, []);
  const { listeningSocket } = proxy;
  const track = listeningSocket.track.bind(listeningSocket);
  const tracked: HttpClientConnection[] = [];
  listeningSocket.track = (connection) => {
    tracked.push(connection as HttpClientConnection);
    track(connection);
  };
  const [early, late] = [await proxy.connect(t), await proxy.connect(t)];
  await untilTrue(() => tracked.length === 2, 'both connections');
  await listeningSocket.close();
  // The deadline checks of the next five seconds are called at once, so that the test need not wait.
  const closedAt = performance.now();
  for (const connection of tracked) connection.checkDeadline(closedAt);
  for (const connection of tracked) connection.checkDeadline(closedAt + 4_900);
  early.write(get());
  assert.equal((await early.response()).status, 503);
  for (const connection of tracked) connection.checkDeadline(closedAt + 5_000);
  await late.untilEnded();
  assert.equal(late.received, '');
});

test('the next request uses the listener that the listening socket serves at that time', async (t) => {
  const [old, next] = [await ScriptedBackend.responding(t, 'old'), await ScriptedBackend.responding(t, 'next')];
  const proxy = await HttpProxy.start(t, [old.port]);
  const other = await HttpProxy.start(t, [next.port]);
  const client = await proxy.connect(t);
  client.write(get());
  assert.equal((await client.response()).body, 'old');
  proxy.listeningSocket.serve(other.listener);
  client.write(get());
  assert.equal((await client.response()).body, 'next');
  other.listener.settings = { ...other.listener.settings, protocol: 'TCP' };
  client.write(get());
  await client.untilEnded();
  assert.equal(client.received, '');
});

test('a target that switches protocols after its unbind gets no upgraded connection', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    proxy.unbind(backend.port);
    peer.write(`HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}\r\n`);
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get('/', UPGRADE));
  assert.match(await client.head(), /^HTTP\/1\.1 502 /);
  await untilTrue(() => proxy.counts(backend.port).active === 0, 'no connection to the target');
});
