// The layout of programs: resources in components, equal names in two components, and objects read without being owned.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stackWorldOf } from '../harness/stack/world.ts';

function componentProgram(port: number, otherPort: number): string {
  return `
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';
class Shop extends pulumi.ComponentResource {
  constructor(name, port, opts) {
    super('shop:index:Shop', name, {}, opts);
    const lb = new weir.LoadBalancer('web', { address: '127.0.0.1' }, { parent: this });
    const listener = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTP', port }, { parent: this });
    const targets = { a: { address: '127.0.0.1', port: 7001 } };
    this.pool = new weir.TargetAttachment('web', { listenerId: listener.id, targets }, { parent: this });
    this.endpoint = listener.endpoint;
    this.registerOutputs({});
  }
}
class Branch extends pulumi.ComponentResource {
  constructor(name, port) {
    super('shop:index:Branch', name, {});
    this.shop = new Shop(name, port, { parent: this });
  }
}
const main = new Shop('main', ${port});
export const endpoint = main.endpoint;
export const branch = new Branch('branch', ${otherPort}).shop.endpoint;
`;
}

test('resources in nested components with equal names have their URN as owner', async (t) => {
  const { runtime, stack, freePort } = await stackWorldOf(t);
  stack.write(componentProgram(await freePort(), await freePort()));
  await stack.done(['preview']);
  await stack.up();
  await stack.done(['preview', '--expect-no-changes']);
  const { deployment } = JSON.parse(await stack.done(['stack', 'export']));
  const urns = deployment.resources.map(({ urn }: { urn: string }) => urn);
  for (const kind of ['load-balancers', 'listeners', 'attachments']) {
    const owners = (await runtime.done('GET', `/v1/${kind}`)).items.map(({ owner }: { owner: string }) => owner);
    assert.equal(owners.length, 2, kind);
    for (const owner of owners) assert.ok(urns.includes(owner), owner);
  }
  await stack.destroy();
});

test('get reads an existing object, and fails for a missing one', async (t) => {
  const { runtime, stack } = await stackWorldOf(t);
  await runtime.done('PUT', '/v1/load-balancers/theirs', { address: '127.0.0.9' });
  const program = (id: string) => `
import * as weir from 'pulumi-weir';
export const vip = weir.LoadBalancer.get('found', '${id}').vip;
`;
  stack.write(program('theirs'));
  await stack.up();
  assert.equal((await stack.done(['stack', 'output', 'vip'])).trim(), '127.0.0.9');
  stack.write(program('nobodys'));
  const text = await stack.upFails();
  assert.match(text, /has no load balancer nobodys/);
  assert.doesNotMatch(text, /\n\s+at /);
  await stack.destroy();
  assert.equal((await runtime.done('GET', '/v1/load-balancers')).items.length, 1);
});
