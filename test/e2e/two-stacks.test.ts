// Two stacks on one runtime: they may share a load balancer, and neither changes or deletes objects of the other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askHttp } from '../harness/backends/backends.ts';
import { Stack } from '../harness/stack/stack.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

const UP = ['up', '--yes', '--skip-preview'];
const DESTROY = ['destroy', '--yes', '--skip-preview'];

test('a stack binds to the listener of another stack, cannot change or take its objects, and does not delete them by its destroy', async (t) => {
  const { runtime, stack, port, httpBackend } = await stackWorldOf(t);
  const [a, b] = [await httpBackend('a'), await httpBackend('b')];
  const program = (foreign: string, sharing = "sharedWith: ['shop/prod']") => `
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';
const outputs = {};
if (pulumi.getStack() === 'dev') {
  const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1', ${sharing} });
  const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${port}, healthCheck: { protocol: 'none' } });
  new weir.TargetAttachment('pool', { listenerId: web.id, targets: { a: ${JSON.stringify(a.target)} } });
  const rule = new weir.ForwardingRule('images', { listenerId: web.id, path: '/images' });
  Object.assign(outputs, { lb: lb.id, web: web.id });
} else {
  const dev = new pulumi.StackReference('organization/shop/dev');
  const [lb, web] = [dev.getOutput('lb'), dev.getOutput('web')];
  new weir.TargetAttachment('pool', { listenerId: web, targets: { b: ${JSON.stringify(b.target)} } });
  ${foreign}
}
export const lb = outputs.lb;
export const web = outputs.web;
`;
  stack.write(program('', ''));
  await stack.up();
  await stack.done(['stack', 'init', 'prod']);
  await stack.done(['config', 'set', 'weir:endpoint', runtime.url]);
  const prod = (args: readonly string[]) => stack.run([...args, '--stack', 'prod']);
  const dev = (args: readonly string[]) => stack.run([...args, '--stack', 'dev']);
  const objects = async () => {
    const lists = ['load-balancers', 'listeners', 'rules', 'attachments'].map((kind) =>
      runtime.done('GET', `/v1/${kind}`),
    );
    return (await Promise.all(lists)).map(({ items }) => items);
  };
  const responding = async () => new Set(await Promise.all(Array.from({ length: 4 }, () => askHttp(port, 'x', '/'))));
  const unshared = await prod(UP);
  assert.notEqual(unshared.code, 0);
  assert.match(
    unshared.text,
    /listenerId names listener web-\w+ of urn:pulumi:dev::shop::\S+::web, which is not shared with shop\/prod: ask its owner to add sharedWith: \["shop\/prod"\] to it \(OwnedByOther/,
  );
  assert.deepEqual(await responding(), new Set(['a']));
  stack.write(program(''));
  assert.equal((await dev(UP)).code, 0);
  assert.equal((await prod(UP)).code, 0);
  assert.deepEqual(await responding(), new Set(['a', 'b']));
  const before = await objects();

  const FOREIGN: readonly (readonly [resource: string, message: RegExp])[] = [
    [
      `new weir.TargetAttachment('more', { listenerId: web, targets: { mine: ${JSON.stringify(a.target)} } });`,
      new RegExp(
        `127.0.0.1:${a.port}, which is bound by attachment pool-\\w+ of urn:pulumi:dev::\\S+: unbind the target there first \\(OwnedByOther`,
      ),
    ],
    [
      `new weir.Listener('web', { loadBalancerId: lb, protocol: 'HTTP', port: ${port} });`,
      new RegExp(
        `port 127.0.0.1:${port} is taken by listener web-\\w+ .*urn:pulumi:dev::.*: give another port \\(PortInUse`,
      ),
    ],
    [
      `new weir.ForwardingRule('images', { listenerId: web, path: '/images' });`,
      /path matches the same requests as a rule of urn:pulumi:dev::\S+: give another host or path \(OwnedByOther/,
    ],
  ];
  for (const [resource, message] of FOREIGN) {
    stack.write(program(resource));
    const { code, text } = await prod(UP);
    assert.notEqual(code, 0, resource);
    assert.match(text, message);
    assert.doesNotMatch(text, /\n\s+at /);
    assert.deepEqual(await objects(), before, resource);
  }

  // A sharing that is withdrawn keeps what is there, and its stack can still change it.
  stack.write(
    program('', '').replace(
      `{ b: ${JSON.stringify(b.target)} }`,
      `{ b: ${JSON.stringify({ ...b.target, weight: 99 })} }`,
    ),
  );
  assert.equal((await dev(UP)).code, 0);
  assert.equal((await prod(UP)).code, 0);
  const { code, text } = await dev(DESTROY);
  assert.notEqual(code, 0);
  assert.match(
    text,
    /listener web-\w+ is used by attachment pool-\w+ of urn:pulumi:prod::\S+TargetAttachment::pool: delete those first/,
  );
  assert.equal(await askHttp(port, 'x', '/'), 'b');
  assert.equal((await dev(UP)).code, 0);
  assert.deepEqual(await responding(), new Set(['a', 'b']));

  assert.equal((await prod(DESTROY)).code, 0);
  assert.deepEqual(await responding(), new Set(['a']));
  assert.equal((await dev(DESTROY)).code, 0);
  assert.deepEqual(await objects(), [[], [], [], []]);
});

test('the same stack in another backend: its first up tells each object that it reuses, or is refused, and each update tells the other', async (t) => {
  const { runtime, stack, port } = await stackWorldOf(t);
  const program = (weight: number) => `
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'TCP', port: ${port}, healthCheck: { protocol: 'none' } });
new weir.TargetAttachment('pool', { listenerId: web.id, targets: { a: { address: '10.0.0.1', port: 80, weight: ${weight} } } });
`;
  stack.write(program(10));
  await stack.up();
  const resources = await stack.resources();
  const other = await Stack.create(t, program(20), runtime);
  await other.done(['config', 'set', 'weir:reuseObjects', 'false']);
  const refused = await other.upFails();
  assert.match(
    refused,
    /The load balancer lb-\w+ exists since 20\S+Z, and this state does not have it: .*weir:reuseObjects is false, so nothing was changed/,
  );
  const id = resources.get('pool')?.id;
  assert.equal(
    (await runtime.done('GET', `/v1/attachments/${id}`)).incarnation,
    resources.get('pool')?.outputs.incarnation,
  );
  await other.done(['config', 'rm', 'weir:reuseObjects']);
  const text = await other.up();
  for (const what of ['load balancer lb', 'listener web', 'attachment pool']) {
    assert.match(
      text,
      new RegExp(`${what.split(' ').at(-1)}: reuses what is there: the ${what}-\\w+ exists since 20\\S+Z,`),
    );
  }
  // A replacement finds its own object, and neither is told nor refused.
  const urn = (await other.resources()).get('pool')?.urn ?? '';
  await other.done(['config', 'set', 'weir:reuseObjects', 'false']);
  assert.doesNotMatch(await other.done([...UP, '--replace', urn]), /reuses what is there/);
  stack.write(program(30));
  assert.match(
    await stack.up(),
    /pool: the attachment pool-\w+ is another one than the one of this state: another state has the same project and stack names, or an up was interrupted/,
  );
});
