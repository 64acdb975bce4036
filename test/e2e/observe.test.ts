// An operator's view of a runtime: metrics, events, `weir status --watch`, and replaced workers.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { freePort, httpBackend, tcpBackend } from '../harness/backends/backends.ts';
import { exchange, startLoad } from '../harness/clients/load.ts';
import { MAIN, RuntimeProcess, until } from '../harness/runtime/runtime.ts';

interface Web {
  readonly runtime: RuntimeProcess;
  readonly port: number;
  readonly url: string;
}

/** Starts a runtime with load balancer `lb` and HTTP listener `web`, without targets. */
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

test('an ended worker is replaced before the response, and the other worker keeps its connections', async (t) => {
  const { runtime, port } = await startWeb(t, ['--workers', '2'], { protocol: 'TCP' });
  const backend = await tcpBackend(t, 'a');
  await bind(runtime, { a: backend.target });
  // With so many connections, both workers have some.
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

test('workers end one after the other under load, and new connections are served', async (t) => {
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

test('an unknown worker gives a 404', async (t) => {
  const runtime = await RuntimeProcess.start(t, { args: ['--workers', '1'] });
  for (const id of ['1', '-1', 'first', '4294967296000']) {
    const response = await runtime.call('DELETE', `/v1/workers/${id}`);
    assert.deepEqual([id, response.status, response.body.code], [id, 404, 'NotFound']);
  }
});

async function scrape({ runtime }: Web): Promise<Map<string, number>> {
  const response = await fetch(`${runtime.url}/metrics`, { headers: { authorization: `Bearer ${runtime.token}` } });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split('\n').filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

test('metrics count the responses of all workers, and an unbound target loses its series', async (t) => {
  const web = await startWeb(t, ['--workers', '2']);
  const { runtime, url } = web;
  const [a, b] = [await httpBackend(t, 'a'), await httpBackend(t, 'b')];
  await bind(runtime, { a: { ...a.target, weight: 30 }, b: { ...b.target, weight: 10 } });
  for (let i = 0; i < 40; i++) assert.ok((await exchange(url)).backend);
  const metrics = await scrape(web);
  const of = (backend: { port: number }) => `listener="web",rule="",target="127.0.0.1:${backend.port}"`;
  const { version } = await runtime.done('GET', '/v1/status');
  const expected = {
    weir_stored_version: version,
    'weir_engine_acked_version{engine="embedded"}': version,
    'weir_worker_version{worker="0"}': version,
    'weir_worker_version{worker="1"}': version,
    'weir_http_requests_total{listener="web"}': 40,
    'weir_http_responses_total{listener="web",origin="target",code="2xx"}': 40,
    'weir_http_request_duration_seconds_count{listener="web"}': 40,
    'weir_listener_connections_total{listener="web"}': 40,
    [`weir_target_requests_total{${of(a)}}`]: 30,
    [`weir_target_responses_total{${of(b)},code="2xx"}`]: 10,
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
  assert.equal(after.get('weir_http_responses_total{listener="web",origin="local",code="5xx"}'), 1);
  assert.equal(after.get('weir_http_requests_total{listener="web"}'), 41);
});

test('metrics keep their totals when a worker is replaced, and need the token', async (t) => {
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

interface Seen {
  readonly id: string;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts on what it reads.
  readonly data: any;
}

/** The events that an event stream has brought so far. */
class Events {
  readonly seen: Seen[] = [];
  isEnded = false;
  readonly #stop = new AbortController();

  static async open(t: TestContext, runtime: RuntimeProcess, lastEventId?: string): Promise<Events> {
    const events = new Events();
    t.after(() => events.close());
    const response = await fetch(`${runtime.url}/v1/events`, {
      headers: { authorization: `Bearer ${runtime.token}`, ...(lastEventId && { 'last-event-id': lastEventId }) },
      signal: events.#stop.signal,
    });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    void events.#read(response.body as NonNullable<typeof response.body>);
    return events;
  }

  close(): void {
    this.#stop.abort();
  }

  /** Waits for the first event of the type for which `fits` returns `true`. */
  one(type: string, fits: (data: Seen['data']) => boolean): Promise<Seen> {
    return until(`an event ${type}`, () => this.seen.find((event) => event.type === type && fits(event.data)));
  }

  async #read(body: AsyncIterable<Uint8Array>): Promise<void> {
    let text = '';
    try {
      for await (const part of body) {
        text += Buffer.from(part).toString();
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
          const data = field('data');
          if (data !== '') this.seen.push({ id: field('id'), type: field('event'), data: JSON.parse(data) });
        }
      }
    } catch {
      // Reading fails if the test has closed the event stream.
    }
    this.isEnded = true;
  }
}

test('events report writes with their bound targets, health, replaced workers and refused listeners', async (t) => {
  const { runtime } = await startWeb(t, ['--workers', '1']);
  const events = await Events.open(t, runtime);
  const backend = await httpBackend(t, 'a');
  const a = { ...backend.target, weight: 30 };
  await bind(runtime, { a, b: { ...a, port: await freePort(), weight: 0 } });
  const bound = await events.one('write', ({ id }) => id === 'pool');
  const { version } = await runtime.done('GET', '/v1/attachments/pool');
  assert.deepEqual([bound.data.kind, bound.data.action, bound.data.version], ['attachments', 'put', version]);
  assert.deepEqual(bound.data.targets[0], { operation: 'bind', name: 'a', server: null, ...a });
  await events.one('health', ({ name, health }) => name === 'a' && health === 'healthy');
  const patch = { targets: { a: { weight: 20 }, b: null } };
  await runtime.done('PATCH', '/v1/attachments/pool', patch);
  const changed = await events.one('write', (data) => data.version === version + 1);
  assert.deepEqual(changed.data.targets, [
    { operation: 'unbind', name: 'b' },
    { operation: 'weight', name: 'a', from: 30, to: 20 },
  ]);
  await backend.close();
  const down = await events.one('health', ({ name, health }) => name === 'a' && health === 'unhealthy');
  assert.match(down.data.lastError, /ECONNREFUSED/);
  assert.deepEqual([down.data.listener, down.data.target], ['web', `127.0.0.1:${backend.port}`]);
  await runtime.done('DELETE', '/v1/workers/0');
  const ended = await events.one('worker', ({ state }) => state === 'ended');
  assert.deepEqual([ended.data.id, ended.data.reason], [0, 'its end was requested']);
  await events.one('worker', ({ state }) => state === 'serving');
  const stranger = await httpBackend(t, 'stranger');
  const body = { loadBalancerId: 'lb', protocol: 'HTTP', port: stranger.port };
  assert.equal((await runtime.call('PUT', '/v1/listeners/late', body)).status, 409);
  const refused = await events.one('listener', ({ listenerId }) => listenerId === 'late');
  assert.deepEqual([refused.data.state, refused.data.code], ['refused', 'PortInUse']);
  await runtime.done('DELETE', '/v1/attachments/pool');
  const gone = await events.one('write', ({ action }) => action === 'delete');
  assert.deepEqual(gone.data.targets, [{ operation: 'unbind', name: 'a' }]);
});

test('Last-Event-ID brings the missed events; after a restart an event says that more may have been missed', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const first = await Events.open(t, runtime);
  await runtime.done('PUT', '/v1/load-balancers/one', {});
  const { id } = await first.one('write', (data) => data.id === 'one');
  first.close();
  for (const name of ['two', 'three']) await runtime.done('PUT', `/v1/load-balancers/${name}`, {});
  const second = await Events.open(t, runtime, id);
  await second.one('write', (data) => data.id === 'three');
  assert.deepEqual(
    second.seen.map(({ data }) => data.id),
    ['two', 'three'],
  );
  assert.equal(await runtime.end('SIGTERM'), 0);
  const again = await RuntimeProcess.start(t, { dataDirectory: runtime.dataDirectory });
  const third = await Events.open(t, again, second.seen.at(-1)?.id);
  await third.one('missed', () => true);
});

test('SIGTERM ends the event streams at once, and the exit code is 0', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const events = await Events.open(t, runtime);
  // A client that does not read its event stream must not delay the end of the runtime.
  const { hostname, port } = new URL(runtime.url);
  const idle = connect(Number(port), hostname).on('error', () => {});
  t.after(() => idle.destroy());
  idle.write(`GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${runtime.token}\r\n\r\n`);
  await once(idle, 'readable');
  let code: number | NodeJS.Signals | null | undefined;
  void runtime.end('SIGTERM').then((exit) => {
    code = exit;
  });
  assert.equal(await until('the exit, long before the 30 s that requests have', () => code), 0);
  await until('the end of the stream', () => events.isEnded || undefined);
});

test('events need the token', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  assert.equal((await fetch(`${runtime.url}/v1/events`)).status, 401);
});

test('`weir status --watch` shows changes, the absence of the runtime and its return, and Ctrl-C ends it with exit code 0', async (t) => {
  const { runtime } = await startWeb(t, ['--workers', '1']);
  const backend = await httpBackend(t, 'a');
  await bind(runtime, { blue: { ...backend.target, weight: 25 } });
  const env = { ...process.env, HOME: runtime.home, WEIR_ENDPOINT: runtime.url, WEIR_TOKEN: '' };
  const watch = spawn(process.execPath, [MAIN, 'status', '--watch'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => watch.kill('SIGKILL'));
  const exited = once(watch, 'exit');
  let text = '';
  watch.stdout.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  const shows = (what: RegExp) => until(`${what} in the watch`, () => what.test(text) || undefined);
  await shows(/blue .* 25 +healthy/);
  await runtime.done('PATCH', '/v1/attachments/pool', { targets: { blue: { weight: 30 } } });
  await shows(/blue .* 30 +healthy/);
  const server = { region: 'r1', vpcId: 'vpc-1', addresses: ['127.0.0.1'] };
  await runtime.done('PUT', '/v1/backend-servers/i-1', server);
  const { port } = backend;
  await runtime.done('PATCH', '/v1/attachments/pool', { targets: { blue: { serverId: 'i-1', port } } });
  await runtime.done('PUT', '/v1/backend-servers/i-1', { ...server, status: 'Stopped' });
  await shows(/blue .* 30 +ineligible .* server i-1 is Stopped, not Running/);
  await runtime.done('PUT', '/v1/backend-servers/i-1', server);
  text = '';
  await shows(/blue .* 30 +healthy/);
  assert.equal(await runtime.end('SIGTERM'), 0);
  await shows(/no Weir runtime responds at/);
  text = '';
  const api = new URL(runtime.url).host;
  await RuntimeProcess.start(t, { dataDirectory: runtime.dataDirectory, home: runtime.home, api });
  await shows(/blue .* 30 +healthy/);
  watch.kill('SIGINT');
  assert.deepEqual(await exited, [0, null]);
});

test('`weir status --watch` without a runtime fails in one line, as without --watch', async () => {
  const env = { ...process.env, WEIR_ENDPOINT: `http://127.0.0.1:${await freePort()}` };
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'status', '--watch'], { encoding: 'utf8', env });
  assert.equal(status, 1);
  assert.match(stderr, /^weir: no Weir runtime responds at .*\n$/);
});
