// Conformance scenarios of forwarding rules: which requests they match, and how changes take effect.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { askHttp, httpBackend } from '../harness/backends/backends.ts';
import { type Load, shares, sharesAt } from '../harness/clients/load.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import { targetsTo, type World } from '../harness/conformance/world.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { until } from '../harness/runtime/runtime.ts';

const MATCH = { host: '127.0.0.1', path: '/api' };
const HEALTH_CHECK = { intervalSeconds: 0.2, timeoutSeconds: 1 };

/** Puts a rule of the listener `web`. */
function putRule({ runtime }: World, id: string, properties: object): Promise<{ warnings: string[] }> {
  return runtime.done('PUT', `/v1/rules/${id}`, { listenerId: 'web', healthCheck: HEALTH_CHECK, ...properties });
}

/**
 * Binds the targets to the rule by an attachment of the same id, and waits until each target with a weight above 0
 * takes traffic.
 */
function bindRule({ runtime }: World, id: string, targets: object): Promise<void> {
  return runtime.done('PUT', `/v1/attachments/${id}`, { ruleId: id, targets, awaitHealthySeconds: 10 });
}

async function remove({ runtime }: World, id: string): Promise<void> {
  for (const kind of ['attachments', 'rules']) await runtime.done('DELETE', `/v1/${kind}/${id}`);
}

/**
 * Puts the rules, each with a backend that responds with the rule's name. The backend `own` responds for the listener
 * itself.
 */
async function serveRules(world: World, t: TestContext, rules: Readonly<Record<string, object>>): Promise<void> {
  await world.bind(targetsTo([await httpBackend(t, 'own')]));
  for (const [name, properties] of Object.entries(rules)) {
    await putRule(world, name, properties);
    await bindRule(world, name, targetsTo([await httpBackend(t, name)]));
  }
}

/** Asserts, for each host and path, the name of the backend that responds. */
async function expectResponses({ port }: World, rows: readonly [host: string, path: string, backend: string][]) {
  for (const [host, path, backend] of rows) {
    assert.equal(await askHttp(port, host, path), backend, `${host}${path}`);
  }
}

/** Returns the names of the backends that respond to requests from now on. */
async function servedFromNow(load: Load): Promise<string[]> {
  const nowMs = performance.now();
  const begun = await until('requests', () => {
    const later = load.exchanges.filter(({ startedAtMs }) => startedAtMs > nowMs);
    return later.length > 60 ? later : undefined;
  });
  return Object.keys(shares(begun));
}

function statusOf({ runtime }: World): Promise<{ rule?: string; name: string; health: string }[]> {
  return runtime.done('GET', '/v1/status').then(({ listeners }) => listeners[0].targets);
}

testOnEachEngine([
  {
    name: 'rules by host: exact, longer wildcard, shorter wildcard, any host, in this order; case, port and final dot do not matter',
    flags: ['--workers', '2'],
    run: async (world, t) => {
      await serveRules(world, t, {
        any: { path: '/any' },
        short: { host: '*.example.com' },
        long: { host: '*.b.example.com' },
        exact: { host: 'A.b.example.com.' },
      });
      await expectResponses(world, [
        ['a.b.example.com', '/', 'exact'],
        ['A.B.EXAMPLE.COM.:8080', '/any', 'exact'],
        ['c.b.example.com', '/', 'long'],
        ['d.c.b.example.com', '/', 'long'],
        ['b.example.com', '/', 'short'],
        ['example.com', '/', 'own'],
        ['example.com', '/any', 'any'],
        ['example.org', '/', 'own'],
      ]);
    },
  },
  {
    name: 'rules by path: exact, longer prefix, shorter prefix, none, in this order; prefixes match whole segments; without a match the next host is tried',
    run: async (world, t) => {
      await serveRules(world, t, {
        host: { host: 'h.example.com' },
        a: { host: 'h.example.com', path: '/a' },
        ab: { host: 'h.example.com', path: '/a/b/' },
        exact: { host: 'h.example.com', path: '/a/b', pathMatch: 'exact' },
        only: { host: 'i.example.com', path: '/only' },
        api: { host: '*.example.com', path: '/api' },
      });
      await expectResponses(world, [
        ['h.example.com', '/a/b', 'exact'],
        ['h.example.com', '/a/b?/x', 'exact'],
        ['h.example.com', '/a/b/', 'ab'],
        ['h.example.com', '/a/bc', 'a'],
        ['h.example.com', '/ab', 'host'],
        ['h.example.com', '/A', 'host'],
        ['h.example.com', '/api', 'host'],
        ['i.example.com', '/only/x', 'only'],
        ['i.example.com', '/api/x', 'api'],
        ['i.example.com', '/apix', 'own'],
        ['j.example.org', '/api', 'own'],
      ]);
    },
  },
  {
    name: 'rules of an HTTPS listener match the host of the request, not the server name of the handshake',
    run: async (world, t) => {
      const names = ['a.example.com', 'b.example.com'];
      await world.change({ protocol: 'HTTPS', certificates: { both: makePair(names) } });
      await serveRules(world, t, { a: { host: 'a.example.com' }, b: { host: 'b.example.com', path: '/b' } });
      assert.equal(await askHttp(world.port, 'a.example.com', '/b', 'b.example.com'), 'a');
      assert.equal(await askHttp(world.port, 'b.example.com:443', '/b', 'a.example.com'), 'b');
      assert.equal(await askHttp(world.port, 'b.example.com', '/', 'b.example.com'), 'own');
    },
  },
  {
    name: 'dot segments and escaped plain characters do not bypass a rule',
    run: async (world, t) => {
      await serveRules(world, t, { admin: { path: '/admin' } });
      const around = [
        '/x/../admin',
        '/x/%2e%2E/admin/y',
        '/./admin',
        '/%61dmin',
        '/..//../admin',
        '/admin/x/..',
        '/admin?/../x',
      ];
      await expectResponses(world, [
        ...around.map((path): [string, string, string] => ['a', path, 'admin']),
        ['a', '/admin/../x', 'own'],
        ['a', '/admin%2Fx', 'own'],
      ]);
    },
  },
  {
    name: 'a rule whose targets take no traffic responds with 503; a rule without an attachment does not match',
    run: async (world, t) => {
      await serveRules(world, t, {});
      const response = () => askHttp(world.port, 'a', '/api');
      await putRule(world, 'api', { path: '/api' });
      assert.equal(await response(), 'own');
      const api = await world.httpBackend('api');
      await bindRule(world, 'api', {});
      assert.equal(await response(), '503');
      await bindRule(world, 'api', targetsTo([api], [0]));
      assert.equal(await response(), '503');
      await bindRule(world, 'api', targetsTo([api]));
      assert.equal(await response(), 'api');
      await world.patch({ own: null });
      await expectResponses(world, [
        ['a', '/api', 'api'],
        ['a', '/', '503'],
      ]);
      await world.bind(targetsTo([await world.httpBackend('own')]));
      await api.close();
      await until(
        'the failed check',
        async () => (await statusOf(world)).some(({ health }) => health === 'unhealthy') || undefined,
      );
      assert.equal(await response(), '503');
      await remove(world, 'api');
      assert.equal(await response(), 'own');
    },
  },
  {
    name: 'a rule has its own algorithm, weights and health check for targets that the listener has too',
    flags: ['--workers', '2'],
    run: async (world) => {
      const backends = await Promise.all(['a', 'b', 'c'].map((name) => world.httpBackend(name)));
      await world.bind(targetsTo(backends));
      await putRule(world, 'hash', { path: '/hash', algorithm: 'source-ip-hash' });
      await bindRule(world, 'hash', targetsTo(backends));
      await putRule(world, 'weights', { path: '/weights' });
      await bindRule(world, 'weights', targetsTo(backends, [80, 20, 0]));
      const healthCheck = { ...HEALTH_CHECK, protocol: 'HTTP', expectedCodes: '404', unhealthyThreshold: 1 };
      await putRule(world, 'sick', { path: '/sick', healthCheck });
      await world.runtime.done('PUT', '/v1/attachments/sick', { ruleId: 'sick', targets: targetsTo(backends) });

      const visit = (path: string, count: number) => sharesAt(world.url + path, count);
      assert.deepEqual(await visit('', 30), { a: 10, b: 10, c: 10 });
      assert.deepEqual(Object.values(await visit('hash', 30)), [30]);
      assert.deepEqual(await visit('weights', 30), { a: 24, b: 6 });
      const healthOf = async (rule: string | undefined) => {
        const targets = await statusOf(world);
        return targets.filter((target) => target.rule === rule).map(({ name, health }) => `${name} ${health}`);
      };
      const unhealthy = ['a unhealthy', 'b unhealthy', 'c unhealthy'];
      await until(
        'the failed checks of the rule',
        async () => `${await healthOf('sick')}` === `${unhealthy}` || undefined,
      );
      assert.deepEqual(await healthOf(undefined), ['a healthy', 'b healthy', 'c healthy']);
      await expectResponses(world, [['a', '/sick', '503']]);
    },
  },
  {
    name: 'rules are added, changed and removed under load without a failure, and apply to every request after the response',
    flags: ['--workers', '2'],
    run: async (world, t) => {
      await serveRules(world, t, {});
      const [a, b] = [await world.httpBackend('a'), await world.httpBackend('b')];
      const load = world.startLoad({ url: `${world.url}api/x`, clients: 12 });
      for (let round = 0; round < 5; round++) {
        assert.deepEqual(await servedFromNow(load), ['own']);
        await putRule(world, 'api', { path: '/api' });
        await bindRule(world, 'api', targetsTo([a]));
        assert.deepEqual(await servedFromNow(load), ['a']);
        await putRule(world, 'x', { host: '127.0.0.1' });
        await bindRule(world, 'x', targetsTo([b]));
        assert.deepEqual(await servedFromNow(load), ['b']);
        await putRule(world, 'x', { path: '/api/x', host: '127.0.0.2' });
        assert.deepEqual(await servedFromNow(load), ['a']);
        await putRule(world, 'x', { path: '/api/x', pathMatch: 'exact' });
        assert.deepEqual(await servedFromNow(load), ['b']);
        await remove(world, 'x');
        assert.deepEqual(await servedFromNow(load), ['a']);
        await remove(world, 'api');
      }
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
    },
  },
  {
    name: 'a rule is renamed under load without a failure: of two equal rules, the newer one with a target serves',
    flags: ['--workers', '2'],
    run: async (world, t) => {
      await serveRules(world, t, { first: MATCH });
      const load = world.startLoad({ url: `${world.url}api`, clients: 12 });
      let old = 'first';
      for (const name of ['second', 'third', 'fourth']) {
        const { warnings } = await putRule(world, name, MATCH);
        assert.match(warnings[0] ?? '', new RegExp(`^is equal to rule ${old}, `));
        assert.deepEqual(await servedFromNow(load), [old]);
        await bindRule(world, name, targetsTo([await world.httpBackend(name)]));
        assert.deepEqual(await servedFromNow(load), [name]);
        await remove(world, old);
        old = name;
      }
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
    },
  },
  {
    name: "the only target of a rule changes its port under load without a failure, and the rule's targets survive a restart",
    flags: ['--workers', '2'],
    run: async (world, t) => {
      await serveRules(world, t, {});
      const [a, b] = [await world.httpBackend('a'), await world.httpBackend('b')];
      await putRule(world, 'api', { path: '/api' });
      await bindRule(world, 'api', { only: a.target });
      const load = world.startLoad({ url: `${world.url}api`, clients: 8 });
      for (const { port, name } of [b, a, b]) {
        await world.runtime.done('PATCH', '/v1/attachments/api', { targets: { only: { port } } });
        assert.deepEqual(await servedFromNow(load), [name]);
      }
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
      await world.restart();
      assert.equal(await askHttp(world.port, 'a', '/api'), 'b');
    },
  },
]);
