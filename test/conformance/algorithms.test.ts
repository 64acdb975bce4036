// Conformance scenarios of the balancing algorithms and of changes between them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { askTcp, type Backend } from '../harness/backends/backends.ts';
import { type Flow, openFlow } from '../harness/clients/flow.ts';
import { exchange, shares } from '../harness/clients/load.ts';
import { backends, clientAddressOf, oneByOne } from '../harness/conformance/clients.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import { targetsTo } from '../harness/conformance/world.ts';
import { until } from '../harness/runtime/runtime.ts';

const LEAST_CONNECTIONS = { algorithm: 'weighted-least-connections' };
const SOURCE_IP_HASH = { algorithm: 'source-ip-hash' };
const TCP = { protocol: 'TCP' };
/**
 * Without a health check, a refused connection isolates the target at once, and a restarted target need not wait for a
 * check.
 */
const UNCHECKED = { healthCheck: { protocol: 'none' } };

testOnEachEngine([
  {
    name: 'TCP, least connections: open flows follow the weights, and the next flows go to targets whose flows ended',
    listener: { ...TCP, ...LEAST_CONNECTIONS },
    flags: ['--workers', '4'],
    run: async ({ bind, change, runtime, port, tcpBackend }, t) => {
      await bind(targetsTo(await backends(tcpBackend, 'abc'), [30, 20, 10]));
      const open = async (count: number) => {
        const flows: Flow[] = [];
        for (let i = 0; i < count; i++) flows.push(await openFlow(port));
        t.after(() => {
          for (const { socket } of flows) socket.destroy();
        });
        return flows;
      };
      const named = (flows: readonly Flow[]) => shares(flows.map(({ name }) => ({ backend: name })));
      const flows = await open(30);
      assert.deepEqual(named(flows), { a: 15, b: 10, c: 5 });

      for (const { name, socket } of flows) if (name === 'a') socket.destroy();
      await until('the end of the flows of a', async () => {
        const [listener] = (await runtime.done('GET', '/v1/status')).listeners;
        return listener.targets.every((target: { name: string; activeConnections: number }) => {
          return target.name !== 'a' || target.activeConnections === 0;
        });
      });
      const others = await open(15);
      assert.deepEqual(named(others), { a: 15 });

      await change({ ...TCP, ...SOURCE_IP_HASH });
      for (const { socket } of [...others, ...flows.filter(({ name }) => name !== 'a')]) {
        socket.write('still here');
        assert.equal(String((await once(socket, 'data'))[0]), 'still here');
      }
    },
  },
  {
    name: 'HTTP, least connections: a backend that does not respond gets few requests, the others get the rest',
    listener: LEAST_CONNECTIONS,
    flags: ['--workers', '2'],
    run: async ({ bind, httpBackend, startLoad }) => {
      const gate = Promise.withResolvers<void>();
      const slow = await httpBackend('slow', 0, gate.promise);
      await bind(targetsTo([slow, ...(await backends(httpBackend, 'ab'))]));
      const load = startLoad({ clients: 12 });
      await until('requests', () => load.exchanges.length > 500 || undefined);
      // The slow target holds at most a third of the 12 requests, and one more that the other worker sends at the same
      // moment.
      assert.ok(slow.count <= 5, `${slow.count} requests wait at the slow target`);
      gate.resolve();
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
      assert.ok(slow.count > 0);
    },
  },
  {
    name: 'TCP, source-IP hash: 1,000 clients keep their targets across workers and a restart, and few move when a target goes',
    listener: { ...TCP, ...SOURCE_IP_HASH, ...UNCHECKED },
    flags: ['--workers', '4'],
    run: async ({ bind, patch, restart, port, tcpBackend }) => {
      const weights = [30, 30, 20, 10, 10];
      await bind(targetsTo(await backends(tcpBackend, 'abcde'), weights));
      const visits = () => oneByOne(1000, 50, (client) => askTcp('127.0.0.1', port, clientAddressOf(client)));
      const before = await visits();
      const counts = shares(before.map((backend) => ({ backend })));
      for (const [index, name] of [...'abcde'].entries()) {
        const due = 10 * (weights[index] as number);
        assert.ok(Math.abs((counts[name] ?? 0) - due) < 6 * Math.sqrt(due), JSON.stringify(counts));
      }
      await patch({ c: null });
      const after = await visits();
      const moved = before.filter((name, client) => name !== after[client]);
      assert.ok(moved.length <= 1000 * (1 / 5 + 0.05), `${moved.length} clients moved`);
      assert.ok(moved.filter((name) => name !== 'c').length <= 50, 'most clients that move had the removed target');
      await restart();
      assert.deepEqual(await visits(), after);
    },
  },
  {
    name: "HTTP, source-IP hash: each request of a client goes to the client's target, or to another one while that refuses connections",
    listener: { ...SOURCE_IP_HASH, ...UNCHECKED },
    flags: ['--workers', '2'],
    run: async ({ bind, url, httpBackend }) => {
      const [a, b, c] = (await backends(httpBackend, 'abc')) as [Backend, Backend, Backend];
      await bind(targetsTo([a, b, c]));
      const visit = async (client: number) =>
        (await exchange(url, false, { localAddress: clientAddressOf(client) })).backend;
      const first = await oneByOne(100, 20, visit);
      assert.deepEqual([...new Set(first)].toSorted(), ['a', 'b', 'c']);
      assert.deepEqual(await oneByOne(100, 20, visit), first);
      await a.close();
      const others = await oneByOne(100, 20, visit);
      const ofA = others.filter((_, client) => first[client] === 'a');
      assert.deepEqual([...new Set(ofA)].toSorted(), ['b', 'c']);
      const moved = others.filter((name, client) => first[client] !== 'a' && name !== first[client]);
      assert.ok(moved.length <= 5, `${moved.length} clients of other targets moved`);
    },
  },
  {
    name: 'the algorithm changes in place under load without a failure, and applies to every request after the response',
    flags: ['--workers', '2'],
    run: async ({ bind, change, httpBackend, startLoad }) => {
      await bind(targetsTo(await backends(httpBackend, 'abc')));
      const load = startLoad({ clients: 8 });
      for (const algorithm of [LEAST_CONNECTIONS, SOURCE_IP_HASH, {}, LEAST_CONNECTIONS, {}, SOURCE_IP_HASH]) {
        await change(algorithm);
        const changedAtMs = performance.now();
        const isAfter = ({ startedAtMs }: { startedAtMs: number }) => startedAtMs > changedAtMs;
        await until('requests under the new algorithm', () => load.exchanges.filter(isAfter).length > 100 || undefined);
        const used = Object.keys(shares(load.exchanges.filter(isAfter)));
        // All clients of this load have the same source address, so the source-IP hash sends them all to one target.
        assert.equal(used.length, algorithm === SOURCE_IP_HASH ? 1 : 3, `${JSON.stringify(algorithm)}: ${used}`);
      }
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
    },
  },
]);
