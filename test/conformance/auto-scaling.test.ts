// Conformance scenarios of auto scaling: members of a group are bound wherever the group is attached.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { askHttp, askTcp, type Backend, freePort, httpBackend } from '../harness/backends/backends.ts';
import { exchange, sharesAt } from '../harness/clients/load.ts';
import { PLACE, putServer, statusOf, untilHealth } from '../harness/conformance/servers.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import type { World } from '../harness/conformance/world.ts';
import { until } from '../harness/runtime/runtime.ts';

/** Loopback addresses of the servers by id. Their backends share one port, as members of a group do. */
const ADDRESSES: Readonly<Record<string, string>> = { 'i-1': '127.0.0.1', 'i-2': '127.0.0.2', 'i-3': '127.0.0.3' };

const PORT_TRIES = 10;

/**
 * Puts the servers i-1, i-2 and i-3, each with a backend of the same name at a common port, and the empty group `g`.
 */
async function fleet(world: World, t: TestContext): Promise<{ port: number; backends: Record<string, Backend> }> {
  const backends = await onOnePort(t);
  for (const [id, address] of Object.entries(ADDRESSES)) await putServer(world, id, { addresses: [address] });
  await world.runtime.done('PUT', '/v1/groups/g', {});
  return { port: backends['i-1']?.port ?? 0, backends };
}

async function onOnePort(t: TestContext): Promise<Record<string, Backend>> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    try {
      const opened = Object.entries(ADDRESSES).map(async ([id, address]) => {
        return [id, await httpBackend(t, id, port, undefined, address)] as const;
      });
      return Object.fromEntries(await Promise.all(opened));
    } catch (error) {
      if (tries === PORT_TRIES) throw error;
    }
  }
}

function attach({ runtime }: World, id: string, body: object): Promise<void> {
  return runtime.done('PUT', `/v1/group-attachments/${id}`, { groupId: 'g', ...body });
}

function join({ runtime }: World, serverId: string): Promise<void> {
  return runtime.done('PUT', `/v1/groups/g/members/${serverId}`);
}

function leave({ runtime }: World, serverId: string): Promise<void> {
  return runtime.done('DELETE', `/v1/groups/g/members/${serverId}`);
}

testOnEachEngine([
  {
    name: 'members are bound to each listener, rule and load balancer to which their group is attached, and unbound when they leave',
    run: async (world, t) => {
      const { runtime, port: listenerPort } = world;
      const { port } = await fleet(world, t);
      const other = await freePort();
      const healthCheck = { intervalSeconds: 0.2, timeoutSeconds: 5 };
      const api = { loadBalancerId: 'lb', protocol: 'HTTP', port: other, healthCheck };
      await runtime.done('PUT', '/v1/listeners/api', api);
      await runtime.done('PUT', '/v1/rules/beta', { listenerId: 'web', path: '/beta', healthCheck });
      await attach(world, 'of-listener', { listenerId: 'web', port });
      await attach(world, 'of-rule', { ruleId: 'beta', port, weight: 10 });
      await attach(world, 'of-balancer', { loadBalancerId: 'lb', port, weight: 20 });
      const asked = async () => [
        await askHttp(listenerPort, 'shop', '/'),
        await askHttp(listenerPort, 'shop', '/beta'),
        await askHttp(other, 'shop', '/'),
      ];
      assert.deepEqual(await asked(), ['503', '503', '503']);
      await join(world, 'i-1');
      for (const listener of ['web', 'api']) await untilHealth(world, 'i-1', 'healthy', listener);
      await until(
        'responses of i-1 everywhere',
        async () => (await asked()).every((response) => response === 'i-1') || undefined,
      );
      const shown = [...(await statusOf(world)), ...(await statusOf(world, 'api'))];
      assert.deepEqual(
        shown.map(({ rule, weight, attachment }) => [attachment, rule, weight]),
        [
          ['of-listener', undefined, 100],
          ['of-rule', 'beta', 10],
          ['of-balancer', undefined, 20],
        ],
      );
      assert.deepEqual((await runtime.done('GET', '/v1/groups/g')).members, { 'i-1': 'i-1' });
      await join(world, 'i-2');
      await leave(world, 'i-1');
      await until(
        'responses of i-2 everywhere',
        async () => (await asked()).every((response) => response === 'i-2') || undefined,
      );
      await leave(world, 'i-2');
      assert.deepEqual(await asked(), ['503', '503', '503']);
    },
  },
  {
    name: 'servers join and leave under load, through the API and in the group itself, and no request fails',
    flags: ['--workers', '2'],
    run: async (world, t) => {
      const { runtime, startLoad } = world;
      const { port } = await fleet(world, t);
      await attach(world, 'web', { listenerId: 'web', port });
      await join(world, 'i-1');
      await untilHealth(world, 'i-1', 'healthy');
      const load = startLoad({ clients: 8 });
      const served = async (serverId: string) => {
        const seen = load.exchanges.length;
        const isServed = () => load.exchanges.slice(seen).some(({ backend }) => backend === serverId);
        await until(`requests of ${serverId}`, () => isServed() || undefined);
      };
      const left: Record<string, { from: number; to: number }[]> = { 'i-1': [], 'i-2': [] };
      const gone = async (serverId: string) => {
        const from = performance.now();
        const seen = load.exchanges.length;
        await until('requests without the server', () => load.exchanges.length > seen + 40 || undefined);
        left[serverId]?.push({ from, to: performance.now() });
      };
      for (let round = 0; round < 5; round++) {
        await join(world, 'i-2');
        await served('i-2');
        await leave(world, 'i-2');
        await gone('i-2');
      }
      for (const members of [{ one: 'i-1', two: 'i-3' }, { two: 'i-3' }, { two: 'i-3', again: 'i-1' }]) {
        await runtime.done('PUT', '/v1/groups/g', { members });
        for (const serverId of Object.values(members)) await served(serverId);
        if (Object.keys(members).length === 1) await gone('i-1');
      }
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
      for (const [serverId, times] of Object.entries(left)) assert.deepEqual(load.within(times, serverId), []);
    },
  },
  {
    name: 'a group that declares its members refuses members from the API; a group that does not keeps them through every put',
    run: async (world, t) => {
      const { runtime } = world;
      await fleet(world, t);
      await join(world, 'i-1');
      await join(world, 'i-1');
      await runtime.done('PUT', '/v1/groups/g', {});
      assert.deepEqual((await runtime.done('GET', '/v1/groups/g')).members, { 'i-1': 'i-1' });
      await runtime.done('PUT', '/v1/groups/fixed', { members: { one: 'i-2' } });
      for (const method of ['PUT', 'DELETE']) {
        const { status, body } = await runtime.call(method, '/v1/groups/fixed/members/i-2');
        assert.deepEqual([status, body.code], [400, 'OperationFailed.ActionNotSupport'], method);
      }
      const unknown = await runtime.call('PUT', '/v1/groups/g/members/i-9');
      assert.deepEqual([unknown.status, unknown.body.code], [400, 'InvalidParameter']);
      assert.equal((await runtime.call('DELETE', '/v1/groups/g/members/i-2')).status, 404);
      assert.equal((await runtime.call('PUT', '/v1/groups/none/members/i-1')).status, 404);
      const refused = await runtime.call('DELETE', '/v1/backend-servers/i-1');
      assert.deepEqual([refused.status, refused.body.code], [409, 'InUse']);
      assert.match(refused.body.message, /group g/);
    },
  },
  {
    name: 'a member in another region is refused when it joins and when the group is attached; a starting member waits and is bound later',
    run: async (world, t) => {
      const { runtime, url } = world;
      const { port } = await fleet(world, t);
      await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1', ...PLACE });
      await attach(world, 'web', { listenerId: 'web', port });
      const elsewhere = [
        [{ region: 'r2' }, 'NetworkConflict'],
        [{ zoneId: 'z2' }, 'Mismatched.ZoneId'],
        [{ kind: 'eni' }, 'OperationUnsupported.AddBackendServers'],
      ] as const;
      for (const [difference, code] of elsewhere) {
        await putServer(world, 'i-4', difference);
        const joined = await runtime.call('PUT', '/v1/groups/g/members/i-4');
        assert.deepEqual([joined.status, joined.body.code, joined.body.details[0].path], [400, code, 'members.i-4']);
        await runtime.done('PUT', '/v1/groups/other', { members: { four: 'i-4' } });
        const body = { groupId: 'other', listenerId: 'web', port };
        const attached = await runtime.call('PUT', '/v1/group-attachments/other', body);
        assert.deepEqual([attached.status, attached.body.code], [400, code]);
      }
      await putServer(world, 'i-2', { addresses: [ADDRESSES['i-2']], status: 'Starting' });
      await join(world, 'i-1');
      await join(world, 'i-2');
      await untilHealth(world, 'i-1', 'healthy');
      assert.match((await untilHealth(world, 'i-2', 'ineligible')).reason ?? '', /is Starting/);
      const { boundTargets } = await runtime.done('GET', '/v1/group-attachments/web');
      assert.deepEqual([boundTargets['i-1'].health, boundTargets['i-2'].health], ['healthy', 'ineligible']);
      assert.deepEqual(await sharesAt(url, 10), { 'i-1': 10 });
      await putServer(world, 'i-2', { addresses: [ADDRESSES['i-2']] });
      await until('a response of i-2', async () => (await exchange(url)).backend === 'i-2' || undefined);
    },
  },
  {
    name: 'under a classic load balancer, members use the port of each listener',
    listener: { protocol: 'TCP' },
    run: async (world) => {
      const { runtime, tcpBackend } = world;
      const [a, b] = [await tcpBackend('a'), await tcpBackend('b')];
      await putServer(world, 'i-1');
      await runtime.done('PUT', '/v1/groups/g', { members: { one: 'i-1' } });
      await runtime.done('PUT', '/v1/load-balancers/old', { type: 'classic', address: '127.0.0.1' });
      const ports = [await freePort(), await freePort()];
      for (const [i, { port }] of [a, b].entries()) {
        const healthCheck = { intervalSeconds: 0.2, timeoutSeconds: 5 };
        const classic = { loadBalancerId: 'old', protocol: 'TCP', port: ports[i], backendPort: port, healthCheck };
        await runtime.done('PUT', `/v1/listeners/old-${i}`, classic);
      }
      const refused = await runtime.call('PUT', '/v1/group-attachments/old', {
        groupId: 'g',
        loadBalancerId: 'old',
        port: a.port,
      });
      assert.deepEqual([refused.status, refused.body.code], [400, 'OperationFailed.ActionNotSupport']);
      await attach(world, 'old', { loadBalancerId: 'old' });
      for (const [i, name] of ['a', 'b'].entries()) {
        await until(name, async () => (await askTcp('127.0.0.1', ports[i] ?? 0)) === name || undefined);
      }
    },
  },
  {
    name: 'a group and an attachment that bind one target agree: the newest weight counts, and the last one to unbind ends it',
    run: async (world, t) => {
      const { runtime, startLoad } = world;
      const { port } = await fleet(world, t);
      await attach(world, 'web', { listenerId: 'web', port, weight: 30 });
      await join(world, 'i-1');
      await untilHealth(world, 'i-1', 'healthy');
      const load = startLoad({ clients: 4 });
      const target = { serverId: 'i-1', port, weight: 70 };
      await runtime.done('PUT', '/v1/attachments/pool', { listenerId: 'web', targets: { one: target } });
      const only = async () => (await statusOf(world)).map(({ weight, health }) => [weight, health]);
      assert.deepEqual(await only(), [[70, 'healthy']]);
      await leave(world, 'i-1');
      assert.deepEqual(await only(), [[70, 'healthy']]);
      await join(world, 'i-1');
      assert.deepEqual(await only(), [[30, 'healthy']]);
      await runtime.done('DELETE', '/v1/attachments/pool');
      assert.deepEqual(await only(), [[30, 'healthy']]);
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
      await leave(world, 'i-1');
      assert.deepEqual(await only(), []);
    },
  },
  {
    name: 'members, waiting members and their health survive a restart',
    run: async (world, t) => {
      const { port } = await fleet(world, t);
      await attach(world, 'web', { listenerId: 'web', port });
      for (const serverId of ['i-1', 'i-2', 'i-3']) await join(world, serverId);
      await putServer(world, 'i-3', { addresses: [ADDRESSES['i-3']], status: 'Stopped' });
      for (const serverId of ['i-1', 'i-2']) await untilHealth(world, serverId, 'healthy');
      await world.restart();
      for (const serverId of ['i-1', 'i-2']) await untilHealth(world, serverId, 'healthy');
      assert.deepEqual(await sharesAt(world.url, 10), { 'i-1': 5, 'i-2': 5 });
      await untilHealth(world, 'i-3', 'ineligible');
      await leave(world, 'i-1');
      await putServer(world, 'i-3', { addresses: [ADDRESSES['i-3']] });
      await untilHealth(world, 'i-3', 'healthy');
      assert.deepEqual(await sharesAt(world.url, 10), { 'i-2': 5, 'i-3': 5 });
    },
  },
]);
