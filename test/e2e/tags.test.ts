// Tags of every resource: from a program to the runtime, its status and its metrics, and `weir status --tag`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { KINDS } from '../../provider/model/base/kinds.ts';
import { freePort } from '../harness/backends/backends.ts';
import { MAIN, RuntimeProcess } from '../harness/runtime/runtime.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

/** A program in which each resource has the tag `own` with its name, and some have further tags. */
const program = (port: number, tcpPort: number, stage: string) => `
import * as weir from 'pulumi-weir';
const place = { region: 'r', vpcId: 'v' };
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1', tags: { own: 'lb', team: 'platform' } });
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${port}, tags: { own: 'web', stage: '${stage}' } });
const api = new weir.ForwardingRule('api', { listenerId: web.id, path: '/api', tags: { own: 'api', team: 'shop' } });
const one = new weir.BackendServer('one', { ...place, addresses: ['127.0.0.1'], tags: { own: 'one', 'cost-center': '7' } });
const pool = { a: { serverId: one.id, port: 7001 }, b: { address: '127.0.0.1', port: 7002 } };
new weir.TargetAttachment('pool', { listenerId: web.id, targets: pool, tags: { own: 'pool' } });
const fleet = new weir.AutoScalingGroup('fleet', { members: { m: one.id }, tags: { own: 'fleet' } });
new weir.AutoScalingAttachment('join', { groupId: fleet.id, ruleId: api.id, port: 7003, tags: { own: 'join' } });
const tcp = new weir.Listener('tcp', { loadBalancerId: lb.id, protocol: 'TCP', port: ${tcpPort} });
`;

test('tags of every resource are stored, shown and selected by, and a changed tag changes its object alone', async (t) => {
  const { runtime, stack, port } = await stackWorldOf(t);
  const tcpPort = await freePort();
  const objects = async () => {
    const lists = await Promise.all(KINDS.map((kind) => runtime.done('GET', `/v1/${kind}`)));
    return new Map<string, { tags?: Record<string, string>; version: number }>(
      lists.flatMap(({ items }) => items).map((object) => [object.owner.split('::').at(-1), object]),
    );
  };
  stack.write(program(port, tcpPort, 'test'));
  await stack.up();
  const made = await objects();
  for (const name of ['lb', 'web', 'api', 'one', 'pool', 'fleet', 'join'])
    assert.equal(made.get(name)?.tags?.own, name);

  stack.write(program(port, tcpPort, 'prod'));
  assert.match(await stack.done(['preview', '--diff']), /~ stage: "test" => "prod"/);
  await stack.up();
  const changed = await objects();
  const others = [...made].filter(([name]) => name !== 'web');
  for (const [name, { version }] of others) assert.equal(changed.get(name)?.version, version, name);

  const { listeners } = await runtime.done('GET', '/v1/status');
  const web = listeners.find(({ tags }: { tags?: object }) => tags !== undefined);
  assert.deepEqual(web.tags, { own: 'web', stage: 'prod' });
  assert.deepEqual(web.loadBalancer.tags, { own: 'lb', team: 'platform' });
  const targets = new Map(web.targets.map(({ name, tags }: { name: string; tags: object }) => [name, tags]));
  assert.deepEqual(targets.get('a'), { own: 'one', 'cost-center': '7' });
  assert.deepEqual(targets.get('b'), { own: 'pool' });
  assert.deepEqual(targets.get('m'), { own: 'one', 'cost-center': '7', team: 'shop' });

  const metrics = await runtime.metrics();
  assert.match(
    metrics,
    /^weir_listener_info\{listener="web-\w+",.*load_balancer="lb-\w+",tag_own="web",tag_stage="prod",tag_team="platform"\} 1$/m,
  );
  assert.match(
    metrics,
    /^weir_target_info\{listener="web-\w+",rule="api-\w+",.*name="m",tag_cost_center="7",tag_own="one",tag_team="shop"\} 1$/m,
  );

  const env = { ...process.env, WEIR_ENDPOINT: runtime.url, WEIR_TOKEN: runtime.token, HOME: stack.environment.HOME };
  const status = (...args: string[]) =>
    execFileSync(process.execPath, [MAIN, 'status', ...args], { env, encoding: 'utf8' });
  const shown = (...args: string[]) =>
    (
      JSON.parse(status('--json', ...args)) as { listeners: { id: string; targets: { name: string }[] }[] }
    ).listeners.map(({ id, targets }) =>
      [id.replace(/-\w+$/, ''), ...targets.map(({ name }) => name).sort()].join(' '),
    );
  assert.deepEqual(shown().sort(), ['tcp', 'web a b m']);
  assert.deepEqual(shown('--tag', 'stage=prod'), ['web a b m']);
  assert.deepEqual(shown('--tag', 'team=platform').sort(), ['tcp', 'web a b']);
  assert.deepEqual(shown('--tag', 'team=shop'), ['web m']);
  assert.deepEqual(shown('--tag', 'cost-center', '--tag', 'stage=prod'), ['web a m']);
  assert.deepEqual(shown('--tag', 'toString'), []);
  assert.match(status('--tag', 'team=nobody'), /^Nothing has these tags\.$/m);
  await stack.destroy();
});

test('the status has only the tags of objects that the token may read', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const tags = { team: 'shop' };
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1', tags });
  await runtime.done('PUT', '/v1/listeners/web', {
    loadBalancerId: 'lb',
    protocol: 'TCP',
    port: await freePort(),
    tags,
  });
  const place = { region: 'r', vpcId: 'v', addresses: ['127.0.0.1'] };
  await runtime.done('PUT', '/v1/backend-servers/i-1', { ...place, tags: { secret: 'project' } });
  await runtime.done('PUT', '/v1/attachments/pool', {
    listenerId: 'web',
    targets: { a: { serverId: 'i-1', port: 7001 } },
    tags,
  });
  const statements = [{ actions: ['slb:Describe*'], resources: ['listener/web'] }];
  const { token } = await runtime.done('POST', '/v1/tokens', { name: 'team', statements });
  const { body } = await runtime.call('GET', '/v1/status', undefined, { authorization: `Bearer ${token}` });
  const [listener] = body.listeners;
  assert.deepEqual([listener.tags, listener.loadBalancer, listener.targets[0].tags], [tags, undefined, tags]);
});
