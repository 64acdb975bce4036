// Conformance scenarios of the weights and the membership of targets: shares, unbinds, port changes and open flows.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { askTcp, type Backend, freePort } from '../harness/backends/backends.ts';
import { type Flow, openFlow } from '../harness/clients/flow.ts';
import { exchange, shares } from '../harness/clients/load.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import { type Scenario, targetsTo } from '../harness/conformance/world.ts';
import { until } from '../harness/runtime/runtime.ts';

const TCP = { protocol: 'TCP' };

function isNear(counts: Readonly<Record<string, number>>, due: Readonly<Record<string, number>>): void {
  for (const [name, expected] of Object.entries(due)) {
    const got = counts[name] ?? 0;
    assert.ok(expected === 0 ? got === 0 : Math.abs(got - expected) <= 3, `${name}: ${JSON.stringify(counts)}`);
  }
}

const shareScenarios = ['1', '4'].map(
  (workers): Scenario => ({
    name: `HTTP: shares follow the weights from the first request, with ${workers} workers`,
    flags: ['--workers', workers],
    run: async ({ bind, url, httpBackend }) => {
      const backends = await Promise.all(['a', 'b', 'c', 'd'].map((name) => httpBackend(name)));
      await bind(targetsTo(backends, [50, 30, 20, 0]));
      const responses = [];
      for (let i = 0; i < 100; i++) responses.push(await exchange(url));
      isNear(shares(responses), { a: 50, b: 30, c: 20, d: 0, none: 0 });
    },
  }),
);

testOnEachEngine([
  ...shareScenarios,
  {
    name: 'TCP: shares follow the weights over fresh connections',
    listener: TCP,
    flags: ['--workers', '4'],
    run: async ({ bind, port, tcpBackend }) => {
      const backends = await Promise.all(['a', 'b', 'c'].map((name) => tcpBackend(name)));
      await bind(targetsTo(backends, [70, 20, 10]));
      const responses = [];
      for (let i = 0; i < 100; i++) responses.push({ backend: await askTcp('127.0.0.1', port) });
      isNear(shares(responses), { a: 70, b: 20, c: 10, none: 0 });
    },
  },
  {
    name: "shares follow the weights while another target's weight changes between every two requests",
    run: async ({ bind, patch, url, httpBackend }) => {
      const backends = await Promise.all(['a', 'b', 'c'].map((name) => httpBackend(name)));
      await bind(targetsTo(backends, [40, 40, 20]));
      const responses = [];
      for (let i = 0; i < 100; i++) {
        responses.push(await exchange(url));
        await patch({ c: { weight: i % 2 === 0 ? 21 : 20 } });
      }
      isNear(shares(responses), { a: 40, b: 40, c: 20, none: 0 });
    },
  },
  {
    name: 'under 16 keep-alive clients and 100 unbinds, no request that begins after the response reaches the target, and none fails',
    flags: ['--workers', '2'],
    run: async ({ bind, patch, httpBackend, startLoad }) => {
      const backends = await Promise.all(['a', 'b', 'c'].map((name) => httpBackend(name)));
      const c = backends[2] as Backend;
      await bind(targetsTo(backends));
      const load = startLoad({ clients: 16 });
      const unbound: { from: number; to: number }[] = [];
      for (let round = 0; round < 100; round++) {
        await patch({ c: null });
        const from = performance.now();
        const seen = load.exchanges.length;
        await until('requests while the target is unbound', () => load.exchanges.length > seen + 40 || undefined);
        unbound.push({ from, to: performance.now() });
        await patch({ c: c.target });
      }
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
      assert.deepEqual(load.within(unbound, 'c'), []);
      assert.ok(c.count > 0, 'the target took traffic while it was bound');
    },
  },
  {
    name: 'the port of the only target changes under load without a failure',
    run: async ({ bind, patch, httpBackend, startLoad }) => {
      const [a, b] = [await httpBackend('a'), await httpBackend('b')];
      await bind({ only: a.target });
      const load = startLoad({ clients: 16 });
      for (const { port } of [b, a, b, a]) {
        await patch({ only: { port } });
        const seen = load.exchanges.length;
        await until('requests on the new port', () => load.exchanges.length > seen + 100 || undefined);
      }
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
      assert.ok(a.count > 0 && b.count > 0);
    },
  },
  {
    name: 'a new port that does not respond is refused: the write fails with the reason, and the old port stays in use',
    run: async ({ bind, runtime, url, httpBackend }) => {
      const a = await httpBackend('a');
      await bind({ only: a.target });
      const targets = { only: { ...a.target, port: await freePort() } };
      const body = { listenerId: 'web', targets, handoverSeconds: 0.5 };
      const response = await runtime.call('PUT', '/v1/attachments/pool', body);
      assert.equal(response.body.code, 'IncorrectStatus.RSByPassToas');
      assert.match(response.body.message, /targets\.only .*ECONNREFUSED/);
      assert.equal((await runtime.done('GET', '/v1/attachments/pool')).targets.only.port, a.port);
      assert.equal((await exchange(url)).backend, 'a');
    },
  },
  {
    name: 'a write that waits for a new port takes effect at once if the target at the old port fails',
    run: async ({ bind, runtime, url, httpBackend }) => {
      const a = await httpBackend('a');
      await bind({ only: a.target });
      const port = await freePort();
      const targets = { only: { ...a.target, port } };
      const waiting = runtime.call('PUT', '/v1/attachments/pool', { listenerId: 'web', targets, handoverSeconds: 60 });
      await a.close();
      assert.equal((await waiting).status, 200);
      assert.equal((await runtime.done('GET', '/v1/attachments/pool')).targets.only.port, port);
      await httpBackend('b', port);
      await until('a response of b', async () => (await exchange(url)).backend === 'b' || undefined);
    },
  },
  {
    name: 'an unbind resets open TCP flows before its response; with drainSeconds they stay open, and no new flow joins them',
    listener: TCP,
    run: async ({ bind, patch, change, runtime, port, tcpBackend }, t) => {
      const [a, b] = [await tcpBackend('a'), await tcpBackend('b')];
      await bind(targetsTo([a, b]));
      const flows = await Promise.all(Array.from({ length: 20 }, () => openFlow(port)));
      t.after(() => {
        for (const { socket } of flows) socket.destroy();
      });
      const [ofA, ofB] = ['a', 'b'].map((name) => flows.filter((flow) => flow.name === name)) as [Flow[], Flow[]];
      // A worker picks targets without the shared credits if another thread holds their lock but does not run, so
      // shares may deviate.
      isNear({ a: ofA.length, b: ofB.length }, { a: 10, b: 10 });
      assert.equal(ofA.length + ofB.length, flows.length);

      await patch({ b: null });
      await Promise.all(ofB.map(({ closed }) => closed));
      assert.ok(ofA.every(({ socket }) => !socket.destroyed));

      await change({ ...TCP, drainSeconds: 20 });
      await patch({ a: null });
      for (const { socket } of ofA) {
        socket.write('still here');
        assert.equal(String((await once(socket, 'data'))[0]), 'still here');
      }
      const [listener] = (await runtime.done('GET', '/v1/status')).listeners;
      const draining = listener.targets.map((target: { draining: number }) => target.draining);
      assert.deepEqual(draining, [ofA.length]);
      assert.equal(await askTcp('127.0.0.1', port), undefined, 'a new connection is reset without a target');
    },
  },
  {
    name: 'a target that fails its checks takes no traffic, and returns when the checks pass',
    listener: { healthCheck: { protocol: 'HTTP', intervalSeconds: 0.1, unhealthyThreshold: 2 } },
    run: async ({ bind, runtime, url, httpBackend }) => {
      const [a, b] = [await httpBackend('a'), await httpBackend('b')];
      await bind(targetsTo([a, b]));
      await b.close();
      const statusOfB = async () => {
        const [listener] = (await runtime.done('GET', '/v1/status')).listeners;
        return listener.targets.find((target: { name: string }) => target.name === 'b');
      };
      await until('b is unhealthy', async () => (await statusOfB()).health === 'unhealthy' || undefined);
      for (let i = 0; i < 10; i++) assert.equal((await exchange(url)).backend, 'a');
      assert.match((await statusOfB()).lastError, /ECONNREFUSED/);
      await httpBackend('b again', b.port);
      await until('b takes traffic again', async () => (await exchange(url)).backend === 'b again' || undefined);
    },
  },
  {
    name: 'a target without a check that refuses three connections in a row is isolated, and no client sees a failure',
    listener: { healthCheck: { protocol: 'none' } },
    run: async ({ bind, runtime, url, httpBackend }) => {
      const a = await httpBackend('a');
      const dead = { address: '127.0.0.1', port: await freePort() };
      await bind({ a: a.target, dead });
      for (let i = 0; i < 10; i++) assert.equal((await exchange(url)).backend, 'a');
      const { boundTargets } = await runtime.done('GET', '/v1/attachments/pool');
      assert.deepEqual([boundTargets.a.health, boundTargets.dead.health], ['unchecked', 'unhealthy']);
    },
  },
  {
    name: 'without a target that takes traffic, HTTP clients get a 503 and TCP clients a reset',
    run: async ({ url, bind, change, port }) => {
      assert.match((await exchange(url)).error ?? '', /^503/);
      await bind({ z: { address: '127.0.0.1', port: 1, weight: 0 } });
      assert.match((await exchange(url)).error ?? '', /^503/);
      await change(TCP);
      assert.equal(await askTcp('127.0.0.1', port), undefined);
    },
  },
  {
    name: 'the port of a listener changes in place under load: clients are told to close, and none fails',
    run: async ({ bind, change, httpBackend, startLoad }) => {
      await bind(targetsTo([await httpBackend('a')]));
      const load = startLoad({ clients: 8 });
      await until('requests', () => load.exchanges.length > 100 || undefined);
      const port = await freePort();
      await change({ port });
      await load.stop();
      // New connections to the old port are refused from then on, or reset if they arrive while the listening socket
      // closes.
      const failed = load
        .failures()
        .filter(({ error, isReused }) => isReused || !/ECONNRE(FUSED|SET)/.test(error ?? ''));
      assert.deepEqual(failed.slice(0, 3), []);
      assert.equal((await exchange(`http://127.0.0.1:${port}/`)).backend, 'a');
    },
  },
]);
