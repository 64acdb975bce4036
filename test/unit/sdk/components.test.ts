// The components under Pulumi's mocks: the children that they register, the arguments of these, and what is refused.
import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import * as weir from '../../../sdk/index.ts';

const OUTPUTS: Readonly<Record<string, object>> = {
  'random:index/randomId:RandomId': { hex: '0a0b0c0d' },
  'random:index/randomPassword:RandomPassword': { result: 'made-key' },
  'random:index/randomShuffle:RandomShuffle': { results: ['n2', 'n3', 'n1'] },
};

const registered = new Map<string, pulumi.runtime.MockResourceArgs>();

/** Whether the mock gives outputs. Without them, the state of a resource is its inputs, as in most tests of programs. */
let hasOutputs = true;

before(async () => {
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource: (args) => {
        registered.set(`${args.type.split(':').at(-1)} ${args.name}`, args);
        const outputs = hasOutputs ? { endpoint: 'http://there', ...OUTPUTS[args.type] } : {};
        return { id: `${args.name}-id`, state: { ...args.inputs, ...outputs } };
      },
    },
    'shop',
    'dev',
  );
});

beforeEach(() => {
  registered.clear();
  hasOutputs = true;
});

function known<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise(): Promise<T> }).promise();
}

/**
 * Returns the inputs with which a child of a component was registered, without those that every resource of Weir has.
 */
function inputsOf(child: string): Record<string, unknown> {
  const { __provider, owner, ...inputs } = registered.get(child)?.inputs ?? assert.fail(`no ${child}`);
  return inputs;
}

const A = { address: '10.0.0.1', port: 80 };
const B = { address: '10.0.0.2', port: 80 };

test('a service is a load balancer, its listeners and one attachment for all of them', async () => {
  const shop = new weir.Service('shop', {
    address: '127.0.0.1',
    listeners: {
      http: { protocol: 'HTTP', port: 80 },
      db: { protocol: 'TCP', port: 5432, healthCheck: { intervalSeconds: 1 } },
    },
    targets: { a: A },
    defaultPort: 8080,
    healthCheck: { protocol: 'HTTP' },
  });
  assert.deepEqual(await known(shop.endpoints), { http: 'http://there', db: 'http://there' });
  await known(shop.attachment?.urn as pulumi.Output<string>);
  assert.deepEqual([...registered.keys()].sort(), [
    'Listener shop-db',
    'Listener shop-http',
    'LoadBalancer shop',
    'Service shop',
    'TargetAttachment shop',
  ]);
  assert.deepEqual(inputsOf('LoadBalancer shop'), { address: '127.0.0.1' });
  const loadBalancerId = 'shop-id';
  assert.deepEqual(inputsOf('Listener shop-http'), {
    protocol: 'HTTP',
    port: 80,
    healthCheck: { protocol: 'HTTP' },
    loadBalancerId,
  });
  assert.deepEqual(inputsOf('Listener shop-db').healthCheck, { intervalSeconds: 1 });
  assert.deepEqual(inputsOf('TargetAttachment shop'), { targets: { a: A }, defaultPort: 8080, loadBalancerId });
});

test('the own targets of a listener have an attachment of their own, which inherits what it leaves unset from the service', async () => {
  const shop = new weir.Service('shop', {
    listeners: { http: { protocol: 'HTTP', port: 80, targets: { b: B }, defaultPort: 81 } },
    defaultPort: 8080,
    handoverSeconds: 5,
  });
  assert.equal(shop.attachment, undefined);
  await known(shop.attachments.http?.urn as pulumi.Output<string>);
  assert.deepEqual(inputsOf('TargetAttachment shop-http'), {
    targets: { b: B },
    defaultPort: 81,
    handoverSeconds: 5,
    listenerId: 'shop-http-id',
  });
  assert.equal('targets' in inputsOf('Listener shop-http'), false);
});

test('redirectHttp is a listener and a rule that lead to the one HTTPS listener, and needs one', async () => {
  const https: weir.ServiceListenerArgs = { protocol: 'HTTPS', port: 8443, trustedProxies: ['10.0.0.0/8'] };
  for (const [redirectHttp, port] of [
    [true, 80],
    [8080, 8080],
  ] as const) {
    const shop = new weir.Service('shop', { redirectHttp, tags: { team: 'shop' }, listeners: { https } });
    await known(shop.redirectListener?.urn as pulumi.Output<string>);
    // A rule waits for its listener, and nothing waits for the rule.
    while (!registered.has('ForwardingRule shop-http-redirect')) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(inputsOf('Listener shop-http-redirect'), {
      protocol: 'HTTP',
      port,
      healthCheck: { protocol: 'none' },
      trustedProxies: ['10.0.0.0/8'],
      tags: { team: 'shop' },
      loadBalancerId: 'shop-id',
    });
    assert.deepEqual(inputsOf('ForwardingRule shop-http-redirect'), {
      listenerId: 'shop-http-redirect-id',
      path: '/',
      redirect: { protocol: 'HTTPS', port: 8443 },
      tags: { team: 'shop' },
    });
    assert.equal(inputsOf('LoadBalancer shop').redirectHttp, undefined);
    registered.clear();
  }
  const none = new weir.Service('shop', { redirectHttp: false, listeners: { https } });
  assert.equal(none.redirectListener, undefined);
  const two: weir.ServiceArgs['listeners'] = { one: https, two: { ...https, port: 8444 } };
  for (const [listeners, count] of [
    [{}, 0],
    [two, 2],
  ] as const) {
    assert.throws(
      () => new weir.Service('shop', { redirectHttp: true, listeners }),
      new RegExp(`redirectHttp needs one listener with protocol "HTTPS" to which it leads, and there are ${count}$`),
    );
  }
});

test('a cookie without a key and a name gets random ones, and source-ip gets none', async () => {
  const given = { type: 'cookie', cookieKey: 'mine', cookieName: 'shop' } as const;
  const shop = new weir.Service('shop', {
    listeners: {
      http: { protocol: 'HTTP', port: 80, stickySession: { type: 'cookie', lifetimeSeconds: 60 } },
      given: { protocol: 'HTTP', port: 81, stickySession: given },
      tcp: { protocol: 'TCP', port: 82, stickySession: { type: 'source-ip' } },
    },
  });
  await known(shop.endpoints);
  assert.deepEqual([...registered.keys()].filter((child) => child.startsWith('Random')).sort(), [
    'RandomId shop-http-cookie',
    'RandomPassword shop-http-cookie',
  ]);
  // The mocks show a secret as a wrapper around the whole value that contains it.
  const { value } = inputsOf('Listener shop-http').stickySession as { value: unknown };
  const cookie = { cookieKey: 'made-key', cookieName: 'weir-0a0b0c0d' };
  assert.deepEqual(value, { type: 'cookie', lifetimeSeconds: 60, ...cookie });
  assert.deepEqual(inputsOf('Listener shop-tcp').stickySession, { type: 'source-ip' });
});

test('a canary binds both sets with the weights of its percentage, and new targets in the order of the shuffle', async () => {
  const canary = new weir.Canary('shop', {
    listenerId: 'http',
    old: { o2: { ...A, weight: 7 }, o1: A },
    new: { n1: B, n2: B, n3: B },
    percentage: pulumi.output(50),
    awaitHealthySeconds: 5,
  });
  const weights = { o1: 25, o2: 25, n1: 0, n2: 25, n3: 25 };
  assert.deepEqual(await known(canary.weights), weights);
  await known(canary.attachment.urn);
  assert.deepEqual(inputsOf('RandomShuffle shop'), { inputs: ['n1', 'n2', 'n3'] });
  assert.deepEqual(inputsOf('TargetAttachment shop'), {
    listenerId: 'http',
    awaitHealthySeconds: 5,
    targets: {
      o2: { ...A, weight: 25 },
      o1: { ...A, weight: 25 },
      n1: { ...B, weight: 0 },
      n2: { ...B, weight: 25 },
      n3: { ...B, weight: 25 },
    },
  });
});

test('a canary without new targets needs no shuffle', async () => {
  const canary = new weir.Canary('shop', { listenerId: 'http', old: { o1: A }, new: {}, percentage: 0 });
  assert.deepEqual(await known(canary.weights), { o1: 100 });
  assert.equal(registered.has('RandomShuffle shop'), false);
});

test('under mocks that give no outputs, components have whole names, weights, virtual IPs and endpoints', async () => {
  hasOutputs = false;
  const shop = new weir.Service('shop', {
    address: '2001:DB8::1',
    listeners: { http: { protocol: 'HTTP', port: 80, stickySession: { type: 'cookie' } } },
  });
  assert.equal(await known(shop.vip), '2001:db8::1');
  assert.deepEqual(await known(shop.endpoints), { http: 'http://[2001:db8::1]:80' });
  const { value } = inputsOf('Listener shop-http').stickySession as { value: { cookieName: string } };
  assert.equal(value.cookieName, 'weir-00000000');
  const targets = { old: { o: A }, new: { n2: B, n1: B } };
  const canary = new weir.Canary('shop', { listenerId: shop.listeners.http.id, ...targets, percentage: 50 });
  assert.deepEqual(await known(canary.weights), { o: 50, n1: 50, n2: 0 });
});

const REFUSED: readonly (readonly [string, Pick<weir.CanaryArgs, 'old' | 'new' | 'percentage'>, string])[] = [
  [
    'a percentage above 100',
    { old: { a: A }, new: { b: B }, percentage: 101 },
    'percentage: 101 is not a whole number 0-100',
  ],
  ['a fraction', { old: { a: A }, new: { b: B }, percentage: 0.5 }, 'percentage: 0.5 is not a whole number 0-100'],
  [
    'an empty set of old targets below 100 percent',
    { old: {}, new: { b: B }, percentage: 10 },
    'old: no target for the other 90 percent',
  ],
  [
    'an empty set of new targets above 0 percent',
    { old: { a: A }, new: {}, percentage: 10 },
    'new: no target for 10 percent',
  ],
  [
    'a percentage that is a text',
    { old: { a: A }, new: { b: B }, percentage: '10' as unknown as number },
    "percentage: '10' is not a whole number 0-100",
  ],
  [
    'a set and a target that are outputs',
    { old: pulumi.output({ a: A }) as never, new: { b: pulumi.output(B) as never }, percentage: 10 },
    'old: must be a plain object, not an output; new.b: must be a plain object, not an output',
  ],
  [
    'two faults at once',
    { old: { a: A }, new: { a: B }, percentage: -1 },
    'new.a: the name is in old too; percentage: -1 is not a whole number 0-100',
  ],
];

for (const [what, args, message] of REFUSED) {
  test(`a canary refuses ${what}`, () => {
    assert.throws(() => new weir.Canary('shop', { listenerId: 'http', ...args }), {
      message: `InvalidParameter: weir.Canary shop: ${message}`,
    });
  });
}

test('a service refuses listeners that are missing or outputs', () => {
  const made = (listeners: unknown) => () => new weir.Service('shop', { listeners: listeners as never });
  const refused = (text: string) => ({ message: `InvalidParameter: weir.Service shop: ${text}` });
  const notOutput = 'must be a plain object, not an output';
  assert.throws(made(undefined), refused('listeners: is required: must be a plain object'));
  assert.throws(made([{ protocol: 'HTTP', port: 80 }]), refused('listeners: must be a plain object'));
  assert.throws(made(Promise.resolve({})), refused(`listeners: ${notOutput}`));
  assert.throws(made({ http: pulumi.output({ protocol: 'HTTP', port: 80 }) }), refused(`listeners.http: ${notOutput}`));
});
