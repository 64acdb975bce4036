// Backend servers and auto scaling groups with the real CLI: refusals, traffic, and membership.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Backend } from '../harness/backends/backends.ts';
import { exchange, sharesAt } from '../harness/clients/load.ts';
import { until } from '../harness/runtime/runtime.ts';
import { type StackWorld, stackWorldOf } from '../harness/stack/world.ts';

const PLACE = { region: 'r1', vpcId: 'vpc-1', addresses: ['127.0.0.1'] };

interface Shop extends StackWorld {
  readonly a: Backend;
  readonly b: Backend;
}

async function shop(t: TestContext): Promise<Shop> {
  const world = await stackWorldOf(t);
  return { ...world, a: await world.httpBackend('a'), b: await world.httpBackend('b') };
}

/** Returns a program with a load balancer in r1, its listener `web`, the servers by name, and the code `rest`. */
function program({ port }: Shop, servers: Readonly<Record<string, object>>, rest: string): string {
  const made = Object.entries(servers).map(([name, difference]) => {
    const server = JSON.stringify({ ...PLACE, ...difference });
    return `const ${name} = new weir.BackendServer('${name}', ${server});`;
  });
  return `import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1', region: 'r1', vpcId: 'vpc-1' });
const healthCheck = { intervalSeconds: 0.2, timeoutSeconds: 5 };
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${port}, healthCheck });
${made.join('\n')}
${rest}
`;
}

/** Returns the code of the attachment `pool`; each of its targets is a server of the program. */
function pool(targets: Readonly<Record<string, { server: string; port: number }>>): string {
  const entries = Object.entries(targets).map(([name, { server, port }]) => {
    return `${name}: { serverId: ${server}, port: ${port} }`;
  });
  return `new weir.TargetAttachment('pool', { listenerId: web.id, targets: { ${entries.join(', ')} }, awaitHealthySeconds: 10 });`;
}

test('servers that may not be bound are each named with their code, none is bound, and the next up continues', async (t) => {
  const it = await shop(t);
  const { runtime, stack, a, b } = it;
  const off = { 'i-off': { status: 'Stopped' }, 'i-far': { region: 'r2' }, 'i-soon': { status: 'Starting' } };
  for (const [id, difference] of Object.entries({ 'i-good': {}, ...off })) {
    await runtime.done('PUT', `/v1/backend-servers/${id}`, { ...PLACE, ...difference });
  }
  // The program contains no BackendServer resources for these servers, so only the runtime can refuse them.
  const targets = {
    good: { server: '"i-good"', port: a.port },
    off: { server: '"i-off"', port: b.port },
    far: { server: '"i-far"', port: 81 },
    soon: { server: '"i-soon"', port: 82 },
  };
  stack.write(program(it, {}, pool(targets)));
  const text = await stack.upFails();
  assert.match(
    text,
    /targets\.off cannot be bound: server i-off is Stopped, not Running \(IncorrectStatus\.RSByPassToas\)/,
  );
  assert.match(
    text,
    /targets\.far cannot be bound: server i-far is in region r2, and the load balancer in r1 \(NetworkConflict\)/,
  );
  assert.match(text, /targets\.soon cannot be bound: server i-soon is Starting.* \(BackendServerProcessing\)/);
  assert.doesNotMatch(text, /targets\.good/);
  assert.deepEqual((await runtime.done('GET', '/v1/attachments')).items, []);
  for (const id of Object.keys(off)) await runtime.done('PUT', `/v1/backend-servers/${id}`, PLACE);
  stack.write(program(it, {}, pool({ good: targets.good, off: targets.off })));
  await stack.up();
  assert.deepEqual(await sharesAt(it.url, 10), { a: 5, b: 5 });
});

test('a server stopped by its program takes no traffic and is ineligible in a refresh, and returns when it runs again', async (t) => {
  const it = await shop(t);
  const { stack, url, a, b } = it;
  const targets = { a: { server: 'one.id', port: a.port }, b: { server: 'two.id', port: b.port } };
  const write = (difference: object) => stack.write(program(it, { one: {}, two: difference }, pool(targets)));
  write({});
  await stack.up();
  assert.deepEqual(await sharesAt(url, 10), { a: 5, b: 5 });

  write({ status: 'Stopped' });
  assert.match(await stack.done(['preview']), /two: status Running→Stopped/);
  await stack.up();
  assert.deepEqual(await sharesAt(url, 10), { a: 10 });
  const healthOfB = async () => (await stack.resources()).get('pool')?.outputs.boundTargets.b.health;
  assert.equal(await healthOfB(), 'healthy');
  const refreshed = await stack.done(['refresh', '--yes', '--skip-preview']);
  assert.match(refreshed, /pool: targets\.b is ineligible: server \S+ is Stopped, not Running/);
  assert.equal(await healthOfB(), 'ineligible');
  await stack.done(['preview', '--expect-no-changes']);

  const off = { status: 'Stopped' };
  stack.write(program(it, { one: off, two: off }, pool(targets)));
  const last = await stack.done(['up', '--yes', '--skip-preview']);
  assert.match(last, /one: no other target takes traffic where it is bound: weir status shows/);
  write({});
  await stack.up();
  await until('a response of b', async () => (await exchange(url)).backend === 'b' || undefined);
  await stack.done(['refresh', '--yes', '--skip-preview']);
  assert.notEqual(await healthOfB(), 'ineligible');
  await stack.destroy();
  assert.deepEqual((await it.runtime.done('GET', '/v1/backend-servers')).items, []);
});

test('members named by the program are bound and unbound with it, in an order that works for destroy too', async (t) => {
  const it = await shop(t);
  const { runtime, stack, url, a } = it;
  const attachment = `new weir.AutoScalingAttachment('scaled', { groupId: group.id, listenerId: web.id, port: ${a.port} });`;
  const write = (members: string) => {
    const group = `const group = new weir.AutoScalingGroup('group', { members: { ${members} } });`;
    stack.write(program(it, { one: {}, two: { addresses: ['127.0.0.2'] } }, `${group}\n${attachment}`));
  };
  const bound = async () => {
    const [{ boundTargets }] = (await runtime.done('GET', '/v1/group-attachments')).items;
    return Object.keys(boundTargets);
  };
  write('x: one.id');
  await stack.up();
  await until('a response of a', async () => (await exchange(url)).backend === 'a' || undefined);
  write('x: one.id, y: two.id');
  assert.match(await stack.done(['preview']), /group: join i-two-/);
  await stack.up();
  assert.deepEqual(await bound(), ['x', 'y']);
  write('y: two.id');
  assert.match(await stack.done(['preview']), /group: leave i-one-/);
  await stack.up();
  assert.deepEqual(await bound(), ['y']);
  await stack.done(['preview', '--expect-no-changes']);
  await stack.destroy();
  assert.deepEqual((await runtime.done('GET', '/v1/groups')).items, []);
});

test('a member that joins through the API during an up is bound, and is kept by up --refresh', async (t) => {
  const it = await shop(t);
  const { runtime, stack, url, a } = it;
  const write = (weight: number) =>
    stack.write(
      program(
        it,
        {},
        `const group = new weir.AutoScalingGroup('group');
new weir.AutoScalingAttachment('scaled', { groupId: group.id, listenerId: web.id, port: ${a.port}, weight: ${weight} });`,
      ),
    );
  write(50);
  await stack.up();
  const [{ id }] = (await runtime.done('GET', '/v1/groups')).items;
  await runtime.done('PUT', '/v1/backend-servers/i-1', PLACE);
  write(60);
  const [joined] = await Promise.all([runtime.call('PUT', `/v1/groups/${id}/members/i-1`), stack.up()]);
  assert.equal(joined.status, 200);
  await until('a response of a', async () => (await exchange(url)).backend === 'a' || undefined);
  for (const weight of [60, 70]) {
    write(weight);
    await stack.done(['up', '--yes', '--skip-preview', '--refresh']);
    assert.deepEqual((await runtime.done('GET', `/v1/groups/${id}`)).members, { 'i-1': 'i-1' });
    assert.equal((await exchange(url)).backend, 'a');
  }
  await stack.done(['preview', '--expect-no-changes']);
});

test('a server that is a member of a group outside the program is not deleted, and the message names the group', async (t) => {
  const it = await shop(t);
  const { runtime, stack } = it;
  stack.write(program(it, { one: {} }, ''));
  await stack.up();
  const id = (await stack.resources()).get('one')?.id;
  await runtime.done('PUT', '/v1/groups/fleet', { members: { one: id } });
  stack.write(program(it, {}, ''));
  const text = await stack.upFails();
  assert.match(text, /is used by group fleet/);
  await runtime.done('DELETE', '/v1/groups/fleet');
  await stack.up();
  assert.deepEqual((await runtime.done('GET', '/v1/backend-servers')).items, []);
});
