// Pulumi's resource options and `up` options with Weir's resources.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { exchange } from '../harness/clients/load.ts';
import { type StackWorld, stackWorldOf } from '../harness/stack/world.ts';

interface Texts {
  /** JavaScript code of the program before its resources. */
  head?: string;
  /** Resource options as JavaScript code, by the variable of the resource. */
  lb?: string;
  web?: string;
  pool?: string;
  names?: { lb: string; web: string; pool: string };
  weights?: readonly [b1: number, b2: number];
  colour?: string;
  /** JavaScript code that makes the attachment `pool`, instead of the default code. */
  poolText?: string;
}

interface Shop extends StackWorld {
  write(texts: Texts): void;
  up(texts: Texts): Promise<string>;
  /** Returns every object of the runtime by kind, without its version. */
  objects(): Promise<Record<string, Record<string, unknown>>>;
  /** Returns the weights of the bound targets. */
  weights(): Promise<Record<string, number>>;
  ask(): Promise<string | undefined>;
}

const KINDS = ['load-balancers', 'listeners', 'attachments'];

/**
 * Creates a stack with load balancer `lb`, listener `web` and attachment `pool` of b1 and b2, which are one server that
 * responds with "b".
 */
async function shop(t: TestContext): Promise<Shop> {
  const world = await stackWorldOf(t);
  const { runtime, stack, port, httpBackend } = world;
  const { port: target } = await httpBackend('b');
  const { port: other } = await httpBackend('b');
  const write = ({ head = '', lb, web, pool, names, weights = [20, 20], colour = 'blue', poolText }: Texts) => {
    const b = (at: number, weight: number) => `{ address: '127.0.0.1', port: ${at}, weight: ${weight} }`;
    stack.write(`
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';
${head}
const targets = { b1: ${b(target, weights[0])}, b2: ${b(other, weights[1])} };
const lb = new weir.LoadBalancer('${names?.lb ?? 'lb'}', { address: '127.0.0.1', tags: { colour: '${colour}' } }, ${lb});
const web = new weir.Listener('${names?.web ?? 'web'}', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${port}, healthCheck: { protocol: 'none' } }, ${web});
${poolText ?? `new weir.TargetAttachment('${names?.pool ?? 'pool'}', { listenerId: web.id, targets }, ${pool});`}
`);
  };
  const objects = async () => {
    const lists = KINDS.map(async (kind) => {
      const { items } = await runtime.done('GET', `/v1/${kind}`);
      assert.ok(items.length <= 1, `${kind}: ${JSON.stringify(items)}`);
      const { version: _, ...object } = items[0] ?? {};
      return [kind, object];
    });
    return Object.fromEntries(await Promise.all(lists));
  };
  return {
    ...world,
    write,
    up: (texts) => {
      write(texts);
      return stack.up();
    },
    objects,
    weights: async () => {
      const bound: Record<string, { weight: number }> = (await objects()).attachments?.boundTargets ?? {};
      return Object.fromEntries(Object.entries(bound).map(([name, { weight }]) => [name, weight]));
    },
    ask: async () => (await exchange(`http://127.0.0.1:${port}/`)).backend,
  };
}

/** Returns the objects without their owners, which are only a label. */
function withoutOwners(objects: Record<string, Record<string, unknown>>) {
  return Object.entries(objects).map(([kind, { owner: _, ...object }]) => [kind, object]);
}

const ownersOf = (objects: Record<string, Record<string, unknown>>) => KINDS.map((kind) => objects[kind]?.owner);

test('protect: a protected resource that is removed from the program is not deleted, and the up says why', async (t) => {
  const { stack, write, up, ask, objects } = await shop(t);
  await up({ pool: '{ protect: true }' });
  const before = await objects();
  write({ poolText: '' });
  const text = await stack.upFails();
  assert.match(text, /pool.* protect/s);
  await stack.fails(['destroy', '--yes', '--skip-preview']);
  assert.deepEqual(await objects(), before);
  assert.equal(await ask(), 'b');
});

test('aliases: renamed resources of each type, also moved into a component, are the same objects with another owner', async (t) => {
  const { stack, write, up, objects } = await shop(t);
  await up({});
  const before = await objects();
  const moved = (name: string) => `{ parent: shop, aliases: [{ name: '${name}', parent: pulumi.rootStackResource }] }`;
  write({
    head: `const shop = new pulumi.ComponentResource('shop:index:Shop', 'shop');`,
    names: { lb: 'entry', web: 'site', pool: 'servers' },
    lb: moved('lb'),
    web: moved('web'),
    pool: moved('pool'),
  });
  assert.doesNotMatch(await stack.done(['preview']), /replace|delete/);
  await stack.up();
  const after = await objects();
  assert.deepEqual(withoutOwners(after), withoutOwners(before));
  assert.match(String(after.attachments?.owner), /Shop\$pulumi-nodejs:dynamic\/weir:TargetAttachment::servers$/);
  await stack.done(['preview', '--expect-no-changes']);
});

test('aliases: a new resource with the old name of a renamed one is another object, and both are kept', async (t) => {
  const { stack, runtime, up } = await shop(t);
  await up({});
  await up({ names: { lb: 'lb', web: 'web', pool: 'old' }, pool: `{ aliases: [{ name: 'pool' }] }` });
  const both = `for (const name of ['pool', 'old']) new weir.TargetAttachment(name, { listenerId: web.id, targets: name === 'old' ? targets : {} });`;
  await up({ poolText: both });
  await stack.done(['preview', '--expect-no-changes']);
  const { items } = await runtime.done('GET', '/v1/attachments');
  const bound = items.map(({ owner, targets }: { owner: string; targets: object }) => [
    owner.split('::').at(-1),
    Object.keys(targets).length,
  ]);
  assert.deepEqual(Object.fromEntries(bound), { pool: 0, old: 2 });
  await up({ poolText: both.replace(`'pool', `, '') });
  assert.deepEqual((await runtime.done('GET', '/v1/attachments')).items.length, 1);
  await stack.done(['destroy', '--yes', '--skip-preview']);
  assert.deepEqual((await runtime.done('GET', '/v1/attachments')).items, []);
});

test('transforms change the arguments of a resource', async (t) => {
  const { up, stack, objects } = await shop(t);
  await up({ lb: `{ transforms: [({ props, opts }) => ({ props: { ...props, tags: { colour: 'green' } }, opts })] }` });
  assert.deepEqual((await objects())['load-balancers']?.tags, { colour: 'green' });
  await stack.done(['preview', '--expect-no-changes']);
});

test("ignoreChanges for one target's weight keeps that weight, and changes the other", async (t) => {
  const { up, stack, runtime, objects, weights } = await shop(t);
  const pool = `{ ignoreChanges: ['targets.b1.weight'] }`;
  await up({ pool });
  await up({ pool, weights: [50, 30] });
  assert.deepEqual(await weights(), { b1: 20, b2: 30 });
  // A refresh puts the weight that was changed through the API into the state, and the update then leaves this weight
  // unchanged.
  const { id } = (await objects()).attachments ?? {};
  await runtime.done('PATCH', `/v1/attachments/${id}`, { targets: { b1: { weight: 7 } } });
  await stack.done(['up', '--yes', '--skip-preview', '--refresh']);
  assert.deepEqual(await weights(), { b1: 7, b2: 30 });
});

test('--target updates, replaces and destroys only the named resources', async (t) => {
  const { up, write, stack, objects, weights, ask } = await shop(t);
  await up({});
  const urn = (await stack.resources()).get('pool')?.urn ?? '';
  write({ weights: [20, 40], colour: 'red' });
  await stack.done(['up', '--yes', '--skip-preview', '--target', urn]);
  assert.deepEqual(await weights(), { b1: 20, b2: 40 });
  assert.deepEqual((await objects())['load-balancers']?.tags, { colour: 'blue' });
  await stack.done(['up', '--yes', '--skip-preview', '--target-replace', urn]);
  assert.deepEqual((await objects())['load-balancers']?.tags, { colour: 'blue' });
  assert.equal(await ask(), 'b');
  await stack.done(['destroy', '--yes', '--skip-preview', '--target', urn]);
  assert.deepEqual((await objects()).attachments, {});
  assert.notDeepEqual((await objects()).listeners, {});
});

test('deleteBeforeReplace set by the user: the old objects are deleted first, and all exist again afterwards', async (t) => {
  const { up, stack, objects, ask } = await shop(t);
  const options = { lb: '{ deleteBeforeReplace: true }', web: '{ deleteBeforeReplace: true }' };
  await up(options);
  const before = await objects();
  for (const name of ['web', 'lb']) {
    const urn = (await stack.resources()).get(name)?.urn ?? '';
    await stack.done(['up', '--yes', '--skip-preview', '--replace', urn]);
    assert.equal(await ask(), 'b');
  }
  const after = await objects();
  assert.deepEqual(
    KINDS.map((kind) => after[kind]?.id),
    KINDS.map((kind) => before[kind]?.id),
  );
  assert.notEqual(after['load-balancers']?.incarnation, before['load-balancers']?.incarnation);
  await stack.done(['preview', '--expect-no-changes']);
});

test('retainOnDelete: objects removed from the program keep serving, and are adopted when they return', async (t) => {
  const { up, objects, stack, ask } = await shop(t);
  await up({ pool: '{ retainOnDelete: true }' });
  const before = await objects();
  await up({ poolText: '' });
  assert.deepEqual(await objects(), before);
  assert.equal(await ask(), 'b');
  await up({});
  const { incarnation: _, ...kept } = before.attachments ?? {};
  const { incarnation: __, ...now } = (await objects()).attachments ?? {};
  assert.deepEqual(now, kept);
  await stack.done(['destroy', '--yes', '--skip-preview']);
  assert.deepEqual((await objects()).attachments, {});
});

test('a resource or stack renamed in the state: the next up changes only the owners', async (t) => {
  const { up, write, objects, stack, ask } = await shop(t);
  await up({});
  const before = await objects();
  const urn = (await stack.resources()).get('pool')?.urn ?? '';
  await stack.done(['state', 'rename', urn, 'servers', '--yes']);
  write({ names: { lb: 'lb', web: 'web', pool: 'servers' } });
  await stack.up();
  await stack.done(['stack', 'rename', 'prod']);
  await stack.up();
  const after = await objects();
  assert.deepEqual(withoutOwners(after), withoutOwners(before));
  for (const owner of ownersOf(after)) assert.match(String(owner), /^urn:pulumi:prod::/);
  assert.equal(await ask(), 'b');
  await stack.done(['preview', '--expect-no-changes']);
  await stack.done(['destroy', '--yes', '--skip-preview']);
  assert.deepEqual(ownersOf(await objects()), [undefined, undefined, undefined]);
});
