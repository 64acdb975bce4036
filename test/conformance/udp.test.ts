// Conformance scenarios of UDP listeners: sessions, their targets, and what ends or moves a session.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { askTcp, freePort } from '../harness/backends/backends.ts';
import { UdpBackend, UdpClient } from '../harness/backends/udp.ts';
import { shares } from '../harness/clients/load.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import { type Scenario, targetsTo, type World } from '../harness/conformance/world.ts';
import { type RuntimeProcess, until } from '../harness/runtime/runtime.ts';

/** UDP listeners without a health check, as is their default; without this setting the scenario would add a check. */
const UDP = { protocol: 'UDP', healthCheck: { protocol: 'none' } };
const MAX_SESSIONS = 10_000;

function backends(t: TestContext, names: string): Promise<UdpBackend[]> {
  return Promise.all([...names].map((name) => UdpBackend.start(t, name)));
}

function clients(t: TestContext, count: number, port: number): Promise<UdpClient[]> {
  return Promise.all(Array.from({ length: count }, () => UdpClient.open(t, port)));
}

async function nameFrom(client: UdpClient): Promise<string> {
  return (await client.ask('x')).split(' ')[0] ?? '';
}

interface TargetStatus {
  name: string;
  health: string;
  requests: number;
  activeConnections: number;
}

async function targetStatus(runtime: RuntimeProcess, name: string): Promise<TargetStatus | undefined> {
  const [listener] = (await runtime.done('GET', '/v1/status')).listeners;
  return listener.targets.find((target: TargetStatus) => target.name === name);
}

async function metric({ runtime }: World, series: string): Promise<number> {
  const response = await fetch(`${runtime.url}/metrics`, { headers: { authorization: `Bearer ${runtime.token}` } });
  const line = (await response.text()).split('\n').find((each) => each.startsWith(`${series} `));
  return Number(line?.split(' ')[1]);
}

const shareScenarios = ['1', '4'].map(
  (workers): Scenario => ({
    name: `UDP: shares follow the weights over 100 fresh client ports, with ${workers} workers`,
    listener: UDP,
    flags: ['--workers', workers],
    run: async (world, t) => {
      const { bind, runtime, port } = world;
      await bind(targetsTo(await backends(t, 'abcd'), [50, 30, 20, 0]));
      const responses = [];
      for (const client of await clients(t, 100, port)) responses.push({ backend: await nameFrom(client) });
      const counts = shares(responses);
      for (const [name, due] of Object.entries({ a: 50, b: 30, c: 20 })) {
        assert.ok(Math.abs((counts[name] ?? 0) - due) <= 3, JSON.stringify(counts));
      }
      assert.equal(counts.d, undefined);
      const [{ endpoint }] = (await runtime.done('GET', '/v1/status')).listeners;
      assert.equal(endpoint, `udp://127.0.0.1:${port}`);
      const { requests, activeConnections } = (await targetStatus(runtime, 'a')) ?? {};
      assert.deepEqual([requests, activeConnections], [counts.a, counts.a]);
      assert.equal(await metric(world, 'weir_listener_connections_total{listener="web"}'), 100);
      assert.equal(await metric(world, 'weir_listener_open_connections{listener="web"}'), 100);
    },
  }),
);

testOnEachEngine([
  ...shareScenarios,
  {
    name: 'UDP: a client keeps its target while weights change and others come, and gets its own responses in order',
    listener: UDP,
    flags: ['--workers', '2'],
    run: async ({ bind, patch, port }, t) => {
      const all = await backends(t, 'abc');
      await bind(targetsTo(all));
      const known = await clients(t, 30, port);
      const names = await Promise.all(known.map(nameFrom));
      assert.deepEqual(shares(names.map((backend) => ({ backend }))), { a: 10, b: 10, c: 10 });
      for (const weight of [1, 0, 50]) {
        await patch({ b: { weight } });
        await Promise.all((await clients(t, 10, port)).map(nameFrom));
        assert.deepEqual(await Promise.all(known.map(nameFrom)), names);
      }
      const [client] = known as [UdpClient];
      const before = client.responses.length;
      for (let index = 0; index < 20; index++) await client.send(`${index}`);
      await until('the responses', () => client.responses.length === before + 20);
      const expected = Array.from({ length: 20 }, (_, index) => `${names[0]} ${index}`);
      assert.deepEqual(client.responses.slice(before), expected);
    },
  },
  {
    name: 'UDP: under traffic and 20 unbinds no datagram reaches the target after the response',
    listener: { ...UDP, drainSeconds: 5 },
    flags: ['--workers', '2'],
    run: async ({ bind, patch, port }, t) => {
      const [a, b] = (await backends(t, 'ab')) as [UdpBackend, UdpBackend];
      await bind(targetsTo([a, b]));
      let isOver = false;
      const traffic = (await clients(t, 20, port)).map(async (client) => {
        while (!isOver) {
          await client.send('x');
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      });
      for (let round = 0; round < 20; round++) {
        const [gone, other] = round % 2 === 0 ? [a, b] : [b, a];
        const [direct] = (await clients(t, 1, gone.port)) as [UdpClient];
        const { length } = gone.datagrams;
        await until('datagrams while the target is bound', () => gone.datagrams.length > length + 20);
        await patch({ [gone.name]: null });
        // The target gets this datagram after all datagrams that the kernel has queued for it by now.
        await direct.ask('unbound');
        const [seen, others] = [gone.datagrams.length, other.datagrams.length];
        await until('datagrams at the other target', () => other.datagrams.length > others + 100);
        assert.equal(gone.datagrams.length, seen);
        await patch({ [gone.name]: gone.target });
      }
      isOver = true;
      await Promise.all(traffic);
    },
  },
  {
    name: 'UDP: a target that rejects datagrams is isolated, and its clients get another one',
    listener: UDP,
    run: async ({ bind, runtime, port }, t) => {
      const [a, b] = (await backends(t, 'ab')) as [UdpBackend, UdpBackend];
      await bind(targetsTo([a, b]));
      const known = await clients(t, 10, port);
      await Promise.all(known.map(nameFrom));
      b.close();
      for (const client of known) assert.match(await client.sendUntilReplied('x'), /^a /);
      for (const client of await clients(t, 6, port)) assert.match(await client.sendUntilReplied('x'), /^a /);
      await until(
        'the isolation of the target',
        async () => (await targetStatus(runtime, 'b'))?.health === 'unhealthy',
      );
      // No further datagram is lost once the target is isolated.
      for (const client of await clients(t, 10, port)) assert.match(await client.ask('x'), /^a /);
    },
  },
  {
    name: "UDP: an idle session ends, and the client's next datagram begins a new session",
    listener: { ...UDP, idleTimeoutSeconds: 0.3 },
    run: async (world, t) => {
      await world.bind(targetsTo(await backends(t, 'a')));
      const [client] = (await clients(t, 1, world.port)) as [UdpClient];
      for (const sessions of [1, 2]) {
        await client.ask('x');
        const ended = 'weir_listener_open_connections{listener="web"}';
        await until('the end of the session', async () => (await metric(world, ended)) === 0);
        assert.equal(await metric(world, 'weir_listener_connections_total{listener="web"}'), sessions);
      }
    },
  },
  {
    name: `UDP: there are at most ${MAX_SESSIONS} sessions, and the least recently used one is ended first`,
    listener: { ...UDP, idleTimeoutSeconds: 600 },
    run: async (world, t) => {
      const [a] = (await backends(t, 'a')) as [UdpBackend];
      await world.bind(targetsTo([a]));
      const count = (what: string) => metric(world, `weir_listener_${what}{listener="web"}`);
      const [first, second] = (await clients(t, 2, world.port)) as [UdpClient, UdpClient];
      await first.ask('x');
      await second.ask('x');
      /**
       * Opens sessions of at most 250 new clients. A client that reuses the port of a closed one makes no new session.
       */
      const visit = async (most: number) => {
        const some = await clients(t, Math.min(250, most), world.port);
        await Promise.all(some.map((client) => client.ask('x')));
        for (const client of some) client.close();
      };
      for (let round = 0; round < 1_000; round++) {
        const open = await count('open_connections');
        if (open === MAX_SESSIONS) break;
        await visit(MAX_SESSIONS - open);
      }
      assert.equal(await count('connections_total'), MAX_SESSIONS);
      await first.ask('x');
      await visit(50);
      const made = await count('connections_total');
      assert.ok(made > MAX_SESSIONS);
      assert.equal(await count('open_connections'), MAX_SESSIONS);
      await first.ask('x');
      assert.equal(await count('connections_total'), made, 'the session was used more recently than the others');
      await second.ask('x');
      assert.equal(await count('connections_total'), made + 1, 'the least recently used session had ended');
      assert.equal(await count('open_connections'), MAX_SESSIONS);
    },
  },
  {
    name: 'UDP: the worker that has the socket ends, and its replacement serves the clients',
    listener: UDP,
    flags: ['--workers', '3'],
    run: async ({ bind, runtime, port }, t) => {
      await bind(targetsTo(await backends(t, 'ab')));
      const known = await clients(t, 10, port);
      await Promise.all(known.map(nameFrom));
      const { workers } = await runtime.done('GET', '/v1/status');
      const owners = workers.filter(({ connections }: { connections: number }) => connections > 0);
      assert.deepEqual(
        owners.map(({ connections }: { connections: number }) => connections),
        [10],
      );
      for (const { id } of workers) {
        await runtime.done('DELETE', `/v1/workers/${id}`);
        assert.equal((await Promise.all(known.map(nameFrom))).length, 10);
      }
      const active = await Promise.all(['a', 'b'].map((name) => targetStatus(runtime, name)));
      assert.equal(
        active.reduce((sum, status) => sum + (status?.activeConnections ?? 0), 0),
        10,
      );
    },
  },
  {
    name: 'a TCP and a UDP listener have the same address and port, as DNS needs it; each is exclusive for its transport',
    listener: UDP,
    flags: ['--workers', '2'],
    run: async (world, t) => {
      const { bind, change, port, tcpBackend, runtime } = world;
      const tcp = await tcpBackend('tcp');
      const udp = await UdpBackend.start(t, 'udp', '127.0.0.1', tcp.port);
      await bind(targetsTo([udp]));
      const dns = { loadBalancerId: 'lb', protocol: 'TCP', port, healthCheck: { protocol: 'none' } };
      await runtime.done('PUT', '/v1/listeners/tcp', dns);
      await runtime.done('PUT', '/v1/attachments/tcp', { listenerId: 'tcp', targets: targetsTo([tcp]) });
      const both = async () => {
        const [client] = (await clients(t, 1, port)) as [UdpClient];
        assert.deepEqual([await client.ask('x'), await askTcp('127.0.0.1', port)], ['udp x', 'tcp']);
      };
      await both();
      const { status, body } = await runtime.call('PUT', '/v1/listeners/http', { ...dns, protocol: 'HTTP' });
      assert.deepEqual([status, body.code], [409, 'PortInUse']);
      // The UDP listener cannot become what the other one is, and the other one goes alone.
      await assert.rejects(change({ protocol: 'TCP' }), /PortInUse/);
      await world.restart();
      await both();
      const [stays] = (await clients(t, 1, port)) as [UdpClient];
      await stays.ask('y');
      await world.runtime.done('DELETE', '/v1/attachments/tcp');
      await world.runtime.done('DELETE', '/v1/listeners/tcp');
      assert.equal(await stays.ask('z'), 'udp z');
      assert.equal(await askTcp('127.0.0.1', port), undefined);
    },
  },
  {
    name: 'a listener becomes UDP and TCP again on its port, and its port changes in place',
    listener: UDP,
    flags: ['--workers', '2'],
    run: async ({ bind, change, runtime, port, tcpBackend }, t) => {
      const tcp = await tcpBackend('a');
      const udp = await UdpBackend.start(t, 'a', '127.0.0.1', tcp.port);
      await bind(targetsTo([udp]));
      const [client] = (await clients(t, 1, port)) as [UdpClient];
      assert.equal(await client.ask('x'), 'a x');
      await change({ protocol: 'TCP' });
      assert.equal(await askTcp('127.0.0.1', port), 'a');
      await change({ protocol: 'UDP' });
      assert.equal(await client.ask('y'), 'a y');
      assert.equal(await askTcp('127.0.0.1', port), undefined);
      const next = await freePort();
      await change({ port: next });
      const [moved] = (await clients(t, 1, next)) as [UdpClient];
      assert.equal(await moved.ask('z'), 'a z');
      assert.equal((await runtime.done('GET', '/v1/listeners/web')).endpoint, `udp://127.0.0.1:${next}`);
    },
  },
]);
