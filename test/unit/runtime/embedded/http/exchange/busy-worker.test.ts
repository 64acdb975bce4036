// A worker that is busy for longer than a time limit: no peer is late whose bytes waited in the kernel meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok, ScriptedBackend } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';

/** Long compared with the rest of a test on a busy machine. */
const LIMIT_MS = 1_000;
const LIMITS = { idleTimeoutMs: LIMIT_MS, requestTimeoutMs: LIMIT_MS };

/** Keeps the event loop of the worker busy, which is that of the test. */
function busy(): void {
  for (const startedAt = performance.now(); performance.now() - startedAt < 1.5 * LIMIT_MS; );
}

test('a client of a busy worker gets the response to its next request', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    for (;;) {
      await peer.head();
      peer.write(ok('whole'));
    }
  });
  const proxy = await HttpProxy.start(t, [backend.port], LIMITS);
  const client = await proxy.connect(t);
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response()).body, 'whole');
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  busy();
  assert.equal((await client.response()).body, 'whole');
});

test('a client of a busy worker sends the rest of its body, and a target the rest of its response', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    await peer.body(10);
    peer.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
    await peer.untilEnded();
  });
  const proxy = await HttpProxy.start(t, [backend.port], LIMITS);
  const client = await proxy.connect(t);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
  const target = await backend.peer(0);
  await target.untilReceived('hello');
  client.write('world');
  busy();
  await client.head();
  await client.untilReceived('hello');
  target.write('world');
  busy();
  assert.equal(await client.body(10), 'helloworld');
});
