// Conformance scenarios of backend servers as targets: which servers are refused, and which take no traffic for a time.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { askTcp, httpBackend } from '../harness/backends/backends.ts';
import { UdpBackend, UdpClient } from '../harness/backends/udp.ts';
import { openFlow } from '../harness/clients/flow.ts';
import { exchange, shares, sharesAt } from '../harness/clients/load.ts';
import { PLACE, putServer, statusOf, untilHealth } from '../harness/conformance/servers.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import type { World } from '../harness/conformance/world.ts';
import { until } from '../harness/runtime/runtime.ts';

const YESTERDAY = '2020-01-01T00:00:00Z';
const SHARED = { address: '127.0.0.1', ...PLACE };

/**
 * Refused bindings by name: properties of the server, properties of the target, and the expected error code and
 * message.
 */
const REFUSED: Readonly<Record<string, readonly [server: object, target: object, code: string, message: RegExp]>> = {
  region: [{ region: 'r2' }, {}, 'NetworkConflict', /is in region r2, and the load balancer in r1/],
  vpc: [{ vpcId: 'vpc-2' }, {}, 'NetworkConflict', /is in VPC vpc-2, and the load balancer in vpc-1/],
  zone: [{ zoneId: 'z2' }, {}, 'Mismatched.ZoneId', /is in zone z2, and the load balancer in z1/],
  starting: [{ status: 'Starting' }, {}, 'BackendServerProcessing', /is Starting/],
  stopping: [{ status: 'Stopping' }, {}, 'IncorrectStatus.RSByPassToas', /is Stopping, not Running/],
  stopped: [{ status: 'Stopped' }, {}, 'IncorrectStatus.RSByPassToas', /is Stopped, not Running/],
  isolated: [{ isolated: true }, {}, 'IncorrectStatus.RSByPassToas', /is isolated/],
  expired: [{ expiresAt: YESTERDAY }, {}, 'IncorrectStatus.RSByPassToas', /has expired/],
  bandwidth: [{ bandwidthMbps: 0 }, {}, 'IncorrectStatus.RSByPassToas', /has a bandwidth of 0/],
  eni: [{ kind: 'eni' }, { type: 'eni' }, 'OperationUnsupported.AddBackendServers', /is of type eni/],
  eci: [{ kind: 'eci' }, { type: 'eci' }, 'OperationUnsupported.AddBackendServers', /is of type eci/],
  type: [{ kind: 'eni' }, {}, 'InvalidParameter', /is of type "eni", which the target must name/],
  address: [{}, { address: '127.0.0.9' }, 'InvalidParameter', /has no address 127\.0\.0\.9/],
};

/** Changes of a bound server that make its target ineligible, each with the reason that the status shows. */
const LEFT_OUT: readonly (readonly [difference: object, reason: RegExp])[] = [
  [{ status: 'Stopped' }, /is Stopped/],
  [{ status: 'Starting' }, /is Starting/],
  [{ isolated: true }, /is isolated/],
  [{ expiresAt: YESTERDAY }, /has expired/],
  [{ bandwidthMbps: 0 }, /bandwidth of 0/],
  [{ region: 'r2' }, /is in region r2/],
  [{ vpcId: 'vpc-2' }, /is in VPC vpc-2/],
  [{ zoneId: 'z2' }, /is in zone z2/],
  [{ kind: 'eci' }, /is of type "eci"/],
  [{ addresses: ['127.0.0.9'] }, /has no address 127\.0\.0\.1/],
];

/** Puts the servers i-a and i-b with an HTTP backend each, and binds them as a and b by explicit addresses. */
async function bindTwo(world: World, t: Parameters<typeof httpBackend>[0]) {
  const [a, b] = [await httpBackend(t, 'a'), await httpBackend(t, 'b')];
  await world.runtime.done('PUT', '/v1/load-balancers/lb', SHARED);
  await putServer(world, 'i-a');
  await putServer(world, 'i-b');
  await world.bind({ a: { serverId: 'i-a', ...a.target }, b: { serverId: 'i-b', ...b.target } });
  return { a, b };
}

testOnEachEngine([
  {
    name: 'a server that may not be bound is refused with its error code, alone and among others, and nothing is applied',
    run: async (world, t) => {
      const { runtime, url } = world;
      await bindTwo(world, t);
      const targets: Record<string, object> = { good: { serverId: 'i-a', port: 1 } };
      for (const [name, [server, target, code, message]] of Object.entries(REFUSED)) {
        await putServer(world, `i-${name}`, server);
        targets[name] = { serverId: `i-${name}`, port: 2 + Object.keys(targets).length, ...target };
        const body = { listenerId: 'web', targets: { [name]: targets[name] } };
        const response = await runtime.call('PUT', '/v1/attachments/other', body);
        assert.deepEqual([response.status, response.body.code], [400, code], name);
        const [detail] = response.body.details;
        assert.equal(detail.path, `targets.${name}`);
        assert.match(detail.message, message);
      }
      targets.unknown = { serverId: 'i-nobody', port: 1 };
      const response = await runtime.call('PUT', '/v1/attachments/other', { listenerId: 'web', targets });
      assert.deepEqual([response.status, response.body.code], [400, 'InvalidParameter']);
      const paths = response.body.details.map(({ path }: { path: string }) => path);
      const due = [...Object.keys(REFUSED).map((name) => `targets.${name}`), 'targets.unknown.serverId'];
      assert.deepEqual(paths.toSorted(), due.toSorted());
      assert.equal((await runtime.call('GET', '/v1/attachments/other')).status, 404);

      const patched = await runtime.call('PATCH', '/v1/attachments/pool', { targets: { a: null, ...targets } });
      assert.equal(patched.status, 400);
      assert.deepEqual(await sharesAt(url, 10), { a: 5, b: 5 });
    },
  },
  {
    name: 'a write with two names of one server and port, or with more than 500 targets, is refused',
    run: async (world) => {
      await putServer(world, 'i-a');
      const refused = async (targets: object) => {
        const { body } = await world.runtime.call('PUT', '/v1/attachments/pool', { listenerId: 'web', targets });
        return [body.code, body.details.map(({ path }: { path: string }) => path)];
      };
      const conflict = ['InvalidBackendServers.ServerIpConflict', ['targets.y']];
      const x = { serverId: 'i-a', port: 80 };
      assert.deepEqual(await refused({ x, y: x }), conflict);
      assert.deepEqual(await refused({ x, y: { address: '127.0.0.1', port: 80 } }), conflict);
      assert.deepEqual(await refused({ x, y: { serverId: 'i-a', address: '127.0.0.1', port: 80 } }), conflict);
      const many = Array.from({ length: 501 }, (_, i) => [`t${i}`, { serverId: 'i-a', port: i + 1 }]);
      assert.deepEqual(await refused(Object.fromEntries(many)), ['InvalidParameter', ['targets']]);
      await world.runtime.done('PUT', '/v1/attachments/pool', {
        listenerId: 'web',
        targets: Object.fromEntries(many.slice(1)),
      });
    },
  },
  {
    name: 'a server that another stack has bound is refused with the name of that stack, also by its bare address',
    run: async (world) => {
      const { runtime, url, httpBackend } = world;
      const a = await httpBackend('a');
      await putServer(world, 'i-a');
      const urnOf = (stack: string) => `urn:pulumi:${stack}::shop::pulumi-nodejs:dynamic/weir:TargetAttachment::pool`;
      const bound = { listenerId: 'web', targets: { a: { serverId: 'i-a', port: a.port } } };
      await runtime.done('PUT', '/v1/attachments/pool', { ...bound, owner: urnOf('prod') });
      for (const target of [{ serverId: 'i-a', port: a.port }, a.target]) {
        const body = { listenerId: 'web', targets: { mine: target }, owner: urnOf('dev') };
        const response = await runtime.call('PUT', '/v1/attachments/other', body);
        assert.deepEqual([response.status, response.body.code], [409, 'OwnedByOther']);
        assert.equal(response.body.details[0].path, 'targets.mine');
        assert.match(response.body.message, /prod/);
      }
      await until('a response of a', async () => (await exchange(url)).backend === 'a' || undefined);
    },
  },
  {
    name: 'several addresses of one network interface get their shares if the load balancer has guaranteed performance',
    run: async (world) => {
      const { runtime, bind, port, tcpBackend } = world;
      const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
      const backends = await Promise.all(addresses.map((address) => tcpBackend(address, address)));
      await runtime.done('PUT', '/v1/load-balancers/lb', { ...SHARED, performance: 'guaranteed' });
      await putServer(world, 'eni-1', { kind: 'eni', addresses });
      const targets = backends.map(({ target }, i) => {
        // A target without an address uses the first address of the server.
        const { address, ...first } = target;
        return [`t${i}`, { serverId: 'eni-1', type: 'eni', ...(i === 0 ? first : { ...first, address }) }];
      });
      await world.change({ protocol: 'TCP' });
      await bind(Object.fromEntries(targets));
      const responses = [];
      for (let i = 0; i < 30; i++) responses.push({ backend: await askTcp('127.0.0.1', port) });
      assert.deepEqual(shares(responses), { '127.0.0.1': 10, '127.0.0.2': 10, '127.0.0.3': 10 });
    },
  },
  {
    name: 'a bound server that stops, expires, is isolated or moves gets no request after the response, and returns when the cause is gone',
    flags: ['--workers', '2'],
    run: async (world, t) => {
      const { runtime, startLoad } = world;
      await bindTwo(world, t);
      const load = startLoad({ clients: 8 });
      const leftOut: { from: number; to: number }[] = [];
      for (const [difference, reason] of LEFT_OUT) {
        await putServer(world, 'i-b', difference);
        const from = performance.now();
        const [, b] = await statusOf(world);
        assert.equal(b?.health, 'ineligible');
        assert.match(b?.reason ?? '', reason);
        const { boundTargets } = await runtime.done('GET', '/v1/attachments/pool');
        assert.deepEqual([boundTargets.a.health, boundTargets.b.health], ['healthy', 'ineligible']);
        assert.equal(await runtime.metric(healthSeries('ineligible', b?.port)), 1);
        const seen = load.exchanges.length;
        await until('requests without the server', () => load.exchanges.length > seen + 40 || undefined);
        leftOut.push({ from, to: performance.now() });
        await putServer(world, 'i-b');
        await untilHealth(world, 'b', 'healthy');
        const since = load.exchanges.length;
        await until(
          'requests to the server again',
          () => load.exchanges.slice(since).some(({ backend }) => backend === 'b') || undefined,
        );
        assert.equal(await runtime.metric(healthSeries('healthy', b?.port)), 1);
      }
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
      assert.deepEqual(load.within(leftOut, 'b'), []);
    },
  },
  {
    name: 'a bound server expires without a write and stays bound; a later expiry brings it back',
    run: async (world, t) => {
      await bindTwo(world, t);
      const expiresAt = new Date(Date.now() + 1_000).toISOString();
      await putServer(world, 'i-b', { expiresAt });
      const { reason } = await untilHealth(world, 'b', 'ineligible');
      assert.ok(Date.now() >= Date.parse(expiresAt));
      assert.equal(reason, 'server i-b has expired');
      assert.deepEqual(await sharesAt(world.url, 10), { a: 10 });
      await world.patch({ b: { weight: 50 } });
      const { weight } = await untilHealth(world, 'b', 'ineligible');
      assert.equal(weight, 50);
      await putServer(world, 'i-b', { expiresAt: '2999-01-01T00:00:00+01:00' });
      await until('a response of b', async () => (await exchange(world.url)).backend === 'b' || undefined);
    },
  },
  {
    name: 'without a health check, every worker leaves a server out and lets it in alike, new workers and restarted runtimes too',
    listener: { healthCheck: { protocol: 'none' } },
    flags: ['--workers', '4'],
    run: async (world, t) => {
      const { url } = world;
      const { a, b } = await bindTwo(world, t);
      await putServer(world, 'i-b', { status: 'Stopped' });
      assert.deepEqual(await sharesAt(url, 20), { a: 20 });
      const { workers } = await world.runtime.done('GET', '/v1/status');
      for (const { id } of workers) await world.runtime.done('DELETE', `/v1/workers/${id}`);
      await until('new workers', async () => {
        const now = await world.runtime.done('GET', '/v1/status');
        return now.workers.every(({ restarts }: { restarts: number }) => restarts > 0);
      });
      const afterWorkers = await sharesAt(url, 20);
      assert.equal(afterWorkers.b, undefined);
      await world.restart();
      assert.deepEqual(await sharesAt(url, 20), { a: 20 });
      assert.equal((await untilHealth(world, 'b', 'ineligible')).reason, 'server i-b is Stopped, not Running');
      const seen = b.count;
      await putServer(world, 'i-b');
      assert.deepEqual(await sharesAt(url, 20), { a: 10, b: 10 });
      assert.equal(b.count, seen + 10);
      assert.ok(a.count > 0);
    },
  },
  {
    name: 'TCP: open flows to an ineligible server stay open, and new flows go elsewhere',
    listener: { protocol: 'TCP' },
    run: async (world, t) => {
      const [a, b] = [await world.tcpBackend('a'), await world.tcpBackend('b')];
      await putServer(world, 'i-b');
      await world.bind({ a: a.target, b: { serverId: 'i-b', port: b.port } });
      const flows = await Promise.all(Array.from({ length: 4 }, () => openFlow(world.port)));
      t.after(() => {
        for (const { socket } of flows) socket.destroy();
      });
      await putServer(world, 'i-b', { isolated: true });
      for (let i = 0; i < 4; i++) assert.equal(await askTcp('127.0.0.1', world.port), 'a');
      for (const { socket } of flows.filter(({ name }) => name === 'b')) {
        socket.write('still here');
        assert.equal(String((await once(socket, 'data'))[0]), 'still here');
      }
      assert.equal(flows.filter(({ name }) => name === 'b').length, 2);
    },
  },
  {
    name: 'UDP: clients of an ineligible server get another target',
    listener: { protocol: 'UDP', healthCheck: { protocol: 'none' } },
    run: async (world, t) => {
      const [a, b] = [await UdpBackend.start(t, 'a'), await UdpBackend.start(t, 'b')];
      await putServer(world, 'i-b');
      await world.bind({ a: { ...a.target, weight: 0 }, b: { serverId: 'i-b', port: b.port } });
      const client = await UdpClient.open(t, world.port);
      assert.match(await client.ask('one'), /^b /);
      await world.patch({ a: { weight: 100 } });
      assert.match(await client.ask('two'), /^b /);
      await putServer(world, 'i-b', { status: 'Stopping' });
      assert.match(await client.ask('three'), /^a /);
      assert.deepEqual(b.texts, ['one', 'two']);
    },
  },
  {
    name: 'a server whose address changes is served at the new address; a bound server cannot be deleted, and an unbind keeps it',
    run: async (world) => {
      const { runtime, tcpBackend } = world;
      const first = await tcpBackend('first', '127.0.0.1');
      await world.change({ protocol: 'TCP' });
      await putServer(world, 'i-a');
      await world.bind({ a: { serverId: 'i-a', port: first.port } });
      await putServer(world, 'i-a', { addresses: ['127.0.0.5'] });
      const [moved] = await statusOf(world);
      assert.equal(moved?.address, '127.0.0.5');

      const refused = await runtime.call('DELETE', '/v1/backend-servers/i-a');
      assert.deepEqual([refused.status, refused.body.code], [409, 'InUse']);
      assert.match(refused.body.message, /attachment pool/);
      const before = await runtime.done('GET', '/v1/backend-servers/i-a');
      await world.patch({ a: null });
      assert.deepEqual(await runtime.done('GET', '/v1/backend-servers/i-a'), before);
      assert.equal((await runtime.call('DELETE', '/v1/backend-servers/i-a')).status, 204);
    },
  },
]);

function healthSeries(health: string, port: number | undefined): string {
  return `weir_target_health{listener="web",rule="",target="127.0.0.1:${port}",health="${health}"}`;
}
