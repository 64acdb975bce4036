// Forwarding rules of a real stack: created, changed, renamed, moved and destroyed, with traffic that follows.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { askHttp, type Backend, httpBackend } from '../harness/backends/backends.ts';
import { startLoad } from '../harness/clients/load.ts';
import { type RuntimeProcess, until } from '../harness/runtime/runtime.ts';
import { Stack } from '../harness/stack/stack.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

interface Rule {
  /** Name of the rule and of its attachment. */
  name: string;
  match: object;
  backend: Backend;
  listener?: string;
}

interface Shop {
  runtime: RuntimeProcess;
  stack: Stack;
  /** Writes the program and brings it up. */
  up(rules: readonly Rule[]): Promise<string>;
  write(rules: readonly Rule[]): void;
  url: string;
  /** Returns the name of the backend that responds at `port`, by default at the listener `web`. */
  ask(host: string, path: string, port?: number): Promise<string>;
  otherPort: number;
}

/**
 * Creates a stack with two listeners, `web` and `other`, whose own target is the backend `own`; `up` adds rules to it.
 */
async function shop(t: TestContext): Promise<Shop> {
  const { runtime, stack, httpBackend, freePort } = await stackWorldOf(t);
  const own = await httpBackend('own');
  const [port, otherPort] = [await freePort(), await freePort()];
  const healthCheck = { intervalSeconds: 0.2 };
  const program = (rules: readonly Rule[]) => `
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const healthCheck = ${JSON.stringify(healthCheck)};
const common = { loadBalancerId: lb.id, protocol: 'HTTP', healthCheck };
const web = new weir.Listener('web', { ...common, port: ${port} });
const other = new weir.Listener('other', { ...common, port: ${otherPort} });
new weir.TargetAttachment('pool', { loadBalancerId: lb.id, targets: ${JSON.stringify({ own: own.target })}, awaitHealthySeconds: 10 });
${rules.map(ruleText).join('\n')}
`;
  stack.write(program([]));
  const write = (rules: readonly Rule[]) => stack.write(program(rules));
  return {
    runtime,
    stack,
    write,
    up: (rules) => {
      write(rules);
      return stack.up();
    },
    url: `http://127.0.0.1:${port}`,
    ask: (host, path, at = port) => askHttp(at, host, path),
    otherPort,
  };
}

function ruleText({ name, match, backend, listener = 'web' }: Rule, index: number): string {
  const targets = JSON.stringify({ [backend.name]: backend.target });
  return `
const rule${index} = new weir.ForwardingRule('${name}', { listenerId: ${listener}.id, healthCheck, ...${JSON.stringify(match)} });
new weir.TargetAttachment('${name}', { ruleId: rule${index}.id, targets: ${targets}, awaitHealthySeconds: 10 });`;
}

test('two rules: faults in preview, traffic by host and path, no drift, a match changed in place, destroy', async (t) => {
  const { stack, runtime, up, write, ask } = await shop(t);
  const [api, img] = [await httpBackend(t, 'api'), await httpBackend(t, 'img')];
  const rules = [
    { name: 'api', match: { path: '/api' }, backend: api },
    { name: 'img', match: { host: '*.img.example.com' }, backend: img },
  ] as const;
  write([{ ...rules[0], match: { host: 'a.example.com:80', pathMatch: 'exact' } }]);
  const text = await stack.fails(['preview']);
  assert.match(text, /host .*must be a host name without port/);
  assert.match(text, /pathMatch .*is "exact", which needs a path/);

  await up(rules);
  assert.equal(await ask('a', '/'), 'own');
  assert.equal(await ask('a', '/api/x'), 'api');
  assert.equal(await ask('www.img.example.com', '/api'), 'img');
  await stack.done(['preview', '--expect-no-changes']);
  await stack.done(['refresh', '--yes', '--expect-no-changes']);

  const ids = async () => [...(await stack.resources()).values()].map(({ id }) => id).sort();
  const first = await ids();
  const changed = [{ ...rules[0], match: { path: '/v2/', pathMatch: 'exact' } }, rules[1]];
  write(changed);
  const diff = await stack.done(['preview', '--diff']);
  assert.match(diff, /~ path *: "\/api" => "\/v2\/"/);
  assert.match(diff, /\+ pathMatch *: "exact"/);
  await up(changed);
  assert.deepEqual(await ids(), first);
  assert.deepEqual([await ask('a', '/api/x'), await ask('a', '/v2'), await ask('a', '/v2/')], ['own', 'own', 'api']);
  const { listeners } = await runtime.done('GET', '/v1/status');
  const ofWeb = listeners.find(({ id }: { id: string }) => id.startsWith('web'));
  const bound = ofWeb.targets.map(({ name, rule }: { name: string; rule?: string }) => [name, rule?.split('-')[0]]);
  assert.deepEqual(bound.sort(), [
    ['api', 'api'],
    ['img', 'img'],
    ['own', undefined],
  ]);

  await stack.destroy();
  for (const kind of ['listeners', 'rules', 'attachments'])
    assert.deepEqual((await runtime.done('GET', `/v1/${kind}`)).items, []);
});

test('rules are added, removed and renamed with their targets in one up under load, without a failure', async (t) => {
  const { stack, up, url } = await shop(t);
  const [api, api2, img] = [await httpBackend(t, 'api'), await httpBackend(t, 'api2'), await httpBackend(t, 'img')];
  const match = { path: '/api' };
  await up([
    { name: 'api', match, backend: api },
    { name: 'img', match: { path: '/img' }, backend: img },
  ]);
  const load = startLoad({ url: `${url}/api/x`, clients: 4 });
  const others = ['/img', '/new'].map((path) => startLoad({ url: url + path, clients: 2 }));
  const text = await up([
    { name: 'renamed', match, backend: api2 },
    { name: 'new', match: { path: '/new' }, backend: img },
  ]);
  const seen = load.exchanges.length;
  await until('requests under the new rule', () => load.exchanges.length > seen + 40 || undefined);
  for (const each of [load, ...others]) {
    await each.stop();
    assert.deepEqual(each.failures().slice(0, 3), []);
  }
  assert.deepEqual(
    others.map(({ exchanges }) => exchanges.at(-1)?.backend),
    ['own', 'img'],
  );
  const responded = new Set(load.exchanges.map(({ backend }) => backend));
  assert.deepEqual([...responded].sort(), ['api', 'api2']);
  assert.equal(load.exchanges.at(-1)?.backend, 'api2');
  assert.match(text, /renamed: is equal to rule api-[0-9a-f]+, which takes none of the requests once this rule/);
  assert.deepEqual(
    [...(await stack.resources()).keys()].filter((name) => /api|img/.test(name)),
    [],
  );
  await stack.done(['preview', '--expect-no-changes']);
  await stack.destroy();
});

test('another listener replaces the rule and its attachment, and get reads a rule without owning it', async (t) => {
  const { stack, runtime, up, write, ask, otherPort } = await shop(t);
  const api = await httpBackend(t, 'api');
  const rule = { name: 'api', match: { path: '/api' }, backend: api };
  await up([rule]);
  const before = (await stack.resources()).get('api')?.id;
  write([{ ...rule, listener: 'other' }]);
  assert.match(await stack.done(['preview']), /ForwardingRule +api +replace/);
  await stack.up();
  assert.deepEqual([await ask('a', '/api'), await ask('a', '/api', otherPort)], ['own', 'api']);
  const items: { id: string; path: string }[] = (await runtime.done('GET', '/v1/rules')).items;
  assert.deepEqual(
    items.map(({ path }) => path),
    ['/api'],
  );
  assert.notEqual(items[0]?.id, before);

  const reader = `
import * as weir from 'pulumi-weir';
export const id = weir.ForwardingRule.get('found', '${items[0]?.id}').id;
`;
  const other = await Stack.create(t, reader, runtime);
  await other.up();
  assert.equal((await other.done(['stack', 'output', 'id'])).trim(), items[0]?.id);
  await other.destroy();
  assert.equal((await runtime.done('GET', '/v1/rules')).items.length, 1);
  await stack.destroy();
});
