// Conformance scenarios of limits: on connections, on pending requests, and on what slow clients can occupy.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { askTcp, freePort } from '../harness/backends/backends.ts';
import { LARGE_BYTES, largeBackend } from '../harness/backends/large.ts';
import { residentBytes } from '../harness/clients/crowd.ts';
import { type Flow, openFlow } from '../harness/clients/flow.ts';
import { exchange, shares } from '../harness/clients/load.ts';
import { testOnEachSocketKind } from '../harness/conformance/table.ts';
import { type Scenario, targetsTo } from '../harness/conformance/world.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { type RuntimeProcess, until } from '../harness/runtime/runtime.ts';

const TCP = { protocol: 'TCP' };
const MIB = 1024 * 1024;
/**
 * Number of clients that do not read. Each takes 6 MB of kernel buffers, because loopback segments have 64 KiB; more
 * would disturb other tests.
 */
const SLOW_READERS = 50;

function openConnections(runtime: RuntimeProcess): Promise<number> {
  return runtime.metric('weir_listener_open_connections{listener="web"}');
}

function rejections(runtime: RuntimeProcess, reason: string): Promise<number> {
  return runtime.metric(`weir_rejected_total{listener="web",reason="${reason}"}`);
}

function agents(t: TestContext, count: number): Agent[] {
  const all = Array.from({ length: count }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  t.after(() => {
    for (const agent of all) agent.destroy();
  });
  return all;
}

const tcpRows = ['1', '4'].map(
  (workers): Scenario => ({
    name: `TCP, maxConnections with ${workers} workers: exactly that many are open at once, further ones are reset; the limit changes in place`,
    listener: { ...TCP, maxConnections: 20 },
    flags: ['--workers', workers],
    run: async ({ bind, change, runtime, port, tcpBackend }, t) => {
      await bind(targetsTo([await tcpBackend('a')]));
      const flows: Flow[] = [];
      t.after(() => {
        for (const { socket } of flows) socket.destroy();
      });
      const attempt = async (count: number): Promise<number> => {
        const opened = await Promise.allSettled(Array.from({ length: count }, () => openFlow(port)));
        const served = opened.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
        flows.push(...served);
        return served.length;
      };
      assert.equal(await attempt(60), 20);
      assert.equal(await rejections(runtime, 'maxConnections'), 40);
      for (const { socket } of flows.splice(0, 5)) socket.destroy();
      await until('the end of five connections', async () => (await openConnections(runtime)) === 15 || undefined);
      assert.equal(await attempt(30), 5);
      await change({ maxConnections: 25 });
      assert.equal(await attempt(30), 5);
      await change({ maxConnections: 10 });
      assert.equal(await attempt(5), 0);
      for (const { socket } of flows) {
        socket.write('still here');
        assert.equal(String((await once(socket, 'data'))[0]), 'still here');
      }
      await change({ maxConnections: undefined });
      assert.equal(await attempt(30), 30);
    },
  }),
);

const httpRows = ['1', '4'].map(
  (workers): Scenario => ({
    name: `HTTP, maxConnections with ${workers} workers: exactly that many connections are kept, further clients get a 503 and are closed`,
    listener: { maxConnections: 20 },
    flags: ['--workers', workers],
    run: async ({ bind, runtime, url, httpBackend }, t) => {
      await bind(targetsTo([await httpBackend('a')]));
      const clients = agents(t, 60);
      const responses = await Promise.all(clients.map((agent) => exchange(url, agent)));
      assert.deepEqual(shares(responses), { a: 20, none: 40 });
      for (const { error } of responses) if (error !== undefined) assert.match(error, /^503 .*: too many connections/s);
      const kept = clients.filter((_, index) => responses[index]?.backend === 'a');
      const again = await Promise.all(kept.map((agent) => exchange(url, agent)));
      assert.ok(again.every(({ backend, isReused }) => backend === 'a' && isReused));
      for (const agent of kept) agent.destroy();
      await until('the end of all connections', async () => (await openConnections(runtime)) === 0 || undefined);
      assert.deepEqual(shares(await Promise.all(agents(t, 20).map((agent) => exchange(url, agent)))), { a: 20 });
      assert.equal(await rejections(runtime, 'maxConnections'), 40);
    },
  }),
);

const pendingRows = ['1', '4'].map(
  (workers): Scenario => ({
    name: `maxPendingRequests with ${workers} workers: exactly that many requests reach the target, further ones get a 503 and keep their connection`,
    listener: { maxPendingRequests: 8 },
    flags: ['--workers', workers],
    run: async ({ bind, change, runtime, url, httpBackend }, t) => {
      const gate = Promise.withResolvers<void>();
      t.after(() => gate.resolve());
      const backend = await httpBackend('a', 0, gate.promise);
      await bind(targetsTo([backend]));
      const responded: { agent: Agent; backend: string | undefined; error: string | undefined }[] = [];
      const ask = async (agent: Agent) => responded.push({ agent, ...(await exchange(url, agent)) });
      const first = agents(t, 30).map(ask);
      await until('the 503 responses', () => responded.length >= 22 || undefined);
      await until('the requests at the backend', () => backend.count >= 8 || undefined);
      assert.deepEqual([responded.length, backend.count], [22, 8]);
      for (const { error } of responded) assert.match(error ?? '', /^503 .*: too many requests wait/s);

      await change({ maxPendingRequests: 10 });
      const rejected = responded.splice(0).map(({ agent }) => agent);
      const second = rejected.slice(0, 5).map(ask);
      await until('the 503 responses of the second round', () => responded.length >= 3 || undefined);
      await until('two more requests at the backend', () => backend.count >= 10 || undefined);
      assert.deepEqual([responded.length, backend.count], [3, 10]);
      gate.resolve();
      await Promise.all([...first, ...second]);
      assert.equal(responded.filter(({ backend: name }) => name === 'a').length, 10);
      const again = await Promise.all(rejected.slice(0, 10).map((agent) => exchange(url, agent)));
      assert.ok(
        again.every(({ backend: name, isReused }) => name === 'a' && isReused),
        JSON.stringify(again),
      );
      assert.equal(await rejections(runtime, 'maxPendingRequests'), 25);
    },
  }),
);

/**
 * Opens connections that send `first` and never read. The returned function sends one more byte on each open
 * connection.
 */
function slowClients(t: TestContext, port: number, count: number, first: string): () => void {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    socket.write(first);
    socket.pause();
    return socket;
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  return () => {
    for (const socket of sockets) if (!socket.destroyed) socket.write('x');
  };
}

testOnEachSocketKind([
  ...tcpRows,
  ...httpRows,
  ...pendingRows,
  {
    name: 'HTTPS, maxConnections: a client above the limit gets a 503 and is closed, and a client without a handshake counts too',
    listener: { protocol: 'HTTPS', maxConnections: 2, certificates: { web: makePair(['localhost']) } },
    flags: ['--workers', '2'],
    run: async ({ bind, runtime, url, port, httpBackend }, t) => {
      await bind(targetsTo([await httpBackend('a')]));
      const secure = url.replace('http:', 'https:');
      const [first, second] = [0, 1].map(() => new SecureAgent({ keepAlive: true, rejectUnauthorized: false }));
      t.after(() => {
        first?.destroy();
        second?.destroy();
      });
      assert.equal((await exchange(secure, first)).backend, 'a');
      const silent = connect({ host: '127.0.0.1', port });
      t.after(() => silent.destroy());
      await until('both connections to be counted', async () => (await openConnections(runtime)) === 2 || undefined);
      assert.match((await exchange(secure, second)).error ?? '', /^503 .*: too many connections/s);
      assert.equal(await rejections(runtime, 'maxConnections'), 1);
      assert.equal((await exchange(secure, first)).backend, 'a');
      silent.destroy();
      await until('the end of the silent connection', async () => (await openConnections(runtime)) === 1 || undefined);
      assert.equal((await exchange(secure, second)).backend, 'a');
    },
  },
  {
    name: 'a reached limit does not affect other listeners or health checks',
    listener: { ...TCP, maxConnections: 1 },
    run: async ({ bind, runtime, port, tcpBackend }, t) => {
      const [a, b] = [await tcpBackend('a'), await tcpBackend('b')];
      await bind(targetsTo([a]));
      const { socket } = await openFlow(port);
      t.after(() => socket.destroy());
      const other = { loadBalancerId: 'lb', protocol: 'TCP', port: await freePort() };
      await runtime.done('PUT', '/v1/listeners/other', other);
      await runtime.done('PUT', '/v1/attachments/others', { listenerId: 'other', targets: { b: b.target } });
      await until(
        'a response of the other listener',
        async () => (await askTcp('127.0.0.1', other.port)) === 'b' || undefined,
      );
      assert.equal(await askTcp('127.0.0.1', port), undefined);
      // A newly bound target is checked and takes traffic although no client may connect.
      await bind(targetsTo([a, b]));
    },
  },
  {
    name: 'clients that send slowly, read slowly or not at all occupy only their own connections, and other clients see no failure',
    // The timeout is long compared with the pauses of the slow clients, even if a busy machine makes these longer.
    listener: { idleTimeoutSeconds: 6 },
    flags: ['--workers', '2'],
    run: async ({ bind, runtime, url, port, startLoad }, t) => {
      await bind({ large: (await largeBackend(t)).target });
      const slowHeads = slowClients(t, port, 100, 'GET / HTTP/1.1\r\nX: ');
      const slowBodies = slowClients(t, port, 100, 'POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
      slowClients(t, port, 100, 'GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
      slowClients(t, port, 100, '');
      // The test waits for the number of connections accepted so far, because the first ones may close before the last
      // ones open.
      const came = () => runtime.metric('weir_listener_connections_total{listener="web"}');
      await until('400 accepted connections', async () => (await came()) === 400 || undefined);
      const timer = setInterval(() => {
        slowHeads();
        slowBodies();
      }, 100);
      t.after(() => clearInterval(timer));
      const load = startLoad({ url: `${url}small`, clients: 8 });
      t.after(load.stop);
      // The idle timeout of a request head runs from the head's first byte, and that of a response or an idle
      // connection from the last byte. A body that keeps arriving may take any time.
      await until(
        'the end of all connections but those of slow bodies',
        async () => (await openConnections(runtime)) <= 108 || undefined,
      );
      await until('2,000 responses to the other clients', () => load.exchanges.length > 2_000 || undefined);
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
      assert.ok((await openConnections(runtime)) >= 100);
    },
  },
  ...(['HTTP', 'TCP'] as const).map(
    (protocol): Scenario => ({
      name: `${protocol}: ${SLOW_READERS} clients that do not read a response of 50 MiB make the runtime grow by far less than these responses`,
      listener: { protocol },
      run: async ({ bind, runtime, port }, t) => {
        const backend = await largeBackend(t);
        await bind({ large: backend.target });
        const before = residentBytes(runtime.pid);
        slowClients(t, port, SLOW_READERS, 'GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
        await until('the beginning of every response', () => backend.begun === SLOW_READERS || undefined);
        let taken = -1;
        await until('a pause in what the runtime reads from the target', () => {
          const isSame = backend.taken === taken;
          taken = backend.taken;
          return isSame || undefined;
        });
        assert.ok(taken < SLOW_READERS * LARGE_BYTES, 'the runtime does not read all responses from the target');
        const grown = residentBytes(runtime.pid) - before;
        // All responses of these 50 clients together have 2,500 MiB. In a measurement with 250 such clients, the
        // runtime grew by 14 MiB.
        assert.ok(grown < 250 * MIB, `the runtime grew by ${Math.round(grown / MIB)} MiB`);
      },
    }),
  ),
]);
