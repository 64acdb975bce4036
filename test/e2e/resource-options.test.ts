// Resource options and `up` options that the engine does not pass on to dynamic providers, with each type of resource.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KINDS } from '../../provider/model/base/kinds.ts';
import { exchange, startLoad } from '../harness/clients/load.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

const HEAD = `
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';
`;

/** Names of resources and the operations that a preview plans for them. */
function operationsOf(json: string): Record<string, string> {
  const { steps }: { steps: { op: string; urn: string }[] } = JSON.parse(json);
  const changing = steps.filter(({ op, urn }) => op !== 'same' && urn.includes('dynamic/weir'));
  return Object.fromEntries(changing.map(({ op, urn }) => [urn.split('::').at(-1) ?? '', op]));
}

test('replaceOnChanges replaces a resource of each type, without a failed request', async (t) => {
  const { stack, runtime, port, url, httpBackend } = await stackWorldOf(t);
  const [b1, b2] = [await httpBackend('b'), await httpBackend('b')];
  const program = (step: 1 | 2, { port: second = b2.port, names = ['lb', 'web'] } = {}) => `${HEAD}
const at = (port, weight) => ({ address: '127.0.0.1', port, weight });
const on = (...replaceOnChanges) => ({ replaceOnChanges });
const alias = (name) => ({ aliases: [{ name }] });
const lb = new weir.LoadBalancer('${names[0]}', { address: '127.0.0.1', tags: { step: '${step}' } }, { ...on('tags.step'), ...alias('lb') });
const web = new weir.Listener('${names[1]}', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${port}, drainSeconds: ${step},
  healthCheck: { protocol: 'none' } }, { ...on('*'), ...alias('web') });
new weir.ForwardingRule('rule', { listenerId: web.id, path: '/rule', healthCheck: { intervalSeconds: ${step} } }, on('healthCheck.intervalSeconds'));
new weir.TargetAttachment('pool', { listenerId: web.id, targets: { b1: at(${b1.port}, ${20 * step}), b2: at(${second}, 20) } },
  { ...on('targets.*.weight'), transforms: [({ props, opts }) => ({ props, opts })] });
const server = new weir.BackendServer('server', { region: 'r', vpcId: 'v', addresses: ['127.0.0.2'], bandwidthMbps: ${step} }, on('bandwidthMbps'));
const group = new weir.AutoScalingGroup('group', { members: { m${step}: server.id } }, on('members'));
new weir.AutoScalingAttachment('members', { groupId: group.id, loadBalancerId: lb.id, port: 80, weight: ${step} }, on('weight'));
`;
  stack.write(program(1));
  await stack.up();
  const objects = async () => {
    const lists = await Promise.all(KINDS.map((kind) => runtime.done('GET', `/v1/${kind}`)));
    return lists.map(({ items: [{ id, incarnation }] }) => ({ id, incarnation }));
  };
  const before = await objects();

  stack.write(program(2));
  const names = ['lb', 'web', 'rule', 'pool', 'server', 'group', 'members'];
  const replaced = Object.fromEntries(names.map((name) => [name, 'replace']));
  assert.deepEqual(operationsOf((await stack.run(['preview', '--json'])).stdout), replaced);
  const load = startLoad({ url, clients: 2, pauseMs: 5 });
  await stack.up();
  await load.stop();
  assert.deepEqual(load.failures(), []);
  const after = await objects();
  assert.deepEqual(
    after.map(({ id }) => id),
    before.map(({ id }) => id),
  );
  for (const [index, { incarnation }] of after.entries()) assert.notEqual(incarnation, before[index]?.incarnation);
  await stack.done(['preview', '--expect-no-changes']);

  // Another property of the attachment, and the names of the others, which have aliases: all of it changes in place.
  stack.write(program(2, { port: b1.port + 1, names: ['entry', 'site'] }));
  const inPlace = { entry: 'update', site: 'update', pool: 'update' };
  assert.deepEqual(operationsOf((await stack.run(['preview', '--json'])).stdout), inPlace);
});

test('deletedWith: a delete takes along what its own stack has below, and nothing that is retained or foreign', async (t) => {
  const { stack, runtime, port, url, httpBackend } = await stackWorldOf(t);
  const { port: target } = await httpBackend('b');
  const program = (pool: string) => `${HEAD}
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1', sharedWith: ['other/dev'] });
const server = new weir.BackendServer('server', { region: 'r', vpcId: 'v', addresses: ['127.0.0.1'] });
const shop = new pulumi.ComponentResource('shop:index:Shop', 'shop', {}, { deletedWith: lb });
const opts = { parent: shop };
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${port}, healthCheck: { protocol: 'none' } }, opts);
const rule = new weir.ForwardingRule('rule', { listenerId: web.id, path: '/rule' }, opts);
new weir.TargetAttachment('pool', { listenerId: web.id, targets: { b: { address: '127.0.0.1', port: ${target} } } }, { ...opts, ${pool} });
new weir.TargetAttachment('of-server', { ruleId: rule.id, targets: { s: { serverId: server.id, port: 1 } } }, { deletedWith: server });
const group = new weir.AutoScalingGroup('group', { members: {} });
new weir.AutoScalingAttachment('members', { groupId: group.id, ruleId: rule.id, port: 80 }, opts);
`;
  const countsOf = async () => {
    const lists = await Promise.all(KINDS.map((kind) => runtime.done('GET', `/v1/${kind}`)));
    return lists.map(({ items }) => items.length).join(' ');
  };
  const idOf = async (kind: string) => (await runtime.done('GET', `/v1/${kind}`)).items[0].id;
  stack.write(program(''));
  await stack.up();
  assert.equal(await countsOf(), '1 1 1 2 1 1 1');
  const foreign = 'urn:pulumi:dev::other::pulumi-nodejs:dynamic/weir:ForwardingRule::theirs';
  await runtime.done('PUT', '/v1/rules/theirs', {
    listenerId: await idOf('listeners'),
    path: '/theirs',
    owner: foreign,
  });
  const refused = await stack.fails(['destroy', '--yes', '--skip-preview']);
  assert.match(refused, /listener web-\w+ is used by rule theirs of .*::theirs: delete those first\. \(InUse/s);
  assert.equal((await exchange(url)).backend, 'b');
  await runtime.done('DELETE', '/v1/rules/theirs');

  // The objects are still there, and the next up takes them over.
  stack.write(program('retainOnDelete: true'));
  await stack.up();
  await stack.done(['preview', '--expect-no-changes']);
  const retained = await stack.fails(['destroy', '--yes', '--skip-preview']);
  assert.match(retained, /listener web-\w+ is used by attachment pool-\w+ of .*InUse/s);
  assert.equal((await exchange(url)).backend, 'b');

  stack.write(program(''));
  await stack.up();
  await stack.destroy();
  assert.equal(await countsOf(), '0 0 0 0 0 0 0');
});

test('customTimeouts limit each operation, and a change of them is a change', async (t) => {
  const { stack, port } = await stackWorldOf(t);
  const program = (timeouts: string, weight = 1) => `${HEAD}
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'TCP', port: ${port} });
new weir.TargetAttachment('pool', { listenerId: web.id, awaitHealthySeconds: 60, targets: { b: { address: '127.0.0.1', port: 1, weight: ${weight} } } },
  { customTimeouts: ${timeouts} });
`;
  stack.write(program('{ create: "1.5s", update: "" }'));
  assert.match(await stack.upFails(), /it took longer than the customTimeouts\.create of 1\.5s: .*\(Timeout\)/);
  // The object is in the state, since the runtime has it.
  stack.write(program('{ create: "1.5s", update: "1s" }', 2));
  assert.match(await stack.upFails(), /it took longer than the customTimeouts\.update of 1s: .*\(Timeout\)/);
  stack.write(program('{ delete: "1m", update: "0" }', 0));
  await stack.up();
  const timeouts = async () => (await stack.resources()).get('pool')?.outputs.customTimeouts;
  assert.deepEqual(await timeouts(), { delete: '1m', update: '0' });
  stack.write(program('{ delete: "2m" }', 0));
  assert.deepEqual(operationsOf((await stack.run(['preview', '--json'])).stdout), { pool: 'update' });
  await stack.done(['up', '--yes', '--skip-preview', '--refresh']);
  assert.deepEqual(await timeouts(), { delete: '2m' });
  await stack.done(['preview', '--expect-no-changes']);
});

test('an update names what is not known, and the engine says which resource it lacks', async (t) => {
  const { stack, port } = await stackWorldOf(t);
  const program = (more: string) => `${HEAD}
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'TCP', port: ${port} });
${more}
`;
  const urnOf = (type: string, name: string) => `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:${type}::${name}`;
  // The address of the load balancer is not one of this machine, so its listener fails; the rest goes on.
  stack.write(
    program(`
const far = new weir.LoadBalancer('far', { address: '192.0.2.1' });
const down = new weir.Listener('down', { loadBalancerId: far.id, protocol: 'HTTP', port: ${port} });
const rule = new weir.ForwardingRule('rule', { listenerId: down.id, path: '/x' });
new weir.TargetAttachment('of-rule', { ruleId: rule.id, targets: {} });`),
  );
  const failed = await stack.fails(['up', '--yes', '--skip-preview', '--continue-on-error']);
  assert.match(failed, /192\.0\.2\.1, the load balancer's address, is not an address of the runtime's machine/);
  assert.doesNotMatch(failed, /must be given|is required/);
  assert.deepEqual([...(await stack.resources()).keys()].sort(), ['far', 'lb', 'web']);
  stack.write(
    program(`
const server = new weir.BackendServer('server', { region: 'r', vpcId: 'v', addresses: ['127.0.0.1'] });
new weir.TargetAttachment('pool', { listenerId: web.id, targets: { b: { serverId: server.id, port: 1 } } });
const lb2 = new weir.LoadBalancer('lb2', { address: '127.0.0.1' });
new weir.Listener('second', { loadBalancerId: lb2.id, protocol: 'TCP', port: ${port} + 1 });`),
  );
  for (const [type, name, needs] of [
    ['TargetAttachment', 'pool', 'server'],
    ['Listener', 'second', 'lb2'],
  ] as const) {
    const text = await stack.fails(['up', '--yes', '--skip-preview', '--target', urnOf(type, name)]);
    assert.match(text, new RegExp(`depends on '.*::${needs}' which was was? ?not specified in --target list`));
    assert.doesNotMatch(text, /must be|is required/);
  }
  stack.write(
    program(`
const ref = new pulumi.StackReference('organization/shop/dev');
const nothing = ref.getOutput('nope');
new weir.TargetAttachment('pool', { ruleId: nothing, targets: { b: { address: nothing, port: 1 } } });`),
  );
  for (const command of [['preview'], ['up', '--yes', '--skip-preview']]) {
    const text = await stack.fails(command);
    assert.match(text, /'pool' has a problem: ruleId is given an output that has no value/);
    assert.match(text, /'pool' has a problem: targets\.b\.address is given an output that has no value/);
  }
});
