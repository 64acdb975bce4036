// Conformance scenarios that need many requests or many clients.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { TestContext } from 'node:test';
import type { Backend } from '../harness/backends/backends.ts';
import { gatherCrowd, residentBytes } from '../harness/clients/crowd.ts';
import { exchange, shares } from '../harness/clients/load.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import { type Scenario, targetsTo } from '../harness/conformance/world.ts';
import { until } from '../harness/runtime/runtime.ts';

const REQUESTS = 10_000;
const IDLE = 10_000;
const SLOW = 500;
/** A response that is larger than what the kernel buffers for a client that does not read. */
const LARGE = Buffer.alloc(8 * 2 ** 20, 'weir');
/**
 * Limit for the memory that the clients cost: twice the measured 11 KiB of an idle connection, and twice the measured
 * 64 KiB of a client that does not read.
 */
const MAX_CROWD_BYTES = (IDLE * 22 + SLOW * 128) * 1024;

const shareScenarios = ['1', '4'].map(
  (workers): Scenario => ({
    name: `HTTP: of ${REQUESTS} requests on kept connections each target gets its share to within 1 %, with ${workers} workers`,
    flags: ['--workers', workers],
    run: async ({ bind, httpBackend, startLoad }) => {
      const backends = await Promise.all(['a', 'b', 'c'].map((name) => httpBackend(name)));
      await bind(targetsTo(backends, [50, 30, 20]));
      const load = startLoad({ clients: 20, maxRequests: REQUESTS / 20 });
      await load.done;
      const counts = shares(load.exchanges);
      for (const [name, due] of Object.entries({ a: 5_000, b: 3_000, c: 2_000 })) {
        assert.ok(Math.abs((counts[name] ?? 0) - due) <= due / 100, JSON.stringify(counts));
      }
      assert.deepEqual(load.failures(), []);
    },
  }),
);

/** Starts a backend that responds to `/large` with 8 MiB and to other requests with its name. */
async function largeBackend(t: TestContext, name: string): Promise<Pick<Backend, 'name' | 'target'>> {
  const server = createServer((request, response) => response.end(request.url === '/large' ? LARGE : name));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { name, target: { address: '127.0.0.1', port: (server.address() as AddressInfo).port } };
}

/** Returns `true` if a connection is refused, and `undefined` otherwise. */
function isRefused(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(undefined));
    socket.on('connect', () => socket.destroy());
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED' || undefined));
  });
}

testOnEachEngine([
  ...shareScenarios,
  {
    name: `${IDLE} idle connections, ${SLOW} slow clients and full load: no request fails, no idle connection is lost, memory is bounded`,
    listener: { idleTimeoutSeconds: 300 },
    flags: ['--workers', '2'],
    run: async ({ bind, port, runtime, url, startLoad }, t) => {
      const { name, target } = await largeBackend(t, 'a');
      await bind({ [name]: target });
      await exchange(url);
      const before = residentBytes(runtime.pid);
      const crowd = await gatherCrowd(t, { port, idle: IDLE, slow: SLOW, largePath: '/large' });
      const load = startLoad({ clients: 16, maxRequests: 200 });
      await load.done;
      assert.deepEqual(load.failures().slice(0, 3), []);
      assert.equal(crowd.open(), IDLE);
      const grown = residentBytes(runtime.pid) - before;
      assert.ok(grown < MAX_CROWD_BYTES, `the runtime grew by ${grown >> 20} MiB`);
    },
  },
  {
    name: 'SIGTERM under load: requests in progress get their responses, new clients are refused, and the exit code is 0',
    flags: ['--workers', '2'],
    run: async ({ bind, port, runtime, url, httpBackend }) => {
      const gate = Promise.withResolvers<void>();
      const slow = await httpBackend('slow', 0, gate.promise);
      await bind(targetsTo([slow]));
      const underWay = Array.from({ length: 32 }, () => exchange(url));
      await until('every request to reach the target', () => slow.count === underWay.length || undefined);
      const ended = runtime.end('SIGTERM');
      await until('new clients to be refused', () => isRefused(port));
      gate.resolve();
      assert.deepEqual(shares(await Promise.all(underWay)), { slow: underWay.length });
      assert.equal(await ended, 0);
    },
  },
]);
