// Servers and auto scaling groups as resources: created, read by another client, changed and destroyed.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { httpBackend } from '../harness/backends/backends.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

/** Creates a stack with load balancer `lb` and HTTP listener `web`; `write` adds resources to its program. */
async function shop(t: TestContext) {
  const { runtime, stack, port } = await stackWorldOf(t);
  const write = (text: string, lb: object = {}) =>
    stack.write(`
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', ${JSON.stringify({ address: '127.0.0.1', ...lb })});
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${port}, healthCheck: { intervalSeconds: 0.2 } });
const place = { region: 'eu-1', vpcId: 'vpc-1' };
${text}
`);
  const ids = async (kind: string): Promise<string[]> =>
    (await runtime.done('GET', `/v1/${kind}`)).items.map(({ id }: { id: string }) => id);
  const destroy = async () => {
    await stack.destroy();
    for (const kind of ['backend-servers', 'groups', 'group-attachments', 'attachments', 'load-balancers']) {
      assert.deepEqual(await ids(kind), [], kind);
    }
  };
  return { runtime, stack, port, write, ids, destroy };
}

test('servers: the id contains the kind, only a change of the kind replaces a server, and the preview shows the effect on targets', async (t) => {
  const { runtime, stack, write, ids, destroy } = await shop(t);
  const { target } = await httpBackend(t, 'a');
  const bind = `new weir.TargetAttachment('pool', { listenerId: web.id, awaitHealthySeconds: 10, targets: { a: { serverId: a.id, port: ${target.port} } } });`;
  const a = `const a = new weir.BackendServer('a', { ...place, addresses: ['127.0.0.1'] });`;
  write(`${a} ${bind}
new weir.BackendServer('kept', { ...place, addresses: ['10.0.0.2'], kind: 'eni' });
new weir.BackendServer('gone', { ...place, addresses: ['10.0.0.3'], kind: 'eci' });`);
  try {
    await stack.up();
    const [eci, eni, ecs] = await ids('backend-servers');
    assert.match(`${eci} ${eni} ${ecs}`, /^eci-gone-[0-9a-f]{8} eni-kept-[0-9a-f]{8} i-a-[0-9a-f]{8}$/);
    await stack.done(['preview', '--expect-no-changes']);
    const { version } = await runtime.done('GET', `/v1/backend-servers/${eni}`);
    write(`${a.replace("['127.0.0.1']", "['127.0.0.1'], status: 'Stopped', zoneId: 'z1'")} ${bind}
new weir.BackendServer('kept', { ...place, addresses: ['10.0.0.2'], kind: 'eni' });
new weir.BackendServer('new', { ...place, addresses: ['10.0.0.4'], expiresAt: '2099-01-31T00:00:00Z', bandwidthMbps: 5, isolated: true });`);
    assert.match(await stack.done(['preview']), /a: status Running→Stopped · zoneId none→z1/);
    await stack.up();
    await stack.done(['preview', '--expect-no-changes']);
    const after = await ids('backend-servers');
    assert.deepEqual(after.slice(0, 2), [eni, ecs]);
    assert.match(after[2] ?? '', /^i-new-/);
    assert.equal((await runtime.done('GET', `/v1/backend-servers/${eni}`)).version, version);
    const { status, zoneId } = await runtime.done('GET', `/v1/backend-servers/${ecs}`);
    assert.deepEqual([status, zoneId], ['Stopped', 'z1']);
    const refresh = await stack.done(['refresh', '--yes', '--diff']);
    assert.match(refresh, /health\s*: "healthy" => "ineligible"/);
    await stack.done(['refresh', '--yes', '--expect-no-changes']);
    write(`${a.replace('] }', "], kind: 'eni' }")}`);
    await stack.up();
    assert.match((await ids('backend-servers')).join(), /^eni-a-[0-9a-f]{8}$/);
  } finally {
    await destroy();
  }
});

test('a group with members: one is added, one removed, one kept, and a renamed key is no change of a member', async (t) => {
  const { runtime, stack, write, ids, destroy } = await shop(t);
  const server = (name: string, end: number) =>
    `const ${name} = new weir.BackendServer('${name}', { ...place, addresses: ['10.0.0.${end}'] });`;
  const program = (members: string, more = '') => `${server('a', 1)} ${server('b', 2)} ${server('c', 3)}
const group = new weir.AutoScalingGroup('group', { members: ${members} });
const other = new weir.AutoScalingGroup('other', { members: { b: b.id } });
new weir.AutoScalingAttachment('pool', { listenerId: web.id, port: 80, groupId: group.id${more} });`;
  const bound = async () => {
    const [pool] = (await runtime.done('GET', '/v1/group-attachments')).items;
    const targets: { address: string; port: number; weight: number }[] = Object.values(pool.boundTargets);
    return targets.map(({ address, port, weight }) => `${address}:${port} w${weight}`).sort();
  };
  write(program('{ a: a.id, b: b.id }'));
  try {
    await stack.up();
    assert.deepEqual(await bound(), ['10.0.0.1:80 w100', '10.0.0.2:80 w100']);
    await stack.done(['preview', '--expect-no-changes']);
    const [pool] = await ids('group-attachments');
    write(program('{ one: a.id, c: c.id }', ', weight: 7'));
    assert.match(await stack.done(['preview']), /group: join i-c-[0-9a-f]{8} · leave i-b-[0-9a-f]{8}\n/);
    await stack.up();
    assert.deepEqual(await bound(), ['10.0.0.1:80 w7', '10.0.0.3:80 w7']);
    write(program('{ one: a.id }').replace('groupId: group.id', 'groupId: other.id'));
    await stack.up();
    assert.deepEqual(await bound(), ['10.0.0.2:80 w100']);
    assert.deepEqual(await ids('group-attachments'), [pool]);
    write(
      program('{ one: a.id }').replace(
        'listenerId: web.id',
        `ruleId: new weir.ForwardingRule('api', { listenerId: web.id, path: '/api' }).id`,
      ),
    );
    await stack.up();
    const [replaced, ...rest] = await ids('group-attachments');
    assert.notEqual(replaced, pool);
    assert.deepEqual(rest, []);
    await stack.done(['preview', '--expect-no-changes']);
  } finally {
    await destroy();
  }
});

test('a group without members in the program: a member added through the API stays through up and refresh', async (t) => {
  const { runtime, stack, write, ids, destroy } = await shop(t);
  const program = (more = '') => `
const a = new weir.BackendServer('a', { ...place, addresses: ['10.0.0.1'] });
const group = new weir.AutoScalingGroup('group');
new weir.AutoScalingAttachment('pool', { listenerId: web.id, port: 80, groupId: group.id${more} });`;
  const members = async () => {
    const [group] = (await runtime.done('GET', '/v1/groups')).items;
    return Object.keys(group.members);
  };
  write(program());
  try {
    await stack.up();
    await stack.done(['preview', '--expect-no-changes']);
    const [server] = await ids('backend-servers');
    const [group] = await ids('groups');
    await runtime.done('PUT', `/v1/groups/${group}/members/${server}`);
    await stack.done(['preview', '--refresh', '--expect-no-changes']);
    write(program(', weight: 5'));
    await stack.done(['up', '--refresh', '--yes', '--skip-preview']);
    await stack.done(['refresh', '--yes', '--expect-no-changes']);
    await stack.up();
    assert.deepEqual(await members(), [server]);
    const [pool] = (await runtime.done('GET', '/v1/group-attachments')).items;
    assert.deepEqual(Object.keys(pool.boundTargets), [server]);
    await runtime.done('DELETE', `/v1/groups/${group}/members/${server}`);
    await stack.done(['preview', '--refresh', '--expect-no-changes']);
  } finally {
    await destroy();
  }
});
