// Fences between teams on one runtime, by the real API: tokens for single listeners and rules, and tokens with owners.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { KINDS } from '../../provider/model/base/kinds.ts';
import { freePort, httpBackend } from '../harness/backends/backends.ts';
import { RuntimeProcess, until } from '../harness/runtime/runtime.ts';
import { makeToken } from '../harness/runtime/tokens.ts';

const urnOf = (project: string, name: string) => `urn:pulumi:prod::${project}::weir::${name}`;
const PLATFORM = urnOf('platform', 'lb');
const target = (port: number) => ({ one: { address: '127.0.0.1', port } });

interface Edge {
  readonly runtime: RuntimeProcess;
  readonly port: number;
  readonly backend: number;
}

/**
 * A load balancer and a listener of the platform, which two projects share: each has a rule with a target. The platform
 * has targets of its own, and a rule that is nobody's was made by hand.
 */
async function edge(t: TestContext): Promise<Edge> {
  const runtime = await RuntimeProcess.start(t, { args: ['--workers', '1'] });
  const [port, { port: backend }] = [await freePort(), await httpBackend(t, 'b')];
  const put = (path: string, body: object, owner: string | undefined) =>
    runtime.done('PUT', `/v1/${path}`, owner === undefined ? body : { ...body, owner });
  await put('load-balancers/lb', { address: '127.0.0.1' }, PLATFORM);
  const web = { loadBalancerId: 'lb', protocol: 'HTTP', port, sharedWith: ['shop/*', 'cart/*'] };
  await put('listeners/web', { ...web, healthCheck: { protocol: 'none' } }, PLATFORM);
  await put('attachments/pool', { listenerId: 'web', targets: target(backend) }, PLATFORM);
  for (const project of ['shop', 'cart']) {
    await put(`rules/${project}-r`, { listenerId: 'web', path: `/${project}` }, urnOf(project, 'r'));
    await put(`attachments/${project}-a`, { ruleId: `${project}-r`, targets: target(backend) }, urnOf(project, 'a'));
  }
  await put('rules/raw', { listenerId: 'web', path: '/raw' }, undefined);
  await put('attachments/raw', { ruleId: 'raw', targets: target(backend) }, undefined);
  await put('groups/raw', {}, undefined);
  await put('backend-servers/s', { region: 'r', vpcId: 'v', addresses: ['127.0.0.9'] }, PLATFORM);
  return { runtime, port, backend };
}

/** All objects of the runtime, without their health. */
async function objects(runtime: RuntimeProcess): Promise<unknown[]> {
  const lists = await Promise.all(KINDS.map((kind) => runtime.done('GET', `/v1/${kind}`)));
  return lists.map(({ items }) => items.map(({ boundTargets: _, ...item }: { boundTargets: unknown }) => item));
}

type Row = readonly [method: string, path: string, body: object | undefined, status: number];

/** Makes the calls, each of which has its status; a refused one changes nothing. */
async function assertRows(runtime: RuntimeProcess, headers: Record<string, string>, rows: readonly Row[]) {
  for (const [method, path, body, status] of rows) {
    const before = await objects(runtime);
    const response = await runtime.call(method, `/v1/${path}`, body, headers);
    assert.deepEqual([method, path, body, response.status], [method, path, body, status], response.body?.message);
    if (status < 400) continue;
    assert.deepEqual(await objects(runtime), before);
  }
}

test('a token for the rules of one team creates, changes and deletes these alone, and sees nothing else', async (t) => {
  const { runtime, port, backend } = await edge(t);
  const { headers } = await makeToken(runtime, ['slb:CreateRule on listener/web', 'slb:* on rule/shop-*']);
  const weight = { targets: { one: { weight: 1 } } };
  const live = await fetch(`${runtime.url}/v1/events`, { headers });
  t.after(() => live.body?.cancel().catch(() => {}));

  const { items } = (await runtime.call('GET', '/v1/rules', undefined, headers)).body;
  assert.deepEqual(
    items.map(({ id }: { id: string }) => id),
    ['shop-r'],
  );
  const attachments = (await runtime.call('GET', '/v1/attachments', undefined, headers)).body.items;
  assert.deepEqual(
    attachments.map(({ id }: { id: string }) => id),
    ['shop-a'],
  );
  const { listeners, workers } = (await runtime.call('GET', '/v1/status', undefined, headers)).body;
  assert.deepEqual(
    [
      workers,
      listeners.map((each: { id: string; targets: { rule: string }[] }) => [
        each.id,
        each.targets.map(({ rule }) => rule),
      ]),
    ],
    [[], [['web', ['shop-r']]]],
  );

  await assertRows(runtime, headers, [
    ['GET', 'load-balancers', undefined, 403],
    ['GET', 'listeners/web', undefined, 403],
    ['GET', 'rules/cart-r', undefined, 403],
    ['GET', 'attachments/pool', undefined, 403],
    ['PUT', 'load-balancers/lb', { address: '127.0.0.2' }, 403],
    ['PUT', 'listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port, sharedWith: ['*/*'] }, 403],
    ['PUT', 'listeners/new', { loadBalancerId: 'lb', protocol: 'HTTP', port: 9 }, 403],
    ['DELETE', 'listeners/web', undefined, 403],
    ['PUT', 'rules/cart-r', { listenerId: 'web', path: '/mine' }, 403],
    ['DELETE', 'rules/cart-r', undefined, 403],
    ['DELETE', 'rules/raw', undefined, 403],
    ['PUT', 'attachments/new', { loadBalancerId: 'lb', targets: {} }, 403],
    ['PUT', 'attachments/new', { listenerId: 'web', targets: {} }, 403],
    ['PUT', 'attachments/new', { ruleId: 'cart-r', targets: {} }, 403],
    ['PUT', 'group-attachments/new', { ruleId: 'shop-r', groupId: 'raw', port: 80 }, 403],
    ['PATCH', 'attachments/cart-a', weight, 403],
    ['DELETE', 'attachments/cart-a', undefined, 403],
    ['DELETE', 'attachments/pool', undefined, 403],
    ['PUT', 'attachments/shop-a', { ruleId: 'cart-r', targets: target(backend) }, 403],
    ['PUT', 'attachments/cart-a', { ruleId: 'shop-r', targets: target(backend) }, 403],
    ['PUT', 'rules/cart-new', { listenerId: 'web', path: '/squatted', owner: urnOf('shop', 'new') }, 403],
    ['PUT', 'rules/shop-new', { listenerId: 'web', path: '/cart/pay', owner: urnOf('shop', 'new') }, 409],
    ['PUT', 'rules/shop-r', { listenerId: 'web', path: '/cart/pay', owner: urnOf('shop', 'r') }, 409],
    ['PUT', 'rules/shop-r', { listenerId: 'web', path: '/shop2', owner: urnOf('shop', 'r') }, 200],
    ['PATCH', 'attachments/shop-a', weight, 200],
    ['PUT', 'rules/shop-new', { listenerId: 'web', path: '/new', owner: urnOf('shop', 'new') }, 200],
    ['PUT', 'attachments/shop-new', { ruleId: 'shop-new', targets: target(backend), owner: urnOf('shop', 'new') }, 200],
    ['DELETE', 'attachments/shop-new', undefined, 204],
    ['DELETE', 'rules/shop-new', undefined, 204],
  ]);
  await runtime.done('PATCH', '/v1/attachments/cart-a', weight);
  await runtime.done('PATCH', '/v1/attachments/shop-a', { targets: { one: { weight: 2 } } });
  let text = '';
  const decoder = new TextDecoder();
  const reader = live.body?.getReader() ?? assert.fail();
  await until('the last event', async () => {
    text += decoder.decode((await reader.read()).value, { stream: true });
    return text.includes('"from":1,"to":2') || undefined;
  });
  reader.releaseLock();
  for (const [, id] of text.matchAll(/"id":"(.*?)"/g)) assert.match(id ?? '', /^shop-/);
});

test('a token with owners writes for these alone, whatever it permits', async (t) => {
  const { runtime, port, backend } = await edge(t);
  const { headers } = await makeToken(runtime, ['slb:* on *'], { owners: ['shop/*', 'cart/dev'] });
  const rule = (path: string, owner?: string) => ({ listenerId: 'web', path, ...(owner !== undefined && { owner }) });
  const { incarnation } = await runtime.done('GET', '/v1/rules/cart-r');
  const shop = urnOf('shop', 'x');
  const weight = { targets: { one: { weight: 1 } } };
  // A server that nobody owns and another team uses, and a listener that nobody owns below the platform's load balancer.
  const free = { region: 'r', vpcId: 'v', addresses: ['127.0.0.8', '127.0.0.9'] };
  await runtime.done('PUT', '/v1/groups/bare', {});
  const made = await runtime.done('PUT', '/v1/backend-servers/free', free);
  const group = await runtime.done('GET', '/v1/groups/raw');
  const used = { ruleId: 'cart-r', targets: { s: { serverId: 'free', port: 9 } }, owner: urnOf('cart', 's') };
  await runtime.done('PUT', '/v1/attachments/cart-s', used);
  await runtime.done('PUT', '/v1/listeners/raw', { loadBalancerId: 'lb', protocol: 'TCP', port: await freePort() });
  const taken = { ...free, owner: shop, incarnation: made.incarnation };
  await assertRows(runtime, headers, [
    // Who takes over what others use could change it afterwards.
    ['PUT', 'backend-servers/free', { ...taken, addresses: free.addresses.toReversed() }, 403],
    ['PUT', 'backend-servers/free', taken, 403],
    ['PUT', 'groups/raw', { owner: shop, incarnation: group.incarnation }, 200],
    ['PUT', 'attachments/new', { listenerId: 'raw', targets: target(backend), owner: shop }, 409],
    // A create names an owner of the token.
    ['PUT', 'rules/new', rule('/new'), 403],
    ['PUT', 'rules/new', rule('/new', urnOf('cart', 'new')), 403],
    ['PUT', 'rules/new', rule('/new', 'shop/prod'), 403],
    ['PUT', 'backend-servers/new', { region: 'r', vpcId: 'v', addresses: ['127.0.0.8'] }, 403],
    ['PUT', 'rules/new', rule('/new', shop), 200],
    // An object of the token's owners is changed by a put that names one of them, or a patch.
    ['PUT', 'rules/new', rule('/newer'), 403],
    ['PUT', 'rules/new', rule('/newer', shop), 200],
    ['PATCH', 'attachments/shop-a', weight, 200],
    // An object of another owner is neither changed nor taken nor deleted.
    ['PUT', 'rules/cart-r', rule('/cart'), 403],
    ['PUT', 'rules/cart-r', rule('/cart', urnOf('cart', 'r')), 403],
    ['PUT', 'rules/cart-r', rule('/cart', shop), 403],
    ['PUT', 'rules/cart-r', { ...rule('/cart', shop), incarnation }, 403],
    ['PUT', 'listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port, owner: shop }, 403],
    ['PATCH', 'attachments/cart-a', weight, 403],
    ['DELETE', 'attachments/cart-a', undefined, 403],
    ['DELETE', 'load-balancers/lb', undefined, 403],
    ['DELETE', 'backend-servers/s', undefined, 403],
    // The delete of an older incarnation, which another owner has taken over, does nothing.
    ['DELETE', 'attachments/cart-a?incarnation=older', undefined, 204],
    ['GET', 'attachments/cart-a', undefined, 200],
    // What is nobody's is not changed or deleted for nobody, and may be taken over, as far as its parent is shared.
    ['PATCH', 'attachments/raw', weight, 403],
    ['PUT', 'backend-servers/free', { ...free, addresses: ['127.0.0.8'] }, 403],
    ['PUT', 'groups/bare/members/s', undefined, 403],
    ['DELETE', 'groups/bare/members/s', undefined, 403],
    ['DELETE', 'attachments/raw', undefined, 403],
    [
      'PUT',
      'rules/raw',
      { ...rule('/raw', shop), incarnation: (await runtime.done('GET', '/v1/rules/raw')).incarnation },
      200,
    ],
    // Without the sharing of another stack's object, the owner is not enough.
    ['PUT', 'attachments/new', { loadBalancerId: 'lb', targets: target(backend), owner: shop }, 409],
    [
      'PUT',
      'attachments/new',
      { listenerId: 'web', targets: { two: { address: '127.0.0.1', port: 9 } }, owner: shop },
      200,
    ],
    ['DELETE', 'attachments/new', undefined, 204],
  ]);
  const refused = await runtime.call('DELETE', '/v1/rules/cart-r', undefined, headers);
  assert.match(
    refused.body.message,
    /^The token "ci" writes only for the owners shop\/\*, cart\/dev, and the object is rule cart-r of urn:.*create a token .* `weir token create --owners cart\/prod`\.$/,
  );
});

test('the owners of a token survive a restart, and wrong ones are refused with their path', async (t) => {
  const first = await RuntimeProcess.start(t);
  const { dataDirectory, home } = first;
  const statements = [{ actions: ['slb:*'], resources: ['*'] }];
  for (const owners of [[], ['shop'], ['shop/dev/x'], ['shop/'], ['urn:pulumi:dev::shop'], ['shop/?'], 'shop/*', [1]]) {
    const { status, body } = await first.call('POST', '/v1/tokens', { name: 'x', statements, owners });
    assert.deepEqual([owners, status, body.details[0]?.path.replace('[0]', '')], [owners, 400, 'owners']);
  }
  const { headers } = await makeToken(first, ['slb:* on *'], { owners: ['shop/*'] });
  await first.end('SIGTERM');
  const second = await RuntimeProcess.start(t, { dataDirectory, home });
  assert.deepEqual((await second.done('GET', '/v1/tokens')).items[0].owners, ['shop/*']);
  const put = (owner: string) => second.call('PUT', '/v1/load-balancers/lb', { owner }, headers);
  assert.equal((await put(urnOf('cart', 'lb'))).status, 403);
  assert.equal((await put(urnOf('shop', 'lb'))).status, 200);
});

test('on a shared load balancer, no stack gets requests of the listener or the rule of a third one', async (t) => {
  const runtime = await RuntimeProcess.start(t, { args: ['--workers', '1'] });
  const [port, shop, cart] = [await freePort(), await httpBackend(t, 'shop'), await httpBackend(t, 'cart')];
  const put = (path: string, body: object, project: string) =>
    runtime.call('PUT', `/v1/${path}`, { ...body, owner: urnOf(project, 'x') });
  const done = async (...args: Parameters<typeof put>) => assert.equal((await put(...args)).status, 200);
  const web = { loadBalancerId: 'lb', protocol: 'HTTP', port, healthCheck: { protocol: 'none' } };
  await done('load-balancers/lb', { address: '127.0.0.1', sharedWith: ['shop/*', 'cart/*'] }, 'platform');
  await done('listeners/cart', web, 'cart');
  await done('rules/cart', { listenerId: 'cart', path: '/cart', healthCheck: { protocol: 'none' } }, 'cart');
  await done('attachments/cart', { ruleId: 'cart', targets: target(cart.port) }, 'cart');
  await done('attachments/shop', { loadBalancerId: 'lb', targets: target(shop.port) }, 'shop');
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return [response.status, (await response.text()).includes('shop')];
  };
  assert.deepEqual(await get('/'), [503, false]);
  const { listeners } = await runtime.done('GET', '/v1/status');
  assert.deepEqual(
    listeners[0].targets.map(({ attachment }: { attachment: string }) => attachment),
    ['cart'],
  );
  // The listener's stack lets the other one in, and gets its requests back.
  await done('listeners/cart', { ...web, sharedWith: ['shop/*'] }, 'cart');
  assert.deepEqual(await get('/'), [200, true]);
  const refused = await put('rules/shop', { listenerId: 'cart', host: '127.0.0.1', path: '/cart' }, 'platform');
  assert.equal(refused.status, 409);
  await done('listeners/cart', web, 'cart');
  assert.deepEqual(
    [await get('/'), await get('/cart')],
    [
      [503, false],
      [200, false],
    ],
  );
});
