// The main thread's sockets, for which any process of the machine can ask: only a worker, which has the secret, gets them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ListeningHandles } from '../../../../../provider/runtime/embedded/main-thread/listening-handles.ts';
import type { Endpoint } from '../../../../../provider/runtime/embedded/shared/endpoint.ts';
import { endpointName } from '../../../../../provider/runtime/embedded/shared/endpoint.ts';
import { PassedHandles } from '../../../../../provider/runtime/embedded/worker/passed-handles.ts';
import { freePort } from '../../../../harness/engine/fixtures.ts';

test('a stranger gets no socket, and keeps no worker from its own', async (t) => {
  const endpoint: Endpoint = { transport: 'tcp', address: '127.0.0.1', port: await freePort() };
  const name = endpointName(endpoint);
  const handles = new ListeningHandles(1);
  t.after(() => handles.destroy());
  assert.equal(handles.bind(endpoint), undefined);
  const questions = [
    { secret: 'guessed', workerId: 0, endpoint: name },
    { secret: { toString: 1 }, workerId: 0, endpoint: name },
    { workerId: 0, endpoint: name },
  ];
  for (const message of questions) {
    const stranger = connect({ path: handles.at.path });
    stranger.write(`${JSON.stringify({ message, hasHandle: false })}\n`);
    const received: Buffer[] = [];
    stranger.on('data', (bytes) => received.push(bytes));
    await once(stranger, 'close');
    assert.deepEqual(received, []);
  }
  const silent = Array.from({ length: 100 }, () => connect({ path: handles.at.path }).on('error', () => {}));
  const passed = await new PassedHandles(handles.at, 0).of(name);
  assert.equal(passed.length, 1);
  for (const handle of passed) handle.close();
  for (const stranger of silent) stranger.destroy();
});
