// What an operator sees of a runtime and does to its workers: metrics, events, `weir status --watch`, a worker replaced.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { freePort, httpBackend, tcpBackend } from '../harness/backends.ts';
import { exchange, startLoad } from '../harness/load.ts';
import { RuntimeProcess, until } from '../harness/runtime.ts';

interface Web {
  readonly runtime: RuntimeProcess;
  readonly port: number;
  readonly url: string;
}

/** A runtime with one HTTP listener `web` on the load balancer `lb`, without targets. */
async function startWeb(t: TestContext, args: readonly string[] = [], listener: object = {}): Promise<Web> {
  const runtime = await RuntimeProcess.start(t, { args });
  const port = await freePort();
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const healthCheck = { intervalSeconds: 0.2 };
  await runtime.done('PUT', '/v1/listeners/web', {
    loadBalancerId: 'lb',
    protocol: 'HTTP',
    port,
    healthCheck,
    ...listener,
  });
  return { runtime, port, url: `http://127.0.0.1:${port}/` };
}

function bind(runtime: RuntimeProcess, targets: object): Promise<unknown> {
  return runtime.done('PUT', '/v1/attachments/pool', { listenerId: 'web', targets, awaitHealthySeconds: 10 });
}

test('an ended worker is replaced before the answer; the other worker keeps its connections', async (t) => {
  const { runtime, port } = await startWeb(t, ['--workers', '2'], { protocol: 'TCP' });
  const backend = await tcpBackend(t, 'a');
  await bind(runtime, { a: backend.target });
  // More than enough for both workers to have some.
  const flows = await Promise.all(
    Array.from({ length: 24 }, async () => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      t.after(() => socket.destroy());
      socket.write('x');
      await once(socket, 'data');
      return socket;
    }),
  );
  const before = await runtime.done('GET', '/v1/status');
  assert.equal((await runtime.call('DELETE', '/v1/workers/1')).status, 204);
  const after = await runtime.done('GET', '/v1/status');
  assert.deepEqual(
    after.workers.map(({ restarts, version }: { restarts: number; version: number }) => [restarts, version]),
    [
      [0, before.version],
      [1, before.version],
    ],
  );
  assert.equal(after.engines[0].lastError, null);
  assert.equal(after.workers[0].connections, before.workers[0].connections);
  assert.equal(after.workers[1].connections, 0);
  await until('the flows of the ended worker to end', () => {
    return flows.filter((socket) => socket.closed).length === before.workers[1].connections || undefined;
  });
  for (const socket of flows.filter((socket) => !socket.closed)) {
    socket.write('still here');
    assert.match(String((await once(socket, 'data'))[0]), /still here/);
  }
});

test('workers ended one after the other under load: new connections are served', async (t) => {
  const { runtime, url } = await startWeb(t, ['--workers', '2']);
  const backend = await httpBackend(t, 'a');
  await bind(runtime, { a: backend.target });
  const load = startLoad({ url, clients: 4, maxRequests: 3000 });
  for (const worker of [0, 1, 0]) {
    assert.equal((await runtime.call('DELETE', `/v1/workers/${worker}`)).status, 204);
    assert.equal((await exchange(url)).backend, 'a');
  }
  await load.stop();
  const broken = load.failures().filter(({ error }) => !/ECONNREFUSED|ECONNRESET|socket hang up/.test(error ?? ''));
  assert.deepEqual(broken.slice(0, 3), []);
});

test('a worker that is not there is 404', async (t) => {
  const runtime = await RuntimeProcess.start(t, { args: ['--workers', '1'] });
  for (const id of ['1', '-1', 'first', '4294967296000']) {
    const answer = await runtime.call('DELETE', `/v1/workers/${id}`);
    assert.deepEqual([id, answer.status, answer.body.code], [id, 404, 'NotFound']);
  }
});

async function scrape({ runtime }: Web): Promise<Map<string, number>> {
  const answer = await fetch(`${runtime.url}/metrics`, { headers: { authorization: `Bearer ${runtime.token}` } });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const lines = (await answer.text()).split('\n').filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

test('metrics count what clients got over all workers; an unbound target loses its series', async (t) => {
  const web = await startWeb(t, ['--workers', '2']);
  const { runtime, url } = web;
  const [a, b] = [await httpBackend(t, 'a'), await httpBackend(t, 'b')];
  await bind(runtime, { a: { ...a.target, weight: 30 }, b: { ...b.target, weight: 10 } });
  for (let i = 0; i < 40; i++) assert.ok((await exchange(url)).backend);
  const metrics = await scrape(web);
  const of = (backend: { port: number }) => `listener="web",target="127.0.0.1:${backend.port}"`;
  const { version } = await runtime.done('GET', '/v1/status');
  const expected = {
    weir_stored_version: version,
    'weir_engine_acked_version{engine="embedded"}': version,
    'weir_worker_version{worker="0"}': version,
    'weir_worker_version{worker="1"}': version,
    'weir_http_requests_total{listener="web"}': 40,
    'weir_http_answers_total{listener="web",origin="target",code="2xx"}': 40,
    'weir_http_request_duration_seconds_count{listener="web"}': 40,
    'weir_listener_connections_total{listener="web"}': 40,
    [`weir_target_requests_total{${of(a)}}`]: 30,
    [`weir_target_answers_total{${of(b)},code="2xx"}`]: 10,
    [`weir_target_weight{${of(b)}}`]: 10,
    [`weir_target_health{${of(b)},health="healthy"}`]: 1,
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, metrics.get(name)])), expected);
  await runtime.done('PATCH', '/v1/attachments/pool', { targets: { a: null, b: null } });
  assert.match((await exchange(url)).error ?? '', /^503/);
  const after = await scrape(web);
  assert.deepEqual(
    [...after.keys()].filter((name) => name.includes(String(a.port)) || name.includes(String(b.port))),
    [],
  );
  assert.equal(after.get('weir_http_answers_total{listener="web",origin="weir",code="5xx"}'), 1);
  assert.equal(after.get('weir_http_requests_total{listener="web"}'), 41);
});

test('metrics keep their totals when a worker is replaced, and are for bearers of the token only', async (t) => {
  const web = await startWeb(t, ['--workers', '1']);
  const backend = await httpBackend(t, 'a');
  await bind(web.runtime, { a: backend.target });
  for (let i = 0; i < 3; i++) await exchange(web.url);
  await web.runtime.done('DELETE', '/v1/workers/0');
  await exchange(web.url);
  const metrics = await scrape(web);
  assert.equal(metrics.get('weir_http_requests_total{listener="web"}'), 4);
  assert.equal(metrics.get('weir_worker_restarts_total{worker="0"}'), 1);
  assert.equal((await fetch(`${web.runtime.url}/metrics`)).status, 401);
});
