// The connections of a target: each counts from the pick on until its flow or exchange is over.
import assert from 'node:assert/strict';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import { acceptHttp } from '../../../../../provider/runtime/embedded/http/exchange/accept.ts';
import type { Target } from '../../../../../provider/runtime/embedded/serving/target.ts';
import {
  type StreamProtocol,
  TcpListeningSocket,
} from '../../../../../provider/runtime/embedded/serving/tcp-listening-socket.ts';
import { countersMaker } from '../../../../../provider/runtime/embedded/shared/counters.ts';
import { toEndpoint } from '../../../../../provider/runtime/embedded/shared/endpoint.ts';
import { createListenerCounters } from '../../../../../provider/runtime/embedded/shared/listener-counters.ts';
import { acceptTcp } from '../../../../../provider/runtime/embedded/tcp/accept.ts';
import {
  freePort,
  fullPort,
  listenerSnapshot,
  listenOn,
  settings,
  TcpClient,
  target,
  untilTrue,
  workerListener,
} from '../../../../harness/engine/fixtures.ts';
import { engineWorldOf } from '../../../../harness/engine/world.ts';

/** A listening socket in this thread with one target. Returns the target and the socket's port. */
async function bindTarget(t: TestContext, protocol: StreamProtocol, targetPort: number): Promise<[number, Target]> {
  const port = await freePort();
  const ofListener = { ...settings('web', port), protocol };
  const acceptors = { TCP: acceptTcp, HTTP: acceptHttp, HTTPS: () => assert.fail('no TLS here') };
  const context = { acceptors, rejecters: {}, isPortShared: false, log: () => {} };
  const listeningSocket = await TcpListeningSocket.open(toEndpoint(ofListener), context);
  t.after(() => listeningSocket.close());
  const served = workerListener(ofListener, createListenerCounters(1));
  const bound = { target: target(targetPort), health: 'healthy', begunAtMs: undefined, number: 1, slot: 0 } as const;
  served.targets.update({ upserted: [{ ...bound, counters: countersMaker(1)() }] });
  listeningSocket.serve(served);
  return [port, served.targets.pick({ remoteAddress: '' }) as Target];
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

for (const protocol of ['TCP', 'HTTP'] as const) {
  test(`${protocol}: a connect in progress counts until the client is gone`, async (t) => {
    const [port, picked] = await bindTarget(t, protocol, await fullPort(t));
    const client = new TcpClient(t, port);
    client.socket.write(GET);
    await untilTrue(() => picked.connections === 1, 'the pick');
    client.socket.resetAndDestroy();
    await untilTrue(() => picked.connections === 0, 'its end');
  });

  test(`${protocol}: a refused connect does not count any more`, async (t) => {
    const [port, picked] = await bindTarget(t, protocol, await freePort());
    const client = new TcpClient(t, port);
    client.socket.write(GET);
    await untilTrue(() => client.isReset || client.text.startsWith('HTTP/1.1 502'), 'the failure');
    assert.equal(picked.connections, 0);
  });

  test(`${protocol}: an open flow or exchange counts once, and not after its end`, async (t) => {
    const sockets: net.Socket[] = [];
    const server = net.createServer((socket) => sockets.push(socket.on('error', () => {})));
    const [port, picked] = await bindTarget(t, protocol, await listenOn(t, server));
    const client = new TcpClient(t, port);
    for (let request = 0; request < 2; request++) {
      const seen = sockets[0]?.bytesRead ?? 0;
      client.socket.write(GET);
      await untilTrue(() => (sockets[0]?.bytesRead ?? 0) > seen, 'the request');
      assert.equal(picked.connections, 1);
      sockets[0]?.write(RESPONSE);
      await untilTrue(() => client.text.length === (request + 1) * RESPONSE.length, 'the response');
      assert.equal(picked.connections, protocol === 'TCP' ? 1 : 0);
    }
    client.socket.destroy();
    sockets[0]?.destroy();
    await untilTrue(() => picked.connections === 0, 'the end');
  });
}

test('a burst of connects does not go only to the target that was idle at its start', async (t) => {
  const { serve, echo, connect } = engineWorldOf(t, { workers: 1 });
  const [a, b] = [await echo('a'), await echo('b')];
  const port = await freePort();
  const served = (ports: readonly number[]) =>
    listenerSnapshot(
      'web',
      port,
      ports.map((each) => target(each)),
      {},
      { algorithm: 'weighted-least-connections' },
    );
  const burst = async (size: number) => {
    const clients = Array.from({ length: size }, () => connect(port));
    await Promise.all(clients.map((client) => client.name()));
  };
  await serve([served([a.port])]);
  await burst(20);
  await serve([served([a.port, b.port])]);
  await burst(40);
  assert.deepEqual([a.accepted, b.accepted], [30, 30]);
});
