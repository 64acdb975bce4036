// The time that a request's body may take, and the rate at which it has to come.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ListenerSettings } from '../../../../../../provider/runtime/embedded/shared/messages.ts';
import { ok, ScriptedBackend, type ScriptedClient } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';

const LONG_BODY = 'Content-Length: 1000000';
const CHUNKED = 'Transfer-Encoding: chunked';

function post(line: string): string {
  return `POST / HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`;
}

/** Sends a text again and again until the client has got something, or until the connection ends. */
async function trickle(client: ScriptedClient, text: string, everyMs = 10): Promise<void> {
  while (client.received === '' && !client.isEnded && !client.isClosed) {
    client.write(text);
    await delay(everyMs);
  }
}

/** A target that reads a whole request with a body of a known length and responds. */
function patient(t: TestContext, length: number): Promise<ScriptedBackend> {
  return ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    await peer.body(length);
    peer.write(ok('whole'));
  });
}

const LIMITS: [what: string, options: Partial<ListenerSettings>][] = [
  ['a body that takes longer than the listener allows', { requestBodyTimeoutMs: 200 }],
  ['a body that is slower than the listener allows', { requestBodyMinRate: 10_000, idleTimeoutMs: 200 }],
];
for (const [what, options] of LIMITS) {
  for (const [line, text] of [
    [LONG_BODY, 'x'],
    [CHUNKED, '1\r\nx\r\n'],
  ] as const) {
    test(`${what} gets a 408, however steadily it comes (${line})`, async (t) => {
      const backend = await patient(t, 1_000_000);
      const proxy = await HttpProxy.start(t, [backend.port], options);
      const client = await proxy.connect(t);
      client.write(post(line));
      await trickle(client, text);
      assert.equal((await client.response()).status, 408);
      await (await backend.peer(0)).untilEnded();
      assert.deepEqual(proxy.passive, [], 'the target is not blamed');
    });
  }
}

test('a body that comes within its time and at its rate is passed on', async (t) => {
  const backend = await patient(t, 40 * 1000);
  const proxy = await HttpProxy.start(t, [backend.port], {
    requestBodyTimeoutMs: 20_000,
    requestBodyMinRate: 10_000,
    idleTimeoutMs: 200,
  });
  const client = await proxy.connect(t);
  client.write(post('Content-Length: 40000'));
  for (let sent = 0; sent < 40; sent++) {
    client.write('x'.repeat(1000));
    await delay(15);
  }
  assert.equal((await client.response()).body, 'whole');
});

test('the limits of a body end when the response begins', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    await peer.body(60);
    peer.write('3\r\nend\r\n0\r\n\r\n');
  });
  const limits = { requestBodyTimeoutMs: 200, requestBodyMinRate: 10_000, idleTimeoutMs: 300 };
  const proxy = await HttpProxy.start(t, [backend.port], limits);
  const client = await proxy.connect(t);
  client.write(post('Content-Length: 60'));
  await client.head();
  for (let sent = 0; sent < 60; sent++) {
    client.write('x');
    await delay(15);
  }
  await client.untilReceived('end');
});

test('a client that waits for 100 Continue is not late before the target has asked for the body', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    await delay(500);
    peer.write('HTTP/1.1 100 Continue\r\n\r\n');
    await peer.body(5);
    peer.write(ok('whole'));
  });
  const proxy = await HttpProxy.start(t, [backend.port], { requestBodyTimeoutMs: 200, requestBodyMinRate: 1_000 });
  const client = await proxy.connect(t);
  client.write(post('Content-Length: 5\r\nExpect: 100-continue'));
  await client.head();
  client.write('hello');
  assert.equal((await client.response()).body, 'whole');
});

test('a client that waits for 100 Continue owes its body from the 100 on, and its target a response until then', async (t) => {
  const idleTimeoutMs = 600;
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    await delay(2 * idleTimeoutMs);
    peer.write('HTTP/1.1 100 Continue\r\n\r\n');
    await peer.body(5);
    peer.write(ok('whole'));
  });
  const request = post('Content-Length: 5\r\nExpect: 100-continue');
  const proxy = await HttpProxy.start(t, [backend.port], { idleTimeoutMs, requestTimeoutMs: 60_000 });
  const [asked, silent] = [await proxy.connect(t), await proxy.connect(t)];
  asked.write(request);
  silent.write(request);
  await asked.head();
  asked.write('hello');
  assert.equal((await asked.response()).body, 'whole');
  await silent.head();
  assert.equal((await silent.response()).status, 408);

  const hasty = await HttpProxy.start(t, [backend.port], { idleTimeoutMs: 60_000, requestTimeoutMs: 300 });
  const client = await hasty.connect(t);
  client.write(request);
  assert.equal((await client.response()).status, 504);
});

test('a client is not slow while its target does not take the body', async (t) => {
  const length = 12 * 1024 * 1024;
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.socket.pause();
    await delay(450);
    peer.socket.resume();
    await peer.body(length);
    peer.write(ok('whole'));
  });
  const limits = { requestBodyMinRate: 1_000, idleTimeoutMs: 300 };
  const proxy = await HttpProxy.start(t, [backend.port], limits);
  const client = await proxy.connect(t);
  client.write(post(`Content-Length: ${length}`));
  client.write('x'.repeat(length));
  const { status } = await client.response();
  assert.notEqual(status, 408);
});
