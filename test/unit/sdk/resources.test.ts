// The SDK under Pulumi's mocks: what a resource registers, its owner, and what a preview knows.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import { RESOURCE_CLASSES, type ResourceClass } from '../../../provider/model/base/kinds.ts';
import * as weir from '../../../sdk/index.ts';

const registered = new Map<string, pulumi.runtime.MockResourceArgs>();

before(async () => {
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource: (args) => {
        registered.set(args.name, args);
        // The mock returns only the inputs as the state, because in a preview the engine knows nothing else.
        return { id: args.id, state: args.inputs };
      },
    },
    'shop',
    'dev',
    true,
  );
});

/** Resolves to the value of an output, or to `undefined` if the preview does not know the value. */
function known<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  return (output as unknown as { promise(): Promise<T | undefined> }).promise();
}

class Service extends pulumi.ComponentResource {
  readonly loadBalancer: weir.LoadBalancer;
  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super('shop:index:Service', name, {}, opts);
    this.loadBalancer = new weir.LoadBalancer(`${name}-lb`, {}, { parent: this });
  }
}

test('the owner is the URN that the resource gets, at the top level and in a component', async () => {
  const resources = { top: new weir.LoadBalancer('top'), 'outer-lb': new Service('outer').loadBalancer };
  for (const [name, resource] of Object.entries(resources)) {
    const urn = await known(resource.urn);
    assert.match(urn ?? '', /^urn:pulumi:dev::shop::/);
    assert.equal(registered.get(name)?.inputs.owner, urn);
  }
});

test('the owner of a resource in a nested component names both components, as the URN of the engine does', async () => {
  const inner = new Service('inner', { parent: new Service('around') });
  await known(inner.loadBalancer.urn);
  const type = 'shop:index:Service$shop:index:Service$pulumi-nodejs:dynamic/weir:LoadBalancer';
  assert.equal(registered.get('inner-lb')?.inputs.owner, `urn:pulumi:dev::shop::${type}::inner-lb`);
});

/** The resource classes by name. The compiler demands that each kind of object has one. */
const CLASSES: Readonly<Record<ResourceClass, new (name: string, args: never) => pulumi.CustomResource>> = weir;

test('each kind of object has a class, whose resources have the type by which their providers are found', async () => {
  for (const name of Object.values(RESOURCE_CLASSES)) {
    await known(new CLASSES[name](name, {} as never).urn);
    assert.equal(registered.get(name)?.type, `pulumi-nodejs:dynamic/weir:${name}`);
  }
});

test('a resource has its type token, and passes its arguments on unchanged', async () => {
  const listener = new weir.Listener('http', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 });
  await known(listener.urn);
  const { type, inputs } = registered.get('http') ?? assert.fail('not registered');
  assert.equal(type, 'pulumi-nodejs:dynamic/weir:Listener');
  const { __provider, owner, ...args } = inputs;
  assert.deepEqual(args, { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 });
});

test('references name the resources of the given ids, at any depth, and no resource for other outputs', async () => {
  const lb = new weir.LoadBalancer('whose');
  const server = new weir.BackendServer('whose-server', { region: 'eu-1', vpcId: 'vpc-1', addresses: ['10.0.0.1'] });
  const attachment = new weir.TargetAttachment('refers', {
    loadBalancerId: lb.id,
    targets: { a: { serverId: server.id, port: 80 }, b: { address: pulumi.output('10.0.0.2'), port: 80 } },
  });
  const other = new weir.Listener('refers-not', {
    loadBalancerId: pulumi.interpolate`${lb.id}`,
    protocol: 'TCP',
    port: 80,
  });
  await Promise.all([known(attachment.urn), known(other.urn)]);
  assert.deepEqual(registered.get('refers')?.inputs.forCheck.references, {
    loadBalancerId: await known(lb.urn),
    targets: { a: { serverId: await known(server.urn) } },
  });
  const { inputs } = registered.get('refers-not') ?? assert.fail('not registered');
  assert.equal('forCheck' in inputs, false);
});

test('vip is known in a preview if the address is given, and depends on the load balancer', async () => {
  const given = new weir.LoadBalancer('given', { address: pulumi.output('2001:DB8:0::1') });
  assert.equal(await known(given.vip), '2001:db8::1');
  const dependencies = await (
    given.vip as unknown as { resources(): Promise<Set<unknown>> | Set<unknown> }
  ).resources();
  assert.ok([...dependencies].includes(given));
});

test('endpoint is known in a preview if the program gives address and port, unless something else may change them', async () => {
  const lb = new weir.LoadBalancer('with-address', { address: '127.0.0.1' });
  const args = { loadBalancerId: lb.id, protocol: 'HTTPS', port: pulumi.output(443) } as const;
  const endpointOf = (name: string, more: object = {}, opts?: pulumi.CustomResourceOptions) =>
    known(new weir.Listener(name, { ...args, ...more }, opts).endpoint);
  assert.equal(await endpointOf('endpoint'), 'https://127.0.0.1:443');
  assert.equal(await endpointOf('endpoint-pooled', { loadBalancerId: new weir.LoadBalancer('pooled').id }), undefined);
  assert.equal(await endpointOf('endpoint-elsewhere', { loadBalancerId: 'lb' }), undefined);
  assert.equal(await endpointOf('endpoint-ignored', {}, { ignoreChanges: ['port'] }), undefined);
  assert.equal(await endpointOf('endpoint-refused', { protocol: undefined }), undefined);
  const ignored = new weir.LoadBalancer('ignored', { address: '127.0.0.1' }, { ignoreChanges: ['address'] });
  assert.equal(await known(ignored.vip), undefined);
  assert.equal(await endpointOf('endpoint-below', { loadBalancerId: ignored.id }), undefined);
});

test('get reads by id and owns nothing', async () => {
  const found = weir.TargetAttachment.get('found', 'web-1a2b3c4d');
  await known(found.urn);
  const { id, inputs } = registered.get('found') ?? assert.fail('not registered');
  assert.equal(id, 'web-1a2b3c4d');
  assert.equal('owner' in inputs, false);
});

test('the option import, at which the engine would fail, is an error that names the argument to use', () => {
  const message = /^weir\.LoadBalancer old: .* give the argument adopt: "lb-1" instead of the option `import`$/;
  assert.throws(() => new weir.LoadBalancer('old', {}, { import: 'lb-1' }), { message });
});

test('a map with a reserved name, which would be lost on its way, is refused', () => {
  const targets = Object.fromEntries([['__proto__', { address: '127.0.0.1', port: 80 }]]);
  const message = 'weir.TargetAttachment lost: targets: the name __proto__ is reserved';
  assert.throws(() => new weir.TargetAttachment('lost', { listenerId: 'l', targets }), { message });
});
