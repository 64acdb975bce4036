// Counters of HTTP exchanges by listener and target, with local responses counted apart from responses of targets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilTrue } from '../../../../../harness/engine/fixtures.ts';
import { get, ok, ScriptedBackend } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';

const finishedOf = ({ traffic }: HttpProxy) => traffic.durations.reduce((sum, count) => sum + count, 0);

test('responses of a target count for the target and the listener, each with a duration', async (t) => {
  const responses = [ok('a'), 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', ok('b')];
  const backend = await ScriptedBackend.start(t, async (peer) => {
    for (const response of responses) {
      await peer.head();
      peer.write(response);
    }
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  for (const _ of responses) {
    client.write(get());
    await client.response();
  }
  assert.deepEqual(proxy.responses(backend.port), [0, 2, 0, 1, 0]);
  const { connections, openConnections, requests, targetResponses, localResponses, durationSumMs } = proxy.traffic;
  assert.deepEqual([connections, openConnections, requests], [1, 1, 3]);
  assert.deepEqual(
    [targetResponses, localResponses],
    [
      [0, 2, 0, 1, 0],
      [0, 0, 0, 0, 0],
    ],
  );
  assert.equal(finishedOf(proxy), 3);
  assert.ok(durationSumMs > 0);
  client.socket.destroy();
  await untilTrue(() => proxy.traffic.openConnections === 0, 'the end of the connection');
  assert.equal(proxy.traffic.connections, 1);
});

test('rejected requests, missing targets and malformed responses count as local responses', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx');
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const malformed = await proxy.connect(t);
  malformed.write(get());
  assert.equal((await malformed.response()).status, 502);
  proxy.unbind(backend.port);
  const nobody = await proxy.connect(t);
  nobody.write(get());
  assert.equal((await nobody.response()).status, 503);
  nobody.write('GET / HTTP/1.1\r\n\r\n');
  assert.equal((await nobody.response()).status, 400);
  const { requests, targetResponses, localResponses } = proxy.traffic;
  assert.deepEqual(targetResponses, [0, 0, 0, 0, 0]);
  assert.deepEqual(localResponses, [0, 0, 0, 1, 2]);
  // The rejected request does not count, because it never became an exchange.
  assert.equal(requests, 2);
  assert.equal(finishedOf(proxy), 2);
  assert.deepEqual(proxy.responses(backend.port), [0, 0, 0, 0, 0]);
});

test('a response has no duration if the client is gone or the response breaks off', async (t) => {
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    peer.socket.end();
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(get());
  await client.untilEnded();
  await untilTrue(() => proxy.traffic.openConnections === 0, 'the end of the connection');
  assert.deepEqual(proxy.traffic.targetResponses, [0, 1, 0, 0, 0]);
  assert.equal(finishedOf(proxy), 0);
});
