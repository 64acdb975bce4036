// The served state of a worker, without a thread around it: nothing happens between two steps of a test.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { acceptHttp } from '../../../../../provider/runtime/embedded/http/exchange/accept.ts';
import { SharedState } from '../../../../../provider/runtime/embedded/main-thread/shared-state.ts';
import { toEndpoint } from '../../../../../provider/runtime/embedded/shared/endpoint.ts';
import { createRateBuckets, RateBuckets } from '../../../../../provider/runtime/embedded/shared/rate-buckets.ts';
import { acceptTcp } from '../../../../../provider/runtime/embedded/tcp/accept.ts';
import { ServedState } from '../../../../../provider/runtime/embedded/worker/served-state.ts';
import {
  freePort,
  listenerSnapshot,
  listenOn,
  snapshot,
  TcpClient,
  target,
  UNCHECKED,
  untilTrue,
} from '../../../../harness/engine/fixtures.ts';

test('a drain closes idle connections and responds to requests that are in the kernel, incomplete, or of a new client', async (t) => {
  const backend = createServer((_request, response) => response.end('hello'));
  const targets = [target(await listenOn(t, backend))];
  const web = listenerSnapshot('web', await freePort(), targets, { protocol: 'HTTP' });
  const served = new ServedState({
    workerId: 0,
    workers: 1,
    rates: new RateBuckets(createRateBuckets()),
    isPortShared: false,
    acceptors: { TCP: acceptTcp, HTTP: acceptHttp, HTTPS: () => assert.fail() },
    rejecters: {},
    log: () => {},
    onPassive: () => {},
    onCapacity: () => {},
  });
  await served.swap(new SharedState(1).advance(snapshot(1, [web]), UNCHECKED, [toEndpoint(web)]));
  const [kept, idle] = [new TcpClient(t, web.port), new TcpClient(t, web.port)];
  const [fresh, late, half] = [new TcpClient(t, web.port), new TcpClient(t, web.port), new TcpClient(t, web.port)];
  const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  for (const { socket } of [kept, idle]) socket.write(request);
  half.socket.write(`${request}GET / HTTP/1.1\r\n`);
  await untilTrue(() => [kept, idle, half].every(({ text }) => text.endsWith('hello')), 'a response');
  await untilTrue(() => [fresh, late].every(({ socket }) => !socket.connecting), 'connections');
  // The request is written to the kernel in this event-loop iteration, and no iteration reads it before the drain.
  for (const { socket } of [kept, fresh]) socket.write(request);
  const drained = served.close();
  await endOf(idle);
  assert.doesNotMatch(idle.text, /hello.*hello/s);
  late.socket.write(request);
  half.socket.write('Host: a\r\n\r\n');
  await Promise.all([drained, ...[kept, fresh, late, half].map((client) => endOf(client))]);
  for (const { text } of [kept, half]) assert.match(text, /hello.*Connection: close.*hello$/s);
  for (const { text } of [fresh, late]) assert.match(text, /Connection: close.*hello$/s);
});

/** Waits for the end that the server sends, then ends the client's side, so that the connection is closed. */
async function endOf(client: TcpClient): Promise<void> {
  await untilTrue(() => client.hasEnded, 'the end');
  client.socket.end();
}
