// Requests and responses over real sockets: order, bodies, early and interim responses, and rejected requests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, ok, ScriptedBackend } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';

const post = (body: string, lines = ''): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n${lines}\r\n${body}`;

test('pipelined requests get their responses in order on one connection to the target', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    for (;;) {
      const head = await peer.head();
      peer.write(ok(head.slice(4, head.indexOf(' HTTP'))));
    }
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  const targets = Array.from({ length: 200 }, (_, index) => `/${index}`);
  client.write(targets.map((target) => get(target)).join(''));
  for (const target of targets) assert.equal((await client.response()).body, target);
  assert.equal(backend.peers.length, 1);
  assert.deepEqual(proxy.counts(backend.port), { requests: 200, active: 0 });
});

test('a head and a body that arrive byte by byte are one request', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    const head = await peer.head();
    peer.write(ok(await peer.body(5), head.includes('Content-Length: 5') ? 'X-Length: right\r\n' : ''));
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  for (const byte of post('hello')) {
    client.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const response = await client.response();
  assert.equal(response.body, 'hello');
  assert.match(response.head, /X-Length: right/);
});

test('the chunks of a request are framed again and its trailers pass', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    await peer.untilReceived('X-Sum: 1\r\n\r\n');
    peer.write(ok(''));
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n');
  client.write('2;a=b\r\nhe\r\n003\r\nllo\r\n0\r\nX-Sum: 1\r\nContent-Length: 7\r\n\r\n');
  assert.equal((await client.response()).status, 200);
  assert.equal(backend.peers[0]?.received, '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n');
});

test('the trailers of a response pass', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 1\r\nHost: b\r\n\r\n',
    );
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get());
  await client.untilReceived('X-Sum: 1\r\n\r\n');
  assert.equal(client.received.split('\r\n\r\n').slice(1).join('\r\n\r\n'), '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n');
});

for (const [what, response, isHead] of [
  ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', true],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', false],
  ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', false],
] as const) {
  test(`${what} has no body, and the connections are kept on both sides`, async (t) => {
    const backend = await ScriptedBackend.start(t, async (peer) => {
      for (;;) {
        await peer.head();
        peer.write(response);
      }
    });
    const proxy = await HttpProxy.start(t, [backend.port]);
    const client = await proxy.connect(t);
    for (let round = 0; round < 2; round++) {
      client.write(get().replace('GET', isHead ? 'HEAD' : 'GET'));
      assert.equal((await client.response(isHead)).head, response);
    }
    assert.equal(client.received, '');
    assert.equal(backend.peers.length, 1);
  });
}

test('the body of a request with 100-continue is sent when the target has asked for it', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    assert.match(await peer.head(), /^Expect: 100-continue\r$/m);
    peer.write('HTTP/1.1 100 Continue\r\n\r\n');
    peer.write(ok(await peer.body(5)));
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
  assert.equal((await client.response()).status, 100);
  client.write('hello');
  const response = await client.response();
  assert.equal(response.body, 'hello');
  assert.doesNotMatch(response.head, /Connection: close/);
});

test('interim responses reach HTTP/1.1 clients but not HTTP/1.0 clients', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    for (;;) {
      await peer.head();
      peer.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n');
      peer.write(ok('hello'));
    }
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get());
  const statuses = [await client.response(), await client.response(), await client.response()].map(
    ({ status }) => status,
  );
  assert.deepEqual(statuses, [103, 102, 200]);
  const old = await proxy.connect(t);
  old.write('GET / HTTP/1.0\r\n\r\n');
  assert.equal((await old.response()).status, 200);
});

test('an early response reaches a client that still sends, and both connections close', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig');
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\npart');
  const response = await client.response();
  assert.equal(response.status, 413);
  assert.match(response.head, /^Connection: close\r$/m);
  assert.equal(response.body, 'big');
  client.write('more');
  await client.untilEnded();
  await (await backend.peer(0)).untilEnded();
});

test('an early response is read although the target has already reset the connection', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig');
    // The target closes with unread input, which makes the close a reset.
    peer.socket.pause();
    peer.socket.destroySoon();
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n${'x'.repeat(3_000_000)}`);
  assert.equal((await client.response()).status, 413);
});

test('an early response and its request continue at the same time', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (const _ of 'abc') {
      const byte = await peer.body(1);
      peer.write(`1\r\n${byte}\r\n`);
    }
    peer.write('0\r\n\r\n');
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n');
  await client.head();
  for (const byte of 'abc') {
    client.write(byte);
    await client.untilReceived(byte);
  }
  await client.untilReceived('0\r\n\r\n');
});

test('an HTTP/1.0 client gets the data of a chunked response without chunks, and then the end', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    assert.match(await peer.head(), /^GET \/ HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/);
    peer.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n');
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  await client.untilEnded();
  assert.equal(client.received, 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello');
});

test('an HTTP/1.0 client that asks for it keeps its connection', async (t) => {
  const backend = await ScriptedBackend.responding(t, 'hello');
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  for (let round = 0; round < 2; round++) {
    client.write('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    assert.match((await client.response()).head, /^Connection: keep-alive\r$/m);
  }
});

test('a response that ends with its connection reaches the client whole on a kept connection', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write('HTTP/1.1 200 OK\r\n\r\nhel');
    peer.write('lo');
    peer.socket.end();
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  for (let round = 0; round < 2; round++) {
    client.write(get());
    assert.equal((await client.response()).body, 'hello');
  }
  assert.equal(backend.peers.length, 2);
});

for (const [framing, head] of [
  ['length', 'Content-Length: 10\r\n'],
  ['chunks', 'Transfer-Encoding: chunked\r\n'],
] as const) {
  test(`a response by ${framing} that is cut short is not a whole response for the client`, async (t) => {
    const backend = await ScriptedBackend.start(t, async (peer) => {
      await peer.head();
      peer.write(`HTTP/1.1 200 OK\r\n${head}\r\n5\r\nhel`);
      peer.socket.end();
    });
    const proxy = await HttpProxy.start(t, [backend.port]);
    const client = await proxy.connect(t);
    client.write(get());
    await client.untilEnded();
    assert.match(client.received, /hel(\r\n)?$/);
  });
}

test('a reset within a response without a length is a reset for an HTTP/1.0 client', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write('HTTP/1.1 200 OK\r\n\r\nhel');
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write('GET / HTTP/1.0\r\n\r\n');
  await client.untilReceived('hel');
  backend.peers[0]?.socket.resetAndDestroy();
  await client.untilEnded();
  assert.equal(client.error?.code, 'ECONNRESET');
});

for (const [what, response] of [
  ['a malformed head', 'HTTP/1.1 200 OK\r\nX Y: 1\r\n\r\n'],
  ['two framings', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['malformed chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
  ['an over-long head', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}`],
  ['endless interim responses', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(101)],
] as const) {
  test(`${what} becomes a 502, and the connection to the target closes`, async (t) => {
    const backend = await ScriptedBackend.start(t, async (peer) => {
      await peer.head();
      peer.write(response);
    });
    const proxy = await HttpProxy.start(t, [backend.port]);
    const client = await proxy.connect(t);
    client.write(get());
    let last = await client.response();
    while (last.status < 200) last = await client.response();
    assert.equal(last.status, 502);
    assert.doesNotMatch(last.head, /Connection: close/);
    await (await backend.peer(0)).untilEnded();
  });
}

test('bytes after a response close the connection to the target and reach no client', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer, number) => {
    await peer.head();
    peer.write(ok(`${number}`) + (number === 0 ? ok('poison') : ''));
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  for (const body of ['0', '1']) {
    client.write(get());
    assert.equal((await client.response()).body, body);
  }
  await (await backend.peer(0)).untilEnded();
});

test('a pooled connection closes if bytes come while it is idle', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer, number) => {
    await peer.head();
    peer.write(ok(`${number}`));
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get());
  await client.response();
  const peer = await backend.peer(0);
  peer.write(ok('poison'));
  await peer.untilEnded();
  client.write(get());
  assert.equal((await client.response()).body, '1');
});

for (const [what, raw, status] of [
  ['a malformed head', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
  ['a malformed chunk', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n', 400],
  ['a chunk without its end', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX', 400],
  ['a malformed trailer', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX : 1\r\n\r\n', 400],
  ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
] as const) {
  test(`${what} closes the connection, and later requests are not read`, async (t) => {
    const backend = await ScriptedBackend.responding(t, 'hello');
    const proxy = await HttpProxy.start(t, [backend.port]);
    const client = await proxy.connect(t);
    client.write(raw + get('/smuggled'));
    const response = await client.response();
    assert.equal(response.status, status);
    assert.match(response.head, /^Connection: close\r$/m);
    await client.untilEnded();
    assert.equal(client.received, '');
    assert.equal(backend.peers.length, 0);
  });
}

test('a body with a length that looks like a request is a body', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    for (;;) {
      const length = /^Content-Length: (\d+)/m.exec(await peer.head())?.[1] ?? '0';
      peer.write(ok(await peer.body(Number(length))));
    }
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  const smuggled = get('/smuggled');
  client.write(post(smuggled) + get('/next', 'Connection: Content-Length\r\n'));
  assert.equal((await client.response()).body, smuggled);
  assert.equal((await client.response()).body, '');
  assert.equal(proxy.counts(backend.port).requests, 2);
});
