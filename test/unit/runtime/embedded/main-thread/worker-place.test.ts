// Replacement of workers that end: the new worker serves the present snapshot, and other workers go on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createDescriptorCounters } from '../../../../../provider/runtime/embedded/io/descriptors.ts';
import { SharedState } from '../../../../../provider/runtime/embedded/main-thread/shared-state.ts';
import { WorkerPlace } from '../../../../../provider/runtime/embedded/main-thread/worker-place.ts';
import { toEndpoint } from '../../../../../provider/runtime/embedded/shared/endpoint.ts';
import { createRateBuckets } from '../../../../../provider/runtime/embedded/shared/rate-buckets.ts';
import {
  echoTarget,
  freePort,
  listenerSnapshot,
  snapshot,
  TcpClient,
  target,
  UNCHECKED,
  untilTrue,
  visit,
} from '../../../../harness/engine/fixtures.ts';
import { engineWorldOf } from '../../../../harness/engine/world.ts';

test('an ended worker is replaced; its flows are cut and uncounted, and those of other workers stay', async (t) => {
  const { engine, serve, echo, connect, visit } = engineWorldOf(t);
  const a = await echo('a');
  const port = await freePort();
  const web = listenerSnapshot('web', port, [target(a.port)]);
  await serve([web]);
  const clients = Array.from({ length: 40 }, () => connect(port));
  await Promise.all(clients.map((client) => client.name()));
  const [ended, kept] = engine.status().workers.map(({ connections }) => connections) as [number, number];
  assert.equal(ended + kept, 40);
  assert.equal(await engine.endWorker(0), true);
  assert.equal(await engine.endWorker(2), false);
  await untilTrue(() => engine.status().workers.every(({ version }) => version === 1), 'the new worker');
  assert.deepEqual(
    engine.status().workers.map(({ restarts }) => restarts),
    [1, 0],
  );
  await untilTrue(
    () => clients.filter(({ isClosed, hasEnded }) => isClosed || hasEnded).length === ended,
    'the cut flows',
  );
  assert.equal(engine.counts('web', `127.0.0.1:${a.port}`).activeConnections, kept);
  for (const client of clients) {
    if (client.isClosed || client.hasEnded) continue;
    client.socket.write('x');
    await untilTrue(() => client.text === 'a\nx', 'the echo of another worker');
  }
  for (let i = 0; i < 20; i++) assert.equal(await visit(port), 'a');
});

test('all workers serve the present snapshot again after they ended at once', async (t) => {
  const { engine, serve, echo, visit } = engineWorldOf(t);
  const a = await echo('a');
  const port = await freePort();
  await serve([listenerSnapshot('web', port, [target(a.port)])]);
  await Promise.all([engine.endWorker(0), engine.endWorker(1)]);
  await untilTrue(() => engine.status().workers.every(({ version }) => version === 1), 'the new workers');
  assert.equal(await visit(port), 'a');
});

test('a worker that ends between prepare and activate serves the activated snapshot', async (t) => {
  const { engine, snapshot, serve, echo, visit } = engineWorldOf(t);
  const a = await echo('a');
  const port = await freePort();
  await serve([]);
  const next = snapshot([listenerSnapshot('web', port, [target(a.port)])]);
  assert.deepEqual(await engine.prepare(next), []);
  await Promise.all([engine.endWorker(0), engine.endWorker(1)]);
  await engine.activate(next, UNCHECKED);
  assert.deepEqual(
    engine.status().workers.map(({ version }) => version),
    [2, 2],
  );
  assert.equal(await visit(port), 'a');
});

test('a worker that ends during activate serves the activated snapshot again', async (t) => {
  const { engine, snapshot, serveWeb, echo, visit } = engineWorldOf(t);
  const [a, b] = [await echo('a'), await echo('b')];
  const port = await serveWeb([target(a.port)]);
  const next = snapshot([listenerSnapshot('web', port, [target(b.port)])]);
  await engine.prepare(next);
  const activated = engine.activate(next, UNCHECKED);
  await Promise.all([engine.endWorker(0), activated]);
  // The worker may have acknowledged the snapshot before it ended. The test therefore waits until its replacement
  // serves the snapshot too.
  await untilTrue(() => engine.status().workers.every(({ version }) => version === 2), 'both workers');
  for (let i = 0; i < 10; i++) assert.equal(await visit(port), 'b');
});

test('a worker that is busy with earlier messages is waited for, and one that ends meanwhile is replaced', async (t) => {
  const a = await echoTarget(t, 'a');
  const [port, other] = [await freePort(), await freePort()];
  const state = new SharedState(1);
  const endpoints = [toEndpoint(listenerSnapshot('web', port, []))];
  state.advance(snapshot(1, [listenerSnapshot('web', port, [target(a.port)])]), UNCHECKED, endpoints);
  const ended: string[] = [];
  const place = new WorkerPlace(0, {
    init: () => ({
      workerId: 0,
      workers: 1,
      isPortShared: true,
      handlesAt: undefined,
      udpSessions: {},
      sockets: 'raw',
      descriptors: createDescriptorCounters(1),
      rates: createRateBuckets(),
      ticketKeys: new Uint8Array(48),
      accessLog: undefined,
      swap: state.whole(endpoints),
    }),
    onPassive: () => {},
    onShortage: () => {},
    onCapacity: () => {},
    onCloseIdle: () => {},
    onAccess: () => {},
    inTurn: (replace) => replace(),
    onEnded: (_workerId, reason) => ended.push(reason),
    onReplaced: () => {},
    log: () => {},
  });
  t.after(() => place.destroy());
  assert.deepEqual(await place.ready, []);
  const flow = new TcpClient(t, port);
  await flow.name();
  // The worker drains for as long as the flow is open, and performs the swap afterwards.
  const drained = place.ask({ type: 'close' });
  endpoints.push(toEndpoint(listenerSnapshot('web', other, [])));
  const moved = state.advance(snapshot(2, [listenerSnapshot('web', other, [target(a.port)])]), UNCHECKED, endpoints);
  const swapped = place.swap(moved);
  const next = state.advance(snapshot(3, [listenerSnapshot('web', other, [target(a.port)])]), UNCHECKED, []);
  const swappedAgain = place.swap(next);
  await delay(3_000);
  assert.deepEqual(ended, []);
  flow.socket.destroy();
  assert.deepEqual([await drained, await swapped, await swappedAgain], [[], [], []]);
  assert.deepEqual([place.version, place.restarts], [3, 0]);
  assert.equal(await visit(t, other), 'a');
  const late = place.swap(state.advance(snapshot(4, []), UNCHECKED, []));
  await place.end('its end was requested');
  assert.deepEqual(await late, []);
  // The worker may have served the swap before it ended.
  await place.ready;
  assert.deepEqual([place.version, place.restarts, ended], [4, 1, ['its end was requested']]);
});

test('clients that connect while the only worker is being replaced are served by the next one', async (t) => {
  const { engine, serveWeb, echo, visit } = engineWorldOf(t, { workers: 1 });
  const a = await echo('a');
  const port = await serveWeb([target(a.port)]);
  const replaced = engine.endWorker(0);
  await untilTrue(() => engine.status().workers[0]?.version === 0, 'the end of the worker');
  const visits = await Promise.all(Array.from({ length: 50 }, () => visit(port)));
  assert.deepEqual(new Set(visits), new Set(['a']));
  assert.equal(await replaced, true);
});
