// Conformance scenarios of leases: a member that does not renew its lease is unbound, and any other stays.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { PLACE, putServer, statusOf, untilHealth } from '../harness/conformance/servers.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import type { World } from '../harness/conformance/world.ts';
import { JoinedServer } from '../harness/runtime/joined-server.ts';
import { until } from '../harness/runtime/runtime.ts';

/** The servers i-1 and i-2, whose backends have one port, and the empty group `g`, attached to the listener. */
async function fleet(world: World): Promise<void> {
  const { port } = await world.httpBackend('i-1');
  await world.httpBackend('i-2', port, undefined, '127.0.0.2');
  for (const [id, address] of [
    ['i-1', '127.0.0.1'],
    ['i-2', '127.0.0.2'],
  ] as const)
    await putServer(world, id, { addresses: [address] });
  await world.runtime.done('PUT', '/v1/groups/g', {});
  await world.runtime.done('PUT', '/v1/group-attachments/ga', { groupId: 'g', listenerId: 'web', port });
}

const group = ({ runtime }: World) => runtime.done('GET', '/v1/groups/g');
const member = (id: string, query = '') => `/v1/groups/g/members/${id}${query}`;

testOnEachEngine([
  {
    name: 'under load, a member whose process is killed is unbound after its lease, one that renews stays, and no request fails',
    flags: ['--workers', '2'],
    run: async (world, t) => {
      await fleet(world);
      const { runtime } = world;
      const reach = { endpoint: runtime.url, home: runtime.home };
      const start = (id: string) => JoinedServer.start(t, ['g', '--server', id, '--ttl', '5'], reach);
      const [kept, killed] = [start('i-1'), start('i-2')];
      for (const server of [kept, killed]) await server.isMember();
      for (const id of ['i-1', 'i-2']) await untilHealth(world, id, 'healthy');
      const load = world.startLoad({ clients: 8, pauseMs: 5 });
      await until('requests of i-2', () => load.exchanges.some(({ backend }) => backend === 'i-2') || undefined);
      const { version } = await group(world);
      await killed.end('SIGKILL');
      await until('the end of the lease', async () => (await statusOf(world)).length === 1 || undefined);
      const from = performance.now();
      const seen = load.exchanges.length;
      await until('requests without i-2', () => load.exchanges.length > seen + 40 || undefined);
      const to = performance.now();
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
      assert.deepEqual(load.within([{ from, to }], 'i-2'), []);
      const { members, leases, version: after } = await group(world);
      assert.deepEqual([members, leases['i-1'].ttlSeconds], [{ 'i-1': 'i-1' }, 5]);
      // The group was written once, for the lease that ended, however often the other one was renewed.
      assert.ok(after > version);
      assert.match(runtime.log(), /a lease ended: the server is no longer a member/);
      assert.equal(await runtime.metric('weir_leases_ended_total'), 1);
      assert.equal(kept.stderr, '');
      assert.equal(await kept.end('SIGTERM'), 0);
      assert.deepEqual(await statusOf(world), []);
    },
  },
  {
    name: 'a renewal writes nothing, and another time to live, or none, is a write',
    run: async (world) => {
      await fleet(world);
      const { runtime } = world;
      const size = () => statSync(join(runtime.dataDirectory, 'weir.db-wal')).size;
      const put = async (query: string) => {
        const { version, leases } = await runtime.done('PUT', member('i-1', query));
        return { version, ttl: leases?.['i-1'].ttlSeconds, ends: Date.parse(leases?.['i-1'].expiresAt ?? '') };
      };
      const first = await put('?ttl=60');
      await untilHealth(world, 'i-1', 'healthy');
      await until('the health to be stored', async () => {
        const before = size();
        const renewed = await put('?ttl=60');
        assert.equal(renewed.version, first.version);
        return size() === before || undefined;
      });
      const renewed = await put('?ttl=60');
      assert.deepEqual([renewed.version, renewed.ttl], [first.version, 60]);
      assert.ok(renewed.ends > first.ends);
      const [target] = await statusOf(world);
      assert.equal((target as { lease?: { ttlSeconds: number } }).lease?.ttlSeconds, 60);
      const changed = await put('?ttl=3600');
      assert.ok(changed.version > first.version);
      assert.equal(changed.ttl, 3600);
      const unlimited = await put('');
      assert.ok(unlimited.version > changed.version);
      assert.equal(unlimited.ttl, undefined);
      assert.equal((await put('?ttl=5')).ttl, 5);
      await until(
        'the end of the lease',
        async () => Object.keys((await group(world)).members).length === 0 || undefined,
      );
    },
  },
  {
    name: 'a time to live other than 5 to 3,600 whole seconds is refused, and so is a server that the group does not let join',
    run: async (world) => {
      await fleet(world);
      const { runtime } = world;
      for (const ttl of ['4', '3601', '5.5', 'x', '', '-30']) {
        const { status, body } = await runtime.call('PUT', member('i-1', `?ttl=${ttl}`));
        assert.deepEqual([status, body.code, body.details[0].path], [400, 'InvalidParameter', 'ttl'], ttl);
      }
      await runtime.done('PUT', '/v1/groups/g', { joinable: ['i-2', 'i-?x*'] });
      const refused = await runtime.call('PUT', member('i-1', '?ttl=5'));
      assert.deepEqual([refused.status, refused.body.code], [400, 'OperationFailed.ActionNotSupport']);
      await runtime.done('PUT', member('i-2', '?ttl=5'));
      await runtime.done('PUT', '/v1/groups/fixed', { members: { one: 'i-2' } });
      const declared = await runtime.call('PUT', '/v1/groups/fixed/members/i-1?ttl=5');
      assert.deepEqual([declared.status, declared.body.code], [400, 'OperationFailed.ActionNotSupport']);
      const elsewhere = await runtime.call('PUT', '/v1/groups/g', { members: {}, joinable: ['i-1'] });
      assert.deepEqual([elsewhere.status, elsewhere.body.details[0].path], [400, 'joinable']);
    },
  },
  {
    name: 'after a restart, a member with a lease serves, and has its whole time to live before it is unbound',
    run: async (world) => {
      await fleet(world);
      await world.runtime.done('PUT', member('i-1', '?ttl=5'));
      await world.runtime.done('PUT', member('i-2'));
      for (const id of ['i-1', 'i-2']) await untilHealth(world, id, 'healthy');
      const before = (await group(world)).leases['i-1'];
      await world.restart();
      const { members, leases } = await group(world);
      assert.deepEqual(members, { 'i-1': 'i-1', 'i-2': 'i-2' });
      assert.equal(leases['i-1'].ttlSeconds, 5);
      assert.ok(leases['i-1'].expiresAt > before.expiresAt);
      await untilHealth(world, 'i-1', 'healthy');
      await until('the end of the lease', async () => (await statusOf(world)).length === 1 || undefined);
      assert.deepEqual((await group(world)).members, { 'i-2': 'i-2' });
    },
  },
  {
    name: 'a group keeps leases through every put, and a member whose lease ends can join again',
    run: async (world) => {
      await fleet(world);
      const { runtime } = world;
      await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1', ...PLACE });
      await runtime.done('PUT', member('i-1', '?ttl=5'));
      await runtime.done('PUT', '/v1/groups/g', { tags: { a: 'b' } });
      assert.equal((await group(world)).leases['i-1'].ttlSeconds, 5);
      await until('the end of the lease', async () => (await statusOf(world)).length === 0 || undefined);
      await runtime.done('PUT', member('i-1', '?ttl=60'));
      await untilHealth(world, 'i-1', 'healthy');
      assert.equal((await runtime.call('DELETE', member('i-1'))).status, 204);
      assert.deepEqual([(await group(world)).members, await statusOf(world)], [{}, []]);
    },
  },
]);
