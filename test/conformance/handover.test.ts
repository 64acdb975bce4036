// Conformance scenarios of hand-overs: targets replace others under load, and no request is lost.
import assert from 'node:assert/strict';
import { type Backend, freePort } from '../harness/backends/backends.ts';
import { exchange, type Load } from '../harness/clients/load.ts';
import { backends } from '../harness/conformance/clients.ts';
import { putServer, untilHealth } from '../harness/conformance/servers.ts';
import { noFailures, SLOW_CHECK, servedBy } from '../harness/conformance/slow-checks.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import { targetsTo, type World } from '../harness/conformance/world.ts';
import { until } from '../harness/runtime/runtime.ts';

const SLOW = { healthCheck: SLOW_CHECK };

/** Waits until the target takes traffic, then starts clients. */
async function loadOn(world: World, target: string): Promise<Load> {
  await untilHealth(world, target, 'healthy');
  return world.startLoad({ clients: 4 });
}

/** Puts the server i-1 with a backend at its address, as the member `one` of the group `g`. */
async function groupOfOne(world: World): Promise<Backend> {
  const a = await world.slowToCheck('a');
  await putServer(world, 'i-1');
  await world.runtime.done('PUT', '/v1/groups/g', { members: { one: 'i-1' } });
  return a;
}

testOnEachEngine([
  {
    name: 'a group attachment changes its port, then its group, and no request fails',
    listener: SLOW,
    run: async (world) => {
      const { runtime, slowToCheck } = world;
      const a = await groupOfOne(world);
      const b = await slowToCheck('b');
      const c = await slowToCheck('c', b.port, '127.0.0.2');
      await putServer(world, 'i-2', { addresses: ['127.0.0.2'] });
      await runtime.done('PUT', '/v1/groups/other', { members: { one: 'i-2' } });
      const attach = (groupId: string, port: number) =>
        runtime.call('PUT', '/v1/group-attachments/web', { listenerId: 'web', groupId, port });
      assert.equal((await attach('g', a.port)).status, 200);
      const load = await loadOn(world, 'one');
      const waiting = attach('g', await freePort());
      await servedBy(load, a);
      assert.equal((await attach('g', b.port)).status, 200);
      assert.equal((await waiting).body.code, 'Superseded');
      await servedBy(load, b);
      assert.equal((await attach('other', b.port)).status, 200);
      await servedBy(load, c);
      await noFailures(load);
    },
  },
  {
    name: "the first group attachment of a listener replaces the load balancer's group, and no request fails",
    listener: SLOW,
    run: async (world) => {
      const { runtime, slowToCheck } = world;
      const a = await groupOfOne(world);
      const b = await slowToCheck('b');
      await runtime.done('PUT', '/v1/group-attachments/shared', { loadBalancerId: 'lb', groupId: 'g', port: a.port });
      const load = await loadOn(world, 'one');
      await runtime.done('PUT', '/v1/group-attachments/own', { listenerId: 'web', groupId: 'g', port: b.port });
      await servedBy(load, b);
      await runtime.done('DELETE', '/v1/group-attachments/own');
      await servedBy(load, a);
      await noFailures(load);
    },
  },
  {
    name: 'a server moves to another address: its targets follow after a first check, and no request is lost if the check passes',
    listener: SLOW,
    run: async (world) => {
      const { runtime, url, slowToCheck } = world;
      const a = await groupOfOne(world);
      const b = await slowToCheck('b', a.port, '127.0.0.2');
      const targets = { one: { serverId: 'i-1', port: a.port } };
      await runtime.done('PUT', '/v1/attachments/pool', { listenerId: 'web', targets, awaitHealthySeconds: 10 });
      const load = await loadOn(world, 'one');
      await putServer(world, 'i-1', { addresses: ['127.0.0.2'] });
      await servedBy(load, b);
      await noFailures(load);
      await putServer(world, 'i-1', { addresses: ['127.0.0.3'] });
      const { boundTargets } = await runtime.done('GET', '/v1/attachments/pool');
      assert.equal(boundTargets.one.address, '127.0.0.3');
      assert.match((await exchange(url)).error ?? '', /^503/);
    },
  },
  {
    name: 'targets replaced in one write, or set to weight 0 beside new ones, lose no request, by PUT and by PATCH',
    listener: SLOW,
    run: async (world) => {
      const { bind, runtime, patch, slowToCheck } = world;
      const [a, b, c, d] = (await backends(slowToCheck, 'abcd')) as [Backend, Backend, Backend, Backend];
      await bind(targetsTo([a]));
      const load = await loadOn(world, 'a');
      await runtime.done('PUT', '/v1/attachments/pool', { listenerId: 'web', targets: targetsTo([b]) });
      await servedBy(load, b);
      await patch({ b: null, c: c.target });
      await servedBy(load, c);
      await patch({ c: { weight: 0 }, d: d.target });
      await servedBy(load, d);
      await noFailures(load);
    },
  },
  {
    name: 'if several targets replace the last one in traffic, a single healthy one is enough',
    listener: SLOW,
    run: async (world) => {
      const { bind, runtime, httpBackend, slowToCheck } = world;
      const [a, b, gone] = [await slowToCheck('a'), await slowToCheck('b'), await httpBackend('gone')];
      await gone.close();
      await bind(targetsTo([a]));
      const load = await loadOn(world, 'a');
      await runtime.done('PUT', '/v1/attachments/pool', { listenerId: 'web', targets: targetsTo([gone, b]) });
      await servedBy(load, b);
      await noFailures(load);
    },
  },
  {
    name: 'a removed target is unbound even if its replacement is dead, and a newer write supersedes a waiting one',
    listener: { healthCheck: { ...SLOW_CHECK, timeoutSeconds: 30 } },
    run: async (world) => {
      const { bind, runtime, url, httpBackend, slowToCheck } = world;
      const never = new Promise<void>(() => {});
      const [a, b, silent] = [await slowToCheck('a'), await slowToCheck('b'), await httpBackend('s', 0, never)];
      await bind(targetsTo([a]));
      const put = (targets: object) => runtime.call('PUT', '/v1/attachments/pool', { listenerId: 'web', targets });
      const waiting = put(targetsTo([silent]));
      const load = await loadOn(world, 'a');
      await servedBy(load, a);
      await put(targetsTo([b]));
      assert.equal((await waiting).body.code, 'Superseded');
      await servedBy(load, b);
      await noFailures(load);
      const dead = { address: '127.0.0.1', port: await freePort() };
      assert.equal((await put({ dead })).status, 200);
      assert.match((await exchange(url)).error ?? '', /^503/);
    },
  },
  {
    name: 'a group exchanges its members, and no request is lost',
    listener: SLOW,
    run: async (world) => {
      const { runtime, slowToCheck } = world;
      const a = await groupOfOne(world);
      const b = await slowToCheck('b', a.port, '127.0.0.2');
      await putServer(world, 'i-2', { addresses: ['127.0.0.2'] });
      await runtime.done('PUT', '/v1/group-attachments/web', { listenerId: 'web', groupId: 'g', port: a.port });
      const load = await loadOn(world, 'one');
      await runtime.done('PUT', '/v1/groups/g', { members: { two: 'i-2' } });
      await servedBy(load, b);
      await runtime.done('PUT', '/v1/groups/g', { members: { two: 'i-1' } });
      await servedBy(load, a);
      await noFailures(load);
    },
  },
  {
    name: 'an attachment is added and another one deleted before the first check of the new target has ended, and no request fails',
    listener: SLOW,
    run: async (world) => {
      const { bind, runtime, slowToCheck } = world;
      const [a, b] = (await backends(slowToCheck, 'ab')) as [Backend, Backend];
      await bind(targetsTo([a]));
      const load = await loadOn(world, 'a');
      await runtime.done('PUT', '/v1/attachments/next', { listenerId: 'web', targets: targetsTo([b]) });
      await runtime.done('DELETE', '/v1/attachments/pool');
      await servedBy(load, b);
      await noFailures(load);
    },
  },
  {
    name: 'the backend port of a classic listener changes, and no request fails',
    run: async (world) => {
      const { runtime, slowToCheck, startLoad } = world;
      const [a, b] = (await backends(slowToCheck, 'ab')) as [Backend, Backend];
      const port = await freePort();
      const listen = (backendPort: number) => {
        const listener = { loadBalancerId: 'old', protocol: 'HTTP', port, backendPort, ...SLOW };
        return runtime.done('PUT', '/v1/listeners/old', listener);
      };
      await runtime.done('PUT', '/v1/load-balancers/old', { type: 'classic', address: '127.0.0.1' });
      await listen(a.port);
      const targets = { one: { address: '127.0.0.1' } };
      await runtime.done('PUT', '/v1/attachments/old', { loadBalancerId: 'old', targets, awaitHealthySeconds: 10 });
      const load = startLoad({ url: `http://127.0.0.1:${port}/`, clients: 4 });
      await until('requests', () => load.exchanges.length > 20 || undefined);
      await listen(b.port);
      await servedBy(load, b);
      await noFailures(load);
    },
  },
]);
