// Listeners, rules and load balancers that are renamed without an alias, while workers and the runtime end on the way.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Backend, freePort, httpBackend } from '../harness/backends/backends.ts';
import { type Load, startLoad } from '../harness/clients/load.ts';
import { apiRelay } from '../harness/runtime/api-relay.ts';
import { RuntimeProcess, until } from '../harness/runtime/runtime.ts';
import { Stack } from '../harness/stack/stack.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

const KINDS = ['load-balancers', 'listeners', 'rules', 'attachments'];

/** Returns a program in which the name of every resource ends with `suffix`; another suffix renames them all. */
function program(suffix: string, port: number, { target }: Backend): string {
  return `
import * as weir from 'pulumi-weir';
const healthCheck = { intervalSeconds: 0.2, timeoutSeconds: 5 };
const targets = ${JSON.stringify({ a: target })};
const lb = new weir.LoadBalancer('lb${suffix}', { address: '127.0.0.1' });
const web = new weir.Listener('web${suffix}', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${port}, healthCheck });
const rule = new weir.ForwardingRule('rule${suffix}', { listenerId: web.id, path: '/rule', healthCheck });
new weir.TargetAttachment('pool${suffix}', { listenerId: web.id, targets });
new weir.TargetAttachment('rule${suffix}', { ruleId: rule.id, targets });
`;
}

/**
 * Asserts that the runtime has two attachments and one object of every other kind, all with the suffix, and that a
 * preview has no changes.
 */
async function isWhole(stack: Stack, runtime: RuntimeProcess, suffix: string): Promise<void> {
  for (const kind of KINDS) {
    const items: { id: string }[] = (await runtime.done('GET', `/v1/${kind}`)).items;
    assert.equal(items.length, kind === 'attachments' ? 2 : 1, kind);
    for (const { id } of items) assert.match(id, new RegExp(`^[a-z]+${suffix}-[0-9a-f]{8}$`));
  }
  await stack.done(['preview', '--expect-no-changes']);
}

function loadsOn(t: TestContext, port: number): readonly Load[] {
  const loads = ['/', '/rule/x'].map((path) => startLoad({ url: `http://127.0.0.1:${port}${path}`, clients: 2 }));
  t.after(() => Promise.all(loads.map((load) => load.stop())));
  return loads;
}

test('everything is renamed while each worker ends: only requests of the ended workers fail, and no old object is left', async (t) => {
  const { runtime, stack, httpBackend, freePort } = await stackWorldOf(t, { args: ['--workers', '2'] });
  const [backend, port] = [await httpBackend('a'), await freePort()];
  stack.write(program('', port, backend));
  await stack.up();
  const loads = loadsOn(t, port);
  stack.write(program('2', port, backend));
  const renamed = stack.up();
  await until('the new listener', async () => {
    return (await runtime.done('GET', '/v1/listeners')).items.length === 2 || undefined;
  });
  for (const id of [0, 1]) await runtime.done('DELETE', `/v1/workers/${id}`);
  const endedAtMs = performance.now();
  await renamed;
  await isWhole(stack, runtime, '2');
  for (const load of loads) {
    await load.stop();
    assert.deepEqual(
      load.failures().filter(({ startedAtMs }) => startedAtMs > endedAtMs),
      [],
    );
    assert.deepEqual(
      load.failures().filter(({ error = '' }) => !/ECONNRESET|EPIPE|socket hang up/.test(error)),
      [],
    );
  }
  await stack.destroy();
});

test('the runtime is killed before the deletions of a rename: traffic returns with it, and the next up finishes without a failure', async (t) => {
  const first = await RuntimeProcess.start(t);
  const [backend, port] = [await httpBackend(t, 'a'), await freePort()];
  const stack = await Stack.create(t, program('', port, backend), first);
  const relay = await apiRelay(t, stack, first);
  await stack.up();
  stack.write(program('2', port, backend));
  relay.onRequest = (method) => void (method === 'DELETE' && first.end('SIGKILL'));
  await stack.upFails();
  const { dataDirectory, home } = first;
  const runtime = await RuntimeProcess.start(t, { dataDirectory, home });
  relay.onRequest = () => {};
  relay.upstream = runtime;
  assert.equal((await runtime.done('GET', '/v1/listeners')).items.length, 2);
  const loads = loadsOn(t, port);
  await stack.up();
  await isWhole(stack, runtime, '2');
  for (const load of loads) {
    await load.stop();
    assert.ok(load.exchanges.length > 0);
    assert.deepEqual(load.failures().slice(0, 3), []);
  }
  await stack.destroy();
});
