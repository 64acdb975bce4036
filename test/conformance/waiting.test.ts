// The rows of the conformance table in which one listener stands behind another of its VIP:port, or a rule beside an equal one.
import assert from 'node:assert/strict';
import { type Backend, httpBackend } from '../harness/backends.ts';
import { type Load, startLoad } from '../harness/load.ts';
import { until } from '../harness/runtime.ts';
import { backends } from './clients.ts';
import { testOnEachEngine } from './table.ts';
import { type Scenario, targetsOf, type World } from './world.ts';

const ownerOf = (id: string) => `urn:pulumi:dev::shop::weir::${id}`;
const OWNED = { owner: ownerOf('web') };

/** Another listener of the same stack on the port of `web`. */
async function putNext({ runtime, port }: World, id: string, properties: object = {}): Promise<string[]> {
  const healthCheck = { intervalSeconds: 0.2, timeoutSeconds: 5 };
  const listener = { loadBalancerId: 'lb', protocol: 'HTTP', port, owner: ownerOf(id), healthCheck, ...properties };
  return (await runtime.done('PUT', `/v1/listeners/${id}`, listener)).warnings ?? [];
}

/** Ids of those that wait or stand back. */
async function waiting({ runtime }: World): Promise<string[]> {
  const { listeners } = await runtime.done('GET', '/v1/status');
  return listeners.flatMap(({ id, isWaiting }: { id: string; isWaiting?: boolean }) => (isWaiting ? [id] : []));
}

/** Resolves when requests that began after the call were answered, all of them by `backend`. */
async function answeredBy(load: Load, backend: Backend): Promise<void> {
  const atMs = performance.now();
  const later = () => load.exchanges.filter(({ startedAtMs }) => startedAtMs > atMs);
  await until('later requests', () => later().length > 20);
  assert.deepEqual([...new Set(later().map((each) => each.backend))], [backend.name]);
}

const scenarios: Scenario[] = [
  {
    name: 'a listener waits behind another of its stack, takes over with its first target and gives back: no request fails',
    listener: OWNED,
    flags: ['--workers', '2'],
    run: async (world, t) => {
      const { bind, runtime, url } = world;
      const [a, b] = (await backends(t, httpBackend, 'ab')) as [Backend, Backend];
      await bind(targetsOf([a]));
      const load = startLoad({ url, clients: 4 });
      assert.match((await putNext(world, 'next')).join(), /waits behind listener web of urn:\S+ for 127\.0\.0\.1:\d+/);
      assert.deepEqual(await waiting(world), ['next']);
      await answeredBy(load, a);
      await runtime.done('PUT', '/v1/attachments/next', { listenerId: 'next', targets: targetsOf([b]) });
      assert.deepEqual(await waiting(world), ['web']);
      await answeredBy(load, b);
      const { warnings } = await runtime.done('GET', '/v1/listeners/web');
      assert.match(warnings.join(), /listener next of urn:\S+ has taken 127\.0\.0\.1:\d+ over/);
      // It stands back, whatever becomes of its targets.
      await bind({ ...targetsOf([a]), twin: b.target });
      assert.deepEqual(await waiting(world), ['web']);
      await runtime.done('DELETE', '/v1/attachments/next');
      await runtime.done('DELETE', '/v1/listeners/next');
      assert.deepEqual(await waiting(world), []);
      await load.stop();
      const failures = load.failures();
      // Between the two deletes the listener that served had no target: that is what was asked for.
      assert.deepEqual([...new Set(failures.map(({ error }) => error?.slice(0, 3)))].sort().slice(1), []);
    },
  },
];

testOnEachEngine(scenarios);
