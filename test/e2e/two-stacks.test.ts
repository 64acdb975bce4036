// Two stacks on one runtime: they may share a load balancer, and neither changes or deletes objects of the other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askHttp } from '../harness/backends/backends.ts';
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
  // The engine has deleted the attachment and the rule before the listener was refused. Some of them may be deleted
  // beside the listener, and not before it.
  assert.match(text, /has already deleted what this stack had there: (attachment pool|rule images).*option protect/);
  assert.equal(await askHttp(port, 'x', '/'), 'b');
  assert.equal((await dev(UP)).code, 0);
  assert.deepEqual(await responding(), new Set(['a', 'b']));

  // With `protect` on each of them, the same command deletes nothing.
  await stack.done(['state', 'protect', '--all', '--yes', '--stack', 'dev']);
  const kept = await objects();
  assert.match((await dev(DESTROY)).text, /cannot be deleted\s+because it is protected/);
  assert.deepEqual(await objects(), kept);
  await stack.done(['state', 'unprotect', '--all', '--yes', '--stack', 'dev']);

  assert.equal((await prod(DESTROY)).code, 0);
  assert.deepEqual(await responding(), new Set(['a']));
  assert.equal((await dev(DESTROY)).code, 0);
  assert.deepEqual(await objects(), [[], [], [], []]);
});
