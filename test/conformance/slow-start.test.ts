// The conformance scenario of slow start.
import assert from 'node:assert/strict';
import type { Backend } from '../harness/backends/backends.ts';
import { exchange, shares } from '../harness/clients/load.ts';
import { backends, near } from '../harness/conformance/clients.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import { targetsTo, type World } from '../harness/conformance/world.ts';
import { until } from '../harness/runtime/runtime.ts';

/**
 * A slow start that does not end during the test, and a check that fails only if a connection is refused, not on a slow
 * machine.
 */
const SLOW_START = { slowStartSeconds: 86_400, healthCheck: { intervalSeconds: 0.2, timeoutSeconds: 10 } };

testOnEachEngine([
  {
    name: 'slow start: a new or returning target has less than its share at first, and its whole share at the end',
    listener: SLOW_START,
    flags: ['--workers', '2'],
    run: async (world) => {
      const { bind, change, patch, restart, httpBackend } = world;
      const isOfB = (health: string) =>
        until(`b is ${health}`, async () => (await statusOf('b', world)).health === health);
      const [a, b] = (await backends(httpBackend, 'ab')) as [Backend, Backend];
      await bind(targetsTo([a]));
      await restart();
      assert.equal(await shareOf('a', world), 100);

      // At the start of its slow start, a target has a tenth of its weight.
      await patch({ b: b.target });
      await isOfB('healthy');
      assert.ok(near(await shareOf('b', world), 100 / 11));
      const { weight, reason } = await statusOf('b', world);
      assert.deepEqual({ weight, reason }, { weight: 100, reason: 'slow start' });
      await patch({ b: { weight: 50 } });
      await patch({ b: { weight: 100 } });
      assert.ok(near(await shareOf('b', world), 100 / 11), 'a changed weight neither begins nor ends a ramp');

      await change({ slowStartSeconds: 0.05 });
      await until('the whole share of b', async () => near(await shareOf('b', world), 50));
      await change({});
      assert.ok(near(await shareOf('b', world), 100 / 11));
      await restart();
      assert.ok(near(await shareOf('b', world), 50), 'a restart does not begin a ramp');
      assert.equal((await statusOf('b', world)).reason, undefined);

      await b.close();
      await isOfB('unhealthy');
      await httpBackend('b', b.port);
      await isOfB('healthy');
      assert.ok(near(await shareOf('b', world), 100 / 11));
    },
  },
]);

async function shareOf(name: string, { url }: World): Promise<number> {
  const responses = [];
  for (let index = 0; index < 100; index++) responses.push(await exchange(url));
  assert.equal(shares(responses).none, undefined);
  return shares(responses)[name] ?? 0;
}

async function statusOf(
  name: string,
  { runtime }: World,
): Promise<{ health: string; weight: number; reason?: string }> {
  const [listener] = (await runtime.done('GET', '/v1/status')).listeners;
  return listener.targets.find((target: { name: string }) => target.name === name);
}
