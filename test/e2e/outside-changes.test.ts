// Changes that others make in the runtime: an `up` writes what its program changed, tells what it finds, and keeps that.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiRelay } from '../harness/runtime/api-relay.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

const UP = ['up', '--yes', '--skip-preview'];
const KEPT = 'changed outside; pulumi refresh shows it';

/** The lines about changes outside, without the indentation of the CLI. */
function toldIn(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return [...new Set(lines.filter((line) => /^\S+: .*changed outside/.test(line)))].sort();
}

test('every resource keeps what others changed while its program changes something else, tells it, and a refresh repairs it', async (t) => {
  const { runtime, stack, port } = await stackWorldOf(t);
  const program = (isChanged: boolean) => `
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1', tags: { team: 'shop', colour: '${isChanged ? 'red' : 'blue'}' } });
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${port}, healthCheck: { protocol: 'none' }, drainSeconds: ${isChanged ? 1 : 0} });
const rule = new weir.ForwardingRule('rule', { listenerId: web.id, path: '/a', healthCheck: { protocol: 'HTTP', path: '${isChanged ? '/new' : '/old'}' } });
const at = (last, port = 80) => ({ address: '10.0.0.' + last, port });
new weir.TargetAttachment('pool', { listenerId: web.id, targets: { b1: at(1), b2: at(2), ${isChanged ? 'b3: at(3)' : ''} } });
const place = { region: 'eu-1', vpcId: 'a' };
const s1 = new weir.BackendServer('s1', { ...place, addresses: ['10.1.0.1'], bandwidthMbps: ${isChanged ? 20 : 10} });
const s2 = new weir.BackendServer('s2', { ...place, addresses: ['10.1.0.2'] });
const group = new weir.AutoScalingGroup('group', { members: { m1: s1.id, ${isChanged ? 'm2: s2.id' : ''} } });
new weir.AutoScalingAttachment('scaled', { groupId: group.id, ruleId: rule.id, port: ${isChanged ? 8081 : 8080} });
`;
  stack.write(program(false));
  await stack.up();
  const ids = new Map([...(await stack.resources())].map(([name, { id }]) => [name, id]));
  const path = (kind: string, name: string) => `/v1/${kind}/${ids.get(name)}`;
  const b9 = { address: '10.0.0.9', port: 90 };
  const outside: readonly (readonly [path: string, patch: object])[] = [
    [path('load-balancers', 'lb'), { tags: { team: 'ops' }, deletionProtection: true }],
    [path('listeners', 'web'), { idleTimeoutSeconds: 30, trustedProxies: ['10.0.0.0/8'] }],
    [path('rules', 'rule'), { healthCheck: { intervalSeconds: 9 } }],
    [path('attachments', 'pool'), { targets: { b1: { weight: 0 }, b2: null, b9 } }],
    [path('backend-servers', 's1'), { isolated: true }],
    [path('groups', 'group'), { members: { m1: null } }],
    [path('group-attachments', 'scaled'), { weight: 7 }],
  ];
  for (const [at, patch] of outside) await runtime.done('PATCH', at, patch);
  stack.write(program(true));
  const text = await stack.done(UP);
  assert.deepEqual(toldIn(text), [
    `group: m1 is not a member in the runtime, and is in the state: ${KEPT}`,
    `lb: deletionProtection is true in the runtime, false in the state: ${KEPT}`,
    `lb: tags.team is "ops" in the runtime, "shop" in the state: ${KEPT}`,
    `pool: b1 has weight 0 in the runtime, 100 in the state: ${KEPT}`,
    `pool: b2 is not bound in the runtime, and is in the state: ${KEPT}`,
    `pool: b9 10.0.0.9:90 is bound in the runtime, and not in the state: ${KEPT}`,
    `rule: healthCheck.intervalSeconds is 9 in the runtime, 5 in the state: ${KEPT}`,
    `s1: isolated is true in the runtime, false in the state: ${KEPT}`,
    `scaled: weight is 7 in the runtime, 100 in the state: ${KEPT}`,
    `web: idleTimeoutSeconds is 30 in the runtime, 60 in the state: ${KEPT}`,
    `web: trustedProxies is ["10.0.0.0/8"] in the runtime, and not in the state: ${KEPT}`,
  ]);
  const read = async () => {
    const [lb, web, rule, pool, s1, group, scaled] = await Promise.all(outside.map(([at]) => runtime.done('GET', at)));
    return {
      ...{ tags: lb.tags, isProtected: lb.deletionProtection, drain: web.drainSeconds, idle: web.idleTimeoutSeconds },
      ...{ proxies: web.trustedProxies, check: [rule.healthCheck.path, rule.healthCheck.intervalSeconds] },
      ...{ targets: pool.targets, isolated: s1.isolated, bandwidth: s1.bandwidthMbps },
      ...{ members: Object.keys(group.members).sort(), scaled: [scaled.port, scaled.weight] },
    };
  };
  const b1 = { address: '10.0.0.1', port: 80 };
  const b3 = { address: '10.0.0.3', port: 80 };
  assert.deepEqual(await read(), {
    ...{ tags: { team: 'ops', colour: 'red' }, isProtected: true, drain: 1, idle: 30, proxies: ['10.0.0.0/8'] },
    ...{ check: ['/new', 9], targets: { b1: { ...b1, weight: 0 }, b9, b3 }, isolated: true, bandwidth: 20 },
    ...{ members: ['m2'], scaled: [8081, 7] },
  });
  // The state has the program's values, so that no later `up` takes the changes back in silence.
  await stack.done(['preview', '--expect-no-changes']);
  const drift = await stack.done(['refresh', '--preview-only', '--diff']);
  for (const shown of [/team +: "shop" => "ops"/, /[+~] weight/, /- b2/, /\+ b9/, /trustedProxies/, /isolated/]) {
    assert.match(drift, shown);
  }
  const repaired = await stack.done([...UP, '--refresh']);
  assert.deepEqual(toldIn(repaired), []);
  assert.deepEqual(await read(), {
    ...{ tags: { team: 'shop', colour: 'red' }, isProtected: false, drain: 1, idle: undefined, proxies: undefined },
    ...{
      check: ['/new', 5],
      targets: { b1, b2: { address: '10.0.0.2', port: 80 }, b3 },
      isolated: false,
      bandwidth: 20,
    },
    ...{ members: ['m1', 'm2'], scaled: [8081, undefined] },
  });
  await stack.done(['refresh', '--yes', '--expect-no-changes']);
});

test('what others changed stays with ignoreChanges, manageWeights, renamed targets, and where both changed; a replacement tells what it loses', async (t) => {
  const { runtime, stack, port, freePort } = await stackWorldOf(t);
  const other = await freePort();
  const program = (isChanged: boolean) => `
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const common = { loadBalancerId: lb.id, protocol: 'HTTP', healthCheck: { protocol: 'none' } };
const web = new weir.Listener('web', { ...common, port: ${port} });
const next = new weir.Listener('next', { ...common, port: ${other} });
const is = ${isChanged};
const at = (last, more = {}) => ({ address: '10.0.0.' + last, port: 80, weight: 50, ...more });
const bind = (name, targets, more = {}, options = {}) => new weir.TargetAttachment(name, { listenerId: web.id, targets, ...more }, options);
bind('ignoring', { a1: at(1), ...(is && { a2: at(2) }) }, {}, { ignoreChanges: ['targets.a1.weight'] });
bind('free', { b1: at(3), ...(is && { b2: at(4) }) }, { manageWeights: false });
bind('taken', { c1: at(5), c2: at(6) }, { manageWeights: is });
bind('renamed', is ? { d2: at(7) } : { d1: at(7) });
bind('both', { e1: at(8, { weight: is ? 60 : 50 }), ...(is && { e2: at(9) }) });
bind('moved', { f1: at(10) }, is ? { listenerId: next.id } : {});
`;
  stack.write(program(false));
  await stack.up();
  const targetsOf = async () => {
    const { items } = await runtime.done('GET', '/v1/attachments');
    const named = items.map(({ id, targets }: { id: string; targets: Record<string, { weight: number }> }) => [
      id.split('-')[0],
      Object.fromEntries(Object.entries(targets).map(([name, { weight }]) => [name, weight])),
    ]);
    return Object.fromEntries(named);
  };
  const change = async (name: string, targets: object) => {
    const id = (await stack.resources()).get(name)?.id;
    await runtime.done('PATCH', `/v1/attachments/${id}`, { targets });
  };
  const zero = { weight: 0 };
  await change('ignoring', { a1: zero });
  await change('free', { b1: zero });
  await change('taken', { c1: zero });
  await change('renamed', { d1: zero });
  await change('both', { e1: zero, mine: { address: '10.0.0.9', port: 80, weight: 5 } });
  await change('moved', { f1: zero });
  stack.write(program(true));
  assert.deepEqual(toldIn(await stack.done(UP)), [
    'both: e1 has weight 0 in the runtime, 50 in the state: changed outside; this up overwrites it',
    'both: mine 10.0.0.9:80 is bound in the runtime, and not in the state: changed outside; this up overwrites it',
    `ignoring: a1 has weight 0 in the runtime, 50 in the state: ${KEPT}`,
    'moved: f1 has weight 0 in the runtime, 50 in the state: changed outside; the replacement has the value of the program',
    `renamed: d2 has weight 0 in the runtime, 50 in the state: ${KEPT}`,
  ]);
  assert.deepEqual(await targetsOf(), {
    ignoring: { a1: 0, a2: 50 },
    free: { b1: 0, b2: 50 },
    taken: { c1: 50, c2: 50 },
    renamed: { d2: 0 },
    both: { e1: 60, e2: 50 },
    moved: { f1: 50 },
  });
  await stack.done(['preview', '--expect-no-changes']);
  // With ignoreChanges a refresh takes the weight into the state, as the program's. Every other one is repaired.
  await stack.done([...UP, '--refresh']);
  assert.deepEqual((await targetsOf()).renamed, { d2: 50 });
  await change('ignoring', { a1: { weight: 30 } });
  stack.write(program(true).replace('a2: at(2)', 'a2: at(2), a3: at(11)'));
  await stack.up();
  assert.deepEqual((await targetsOf()).ignoring, { a1: 30, a2: 50, a3: 50 });
});

test('a write whose response was lost is no change by others: a program that takes it back is followed', async (t) => {
  const { runtime, stack, port } = await stackWorldOf(t);
  const program = (weight: number, more = '') => `
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'TCP', port: ${port}, healthCheck: { protocol: 'none' } });
const at = (last, weight) => ({ address: '10.0.0.' + last, port: 80, weight });
new weir.TargetAttachment('pool', { listenerId: web.id, targets: { b1: at(1, ${weight}), b2: at(2, 20), ${more} } });
`;
  const relay = await apiRelay(t, stack, runtime);
  stack.write(program(10));
  await stack.up();
  const { id = '', outputs } = (await stack.resources()).get('pool') ?? {};
  let isLost = false;
  relay.losesResponse = (method) => {
    isLost ||= method === 'PATCH';
    return isLost;
  };
  stack.write(program(11, 'b3: at(3, 30)'));
  await stack.upFails();
  relay.losesResponse = () => false;
  const attachment = () => runtime.done('GET', `/v1/attachments/${id}`);
  assert.deepEqual(
    [(await attachment()).targets.b1.weight, Object.keys((await attachment()).targets)],
    [11, ['b1', 'b2', 'b3']],
  );
  assert.equal((await stack.resources()).get('pool')?.outputs.writtenVersion, outputs?.writtenVersion);
  await runtime.done('PATCH', `/v1/attachments/${id}`, { targets: { b2: { weight: 0 } } });
  stack.write(program(10, 'b4: at(4, 40)'));
  const text = await stack.up();
  assert.deepEqual(toldIn(text), [`pool: b2 has weight 0 in the runtime, 20 in the state: ${KEPT}`]);
  const weights = Object.entries((await attachment()).targets).map(([name, target]) => [
    name,
    (target as { weight: number }).weight,
  ]);
  assert.deepEqual(Object.fromEntries(weights), { b1: 10, b2: 0, b4: 40 });
});
