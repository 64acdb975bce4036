// Conformance scenarios of two listeners on one VIP:port, of which one waits, and of two equal rules.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type Backend, listen } from '../harness/backends/backends.ts';
import { openFlow } from '../harness/clients/flow.ts';
import { backends } from '../harness/conformance/clients.ts';
import { noFailures, SLOW_CHECK, servedBy } from '../harness/conformance/slow-checks.ts';
import { testOnEachSocketKind } from '../harness/conformance/table.ts';
import { type Scenario, targetsTo, type World } from '../harness/conformance/world.ts';
import { until } from '../harness/runtime/runtime.ts';

const ownerOf = (id: string) => `urn:pulumi:dev::shop::weir::${id}`;
const OWNED = { owner: ownerOf('web') };

/** The attachment of the listener `next`, which belongs to the same stack. */
const nextOf = (backend: Backend) => {
  return { listenerId: 'next', targets: targetsTo([backend]), owner: ownerOf('next-pool') };
};

/** Puts another listener of the same stack on the port of `web`. Resolves with its warnings. */
async function putNext({ runtime, port }: World, properties: object = {}): Promise<string> {
  const healthCheck = { intervalSeconds: 0.2, timeoutSeconds: 5 };
  const listener = { loadBalancerId: 'lb', protocol: 'HTTP', port, owner: ownerOf('next'), healthCheck, ...properties };
  const { warnings = [] } = await runtime.done('PUT', '/v1/listeners/next', listener);
  return warnings.join();
}

/** Returns the ids of the listeners that wait for their VIP:port. */
async function waiting({ runtime }: World): Promise<string[]> {
  const { listeners } = await runtime.done('GET', '/v1/status');
  return listeners.flatMap(({ id, isWaiting }: { id: string; isWaiting?: boolean }) => (isWaiting ? [id] : []));
}

const scenarios: Scenario[] = [
  {
    name: 'a listener waits behind another of its stack, gets the VIP:port with its first target, and the other waits: no request fails',
    listener: OWNED,
    flags: ['--workers', '2'],
    run: async (world) => {
      const { bind, runtime, httpBackend, startLoad } = world;
      const [a, b] = (await backends(httpBackend, 'ab')) as [Backend, Backend];
      await bind(targetsTo([a]));
      const load = startLoad({ clients: 4 });
      assert.match(await putNext(world), /waits behind listener web of urn:\S+ for 127\.0\.0\.1:\d+/);
      assert.deepEqual(await waiting(world), ['next']);
      await servedBy(load, a);
      await runtime.done('PUT', '/v1/attachments/next', nextOf(b));
      assert.deepEqual(await waiting(world), ['web']);
      await servedBy(load, b);
      const { warnings } = await runtime.done('GET', '/v1/listeners/web');
      assert.match(warnings.join(), /listener next of urn:\S+ has taken over 127\.0\.0\.1:\d+/);
      // The targets of the waiting listener `web` are still checked, but changing them does not affect which listener
      // serves.
      await bind({ ...targetsTo([a]), twin: b.target });
      assert.deepEqual(await waiting(world), ['web']);
      await servedBy(load, b);
      // A rename that is taken back deletes the attachment first. Even then no request reaches a listener without
      // targets.
      await bind(targetsTo([a]));
      await runtime.done('DELETE', '/v1/attachments/next');
      assert.deepEqual(await waiting(world), ['next']);
      await servedBy(load, a);
      await runtime.done('DELETE', '/v1/listeners/next');
      assert.deepEqual(await waiting(world), []);
      await noFailures(load);
    },
  },
  {
    name: 'create before delete loses no request even if first checks end late: a put of replacement targets waits for them',
    listener: OWNED,
    run: async (world) => {
      const { bind, runtime, httpBackend, slowToCheck, startLoad } = world;
      const [a, b] = [await httpBackend('a'), await slowToCheck('b')];
      await bind(targetsTo([a]));
      const load = startLoad({ clients: 4 });
      await putNext(world, { healthCheck: SLOW_CHECK });
      const put = nextOf(b);
      const { boundTargets } = await runtime.done('PUT', '/v1/attachments/next', put);
      assert.equal(boundTargets.b.health, 'healthy');
      await runtime.done('DELETE', '/v1/attachments/pool');
      await runtime.done('DELETE', '/v1/listeners/web');
      await servedBy(load, b);
      await noFailures(load);
    },
  },
  {
    name: "a listener that waits with its load balancer's targets serves after their first checks, and then the old one can be deleted",
    listener: OWNED,
    run: async (world) => {
      const { runtime, slowToCheck, startLoad } = world;
      const b = await slowToCheck('b');
      await runtime.done('PUT', '/v1/attachments/shared', {
        loadBalancerId: 'lb',
        targets: targetsTo([b]),
        awaitHealthySeconds: 10,
      });
      const load = startLoad({ clients: 4 });
      await putNext(world, { healthCheck: SLOW_CHECK });
      assert.deepEqual(await waiting(world), ['web']);
      await runtime.done('DELETE', '/v1/listeners/web');
      await servedBy(load, b);
      await noFailures(load);
    },
  },
  {
    name: 'a rule replaces an equal one: the put of its targets waits for their first checks, and no request fails',
    listener: OWNED,
    run: async (world) => {
      const { runtime, httpBackend, slowToCheck, startLoad } = world;
      const [a, b] = [await httpBackend('a'), await slowToCheck('b')];
      const rule = (id: string) => ({ listenerId: 'web', path: '/', healthCheck: SLOW_CHECK, owner: ownerOf(id) });
      const bound = (backend: Backend) => ({ targets: targetsTo([backend]) });
      await runtime.done('PUT', '/v1/rules/old', rule('old'));
      await runtime.done('PUT', '/v1/attachments/old', { ruleId: 'old', ...bound(a) });
      const load = startLoad({ clients: 4 });
      await runtime.done('PUT', '/v1/rules/next', rule('next'));
      await runtime.done('PUT', '/v1/attachments/next', { ruleId: 'next', ...bound(b) });
      await runtime.done('DELETE', '/v1/attachments/old');
      await runtime.done('DELETE', '/v1/rules/old');
      await servedBy(load, b);
      await noFailures(load);
    },
  },
  {
    name: 'if the first checks of a waiting listener fail, its put succeeds, and the other listener serves until it is deleted',
    listener: OWNED,
    run: async (world) => {
      const { bind, runtime, httpBackend, startLoad } = world;
      const [a, gone] = (await backends(httpBackend, 'ab')) as [Backend, Backend];
      await gone.close();
      await bind(targetsTo([a]));
      const load = startLoad({ clients: 2 });
      await putNext(world);
      const put = nextOf(gone);
      const { boundTargets } = await runtime.done('PUT', '/v1/attachments/next', put);
      assert.equal(boundTargets.b.health, 'checking');
      assert.deepEqual(await waiting(world), ['next']);
      await servedBy(load, a);
      await noFailures(load);
      await runtime.done('DELETE', '/v1/attachments/pool');
      await runtime.done('DELETE', '/v1/listeners/web');
      assert.deepEqual(await waiting(world), []);
      const last = startLoad({ clients: 1, maxRequests: 1 });
      await last.done;
      assert.match(last.exchanges[0]?.error ?? '', /^503/);
    },
  },
  {
    name: 'a restart does not change who serves and who waits, and the waiting listener can get the VIP:port after it',
    listener: OWNED,
    run: async (world) => {
      const { bind, httpBackend, startLoad } = world;
      const [a, b, c] = (await backends(httpBackend, 'abc')) as [Backend, Backend, Backend];
      await bind(targetsTo([a]));
      await putNext(world);
      await world.restart();
      assert.deepEqual(await waiting(world), ['next']);
      const load = startLoad({ clients: 2 });
      await servedBy(load, a);
      await world.runtime.done('PUT', '/v1/attachments/next', nextOf(b));
      await servedBy(load, b);
      await noFailures(load);
      await world.bind(targetsTo([c]));
      await world.restart();
      assert.deepEqual(await waiting(world), ['web']);
      const again = startLoad({ clients: 2 });
      await servedBy(again, b);
      await noFailures(again);
    },
  },
  {
    name: 'TCP: an open flow with a target of both listeners survives the transfer and the deletion of the old listener',
    listener: { ...OWNED, protocol: 'TCP' },
    flags: ['--workers', '2'],
    run: async (world, t) => {
      const { bind, runtime, port, tcpBackend } = world;
      const a = await tcpBackend('a');
      await bind(targetsTo([a]));
      const { socket } = await openFlow(port);
      t.after(() => socket.destroy());
      await putNext(world, { protocol: 'TCP' });
      await runtime.done('PUT', '/v1/attachments/next', nextOf(a));
      await runtime.done('DELETE', '/v1/attachments/pool');
      await runtime.done('DELETE', '/v1/listeners/web');
      socket.write('after');
      assert.equal(String((await once(socket, 'data'))[0]), 'after');
      const { listeners } = await runtime.done('GET', '/v1/status');
      const [{ activeConnections, draining }] = listeners[0].targets;
      assert.deepEqual([activeConnections, draining], [1, 0]);
    },
  },
  {
    name: 'the first own attachment of a listener is added and deleted, and no request fails while the checks run',
    run: async ({ change, runtime, httpBackend, slowToCheck, startLoad }) => {
      const [a, b, gone] = [await slowToCheck('a'), await slowToCheck('b'), await httpBackend('gone')];
      await gone.close();
      await change({ healthCheck: SLOW_CHECK });
      const shared = { loadBalancerId: 'lb', targets: targetsTo([a]), awaitHealthySeconds: 10 };
      await runtime.done('PUT', '/v1/attachments/shared', shared);
      const load = startLoad({ clients: 4 });
      await servedBy(load, a);
      const own = { listenerId: 'web', targets: targetsTo([gone]), handoverSeconds: 1 };
      const refused = await runtime.call('PUT', '/v1/attachments/own', own);
      assert.deepEqual([refused.status, refused.body.code], [400, 'IncorrectStatus.RSByPassToas']);
      assert.match(refused.body.message, /targets\.gone did not pass a first check .* Nothing was changed/);
      await servedBy(load, a);
      await runtime.done('PUT', '/v1/attachments/own', { ...own, targets: targetsTo([gone, b]), handoverSeconds: 30 });
      await servedBy(load, b);
      await runtime.done('DELETE', '/v1/attachments/own');
      await servedBy(load, a);
      await noFailures(load);
    },
  },
  {
    name: 'deleting the last own attachment of a listener does not wait for load balancer targets that never respond to a check',
    run: async ({ bind, change, runtime, httpBackend, startLoad }, t) => {
      const [a, b] = (await backends(httpBackend, 'ab')) as [Backend, Backend];
      const silent = await listen(t, 'silent', createServer());
      await change({ healthCheck: { protocol: 'HTTP', intervalSeconds: 0.2, timeoutSeconds: 3600 } });
      const shared = { loadBalancerId: 'lb', targets: targetsTo([silent, a]) };
      await runtime.done('PUT', '/v1/attachments/shared', shared);
      await bind(targetsTo([b]));
      const load = startLoad({ clients: 4 });
      await servedBy(load, b);
      let isDeleted = false;
      const deleted = runtime.done('DELETE', '/v1/attachments/pool').then(() => {
        isDeleted = true;
      });
      await until('the delete', () => isDeleted);
      await deleted;
      await servedBy(load, a);
      await noFailures(load);
    },
  },
  {
    name: 'a listener of another stack or without an owner is refused the VIP:port, and the serving listener is not affected',
    listener: OWNED,
    run: async ({ bind, runtime, port, httpBackend, startLoad }) => {
      const a = await httpBackend('a');
      await bind(targetsTo([a]));
      const listener = { loadBalancerId: 'lb', protocol: 'HTTP', port };
      for (const owner of ['urn:pulumi:prod::shop::weir::web', undefined]) {
        const { status, body } = await runtime.call('PUT', '/v1/listeners/next', { ...listener, owner });
        assert.deepEqual([status, body.code, body.details[0].path], [409, 'PortInUse', 'port']);
        assert.match(body.message, /is taken by listener web of urn:pulumi:dev::shop::weir::web/);
      }
      const load = startLoad({ clients: 1, maxRequests: 10 });
      await load.done;
      await noFailures(load);
    },
  },
];

testOnEachSocketKind(scenarios);
