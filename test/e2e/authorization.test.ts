// The permissions of tokens in the real API: a token does and sees only what it permits, and a refused write changes
// nothing.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { KINDS } from '../../provider/model/base/kinds.ts';
import { parentKindsOf } from '../../provider/model/base/references.ts';
import { freePort, httpBackend } from '../harness/backends/backends.ts';
import { RuntimeProcess, until } from '../harness/runtime/runtime.ts';
import { type MadeToken, makeToken } from '../harness/runtime/tokens.ts';

const PLACE = { region: 'here', vpcId: 'vpc' };

/**
 * Starts a runtime with two equal sets of objects; the objects of a set have the id `a` or `b`, whatever their kind.
 */
async function startTwo(t: TestContext, args: readonly string[] = []): Promise<RuntimeProcess> {
  const runtime = await RuntimeProcess.start(t, { args: ['--workers', '1', ...args] });
  for (const id of ['a', 'b']) {
    const { target } = await httpBackend(t, id);
    await runtime.done('PUT', `/v1/load-balancers/${id}`, { address: '127.0.0.1', ...PLACE });
    const listener = { loadBalancerId: id, protocol: 'HTTP', port: await freePort() };
    await runtime.done('PUT', `/v1/listeners/${id}`, { ...listener, healthCheck: { intervalSeconds: 0.2 } });
    await runtime.done('PUT', `/v1/rules/${id}`, { listenerId: id, path: '/api' });
    await runtime.done('PUT', `/v1/attachments/${id}`, { listenerId: id, targets: { first: target } });
    await runtime.done('PUT', `/v1/backend-servers/${id}`, { ...PLACE, addresses: [`127.0.2.${id.charCodeAt(0)}`] });
    await runtime.done('PUT', `/v1/groups/${id}`, {});
    await runtime.done('PUT', `/v1/groups/${id}/members/${id}`);
    await runtime.done('PUT', `/v1/group-attachments/${id}`, { groupId: id, ruleId: id, port: 80 });
  }
  return runtime;
}

/** Returns everything in the runtime that a write can change. */
async function everything(runtime: RuntimeProcess): Promise<unknown[]> {
  const { version, workers } = await runtime.done('GET', '/v1/status');
  const lists = await Promise.all([...KINDS, 'tokens'].map((kind) => runtime.done('GET', `/v1/${kind}`)));
  const restarts = workers.map((worker: { restarts: number }) => worker.restarts);
  return [
    version,
    restarts,
    lists.map(({ items }) => items.map(({ boundTargets: _, ...item }: { boundTargets: unknown }) => item)),
  ];
}

const OPEN = ['/healthz', '/readyz', '/openapi.json'];

/** Returns every route of the OpenAPI document that needs a token, for the objects with the id `id`. */
async function routes(runtime: RuntimeProcess, id: string, tokenId: string): Promise<(readonly [string, string])[]> {
  const { paths } = await runtime.done('GET', '/openapi.json');
  return Object.entries<object>(paths)
    .filter(([path]) => !OPEN.includes(path))
    .flatMap(([path, methods]) => {
      const own = path.startsWith('/v1/tokens') ? tokenId : path.startsWith('/v1/workers') ? '0' : id;
      return Object.keys(methods).map((method) => [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, own)] as const);
    });
}

test('a token of one action and one load balancer gets 403 on every other route, and nothing changes', async (t) => {
  const runtime = await startTwo(t);
  const { id, headers } = await makeToken(runtime, ['slb:AddBackendServers on loadbalancer/a']);
  const before = await everything(runtime);
  const all = await routes(runtime, 'b', id);
  assert.ok(all.length > 35, `${all.length} routes`);
  for (const [method, path] of all) {
    const body = method === 'GET' || method === 'DELETE' ? undefined : {};
    const response = await runtime.call(method, path, body, headers);
    assert.deepEqual([method, path, response.status, response.body.code], [method, path, 403, 'Forbidden']);
    assert.match(
      response.body.message,
      path.startsWith('/v1/tokens') ? /administrator/ : /needs .*slb:\w+ on .*weir token create/,
    );
  }
  const target = { address: '127.0.0.1', port: 9 };
  const { targets } = await runtime.done('GET', '/v1/attachments/a');
  const refused: readonly (readonly [string, string, unknown, string])[] = [
    ['DELETE', '/v1/attachments/a', undefined, 'slb:RemoveBackendServers on some loadbalancer/ID'],
    [
      'PUT',
      '/v1/attachments/new',
      { listenerId: 'b', targets: {} },
      'slb:AddBackendServers or slb:RegisterTargets on listener/b or on its load balancer',
    ],
    ['PUT', '/v1/attachments/new', { loadBalancerId: 'b', targets: {} }, 'loadbalancer/b'],
    ['PUT', '/v1/attachments/a', { listenerId: 'b', targets }, 'listener/b'],
    ['PUT', '/v1/attachments/a', { listenerId: 'a', targets: {} }, 'slb:RemoveBackendServers'],
    ['PATCH', '/v1/attachments/a', { targets: { first: null } }, 'slb:RemoveBackendServers'],
    ['PATCH', '/v1/attachments/a', { targets: { first: { weight: 1 } } }, 'slb:ModifyLoadBalancerBackends'],
    ['PATCH', '/v1/attachments/a', { targets: { first: { port: 9 } } }, 'slb:ModifyTargetPort'],
    ['PATCH', '/v1/attachments/a', { targets: { more: { serverId: 'a', port: 9 } } }, 'instance/a'],
    ['PATCH', '/v1/attachments/b', { targets: { more: target } }, 'listener/b or on its load balancer'],
  ];
  for (const [method, path, body, named] of refused) {
    const response = await runtime.call(method, path, body, headers);
    assert.deepEqual([method, path, response.status], [method, path, 403]);
    assert.ok(response.body.message.includes(named), response.body.message);
  }
  assert.deepEqual(await everything(runtime), before);
  assert.equal((await runtime.call('PATCH', '/v1/attachments/a', { targets: { more: target } }, headers)).status, 200);
  assert.equal(
    (await runtime.call('PUT', '/v1/attachments/new', { loadBalancerId: 'a', targets: {} }, headers)).status,
    200,
  );
  // Without the permission, a parent that exists and one that is missing are refused in the same words.
  for (const property of ['listenerId', 'ruleId']) {
    const [existing, missing] = await Promise.all(
      ['b', 'none'].map(async (parent) => {
        const body = { [property]: parent, targets: {} };
        const response = await runtime.call('PUT', '/v1/attachments/more', body, headers);
        return [response.status, response.body.message.replace(`/${parent} `, '/X ')];
      }),
    );
    assert.deepEqual(existing, missing);
    assert.equal(existing?.[0], 403);
  }
  // A token that permits an action on some load balancer gets a 404 for a missing attachment, not a 403.
  assert.equal((await runtime.call('PATCH', '/v1/attachments/none', { targets: {} }, headers)).status, 404);
});

test('only the administrator manages tokens, whatever another token permits', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const { id, headers } = await makeToken(runtime, ['* on *']);
  assert.equal((await runtime.call('PUT', '/v1/load-balancers/lb', {}, headers)).status, 200);
  const body = { name: 'more', statements: [{ actions: ['*'], resources: ['*'] }] };
  for (const [method, path] of [
    ['POST', '/v1/tokens'],
    ['GET', '/v1/tokens'],
    ['DELETE', `/v1/tokens/${id}`],
  ] as const) {
    assert.equal((await runtime.call(method, path, method === 'POST' ? body : undefined, headers)).status, 403);
  }
  const { items } = await runtime.done('GET', '/v1/tokens');
  assert.deepEqual(
    items.map(({ createdAt: _, ...token }: { createdAt: string }) => token),
    [{ id, name: 'ci', statements: [{ actions: ['*'], resources: ['*'] }] }],
  );
});

test('a missing permission for some of 20 servers leaves all 20 unbound and lists each of these servers', async (t) => {
  const runtime = await startTwo(t);
  const ids = Array.from({ length: 20 }, (_, index) => `i-${index + 1}`);
  for (const id of ids) {
    await runtime.done('PUT', `/v1/backend-servers/${id}`, { ...PLACE, addresses: [`127.0.3.${id.slice(2)}`] });
  }
  const permitted = ids.filter((id) => id !== 'i-7' && id !== 'i-12').map((id) => `instance/${id}`);
  const { headers } = await makeToken(runtime, [`slb:* on loadbalancer/a,${permitted.join(',')}`]);
  const before = await everything(runtime);
  const targets = Object.fromEntries(ids.map((id) => [id, { serverId: id, port: 80 }]));
  const writes = [
    ['PUT', '/v1/attachments/new', { listenerId: 'a', targets }],
    ['PATCH', '/v1/attachments/a', { targets }],
  ] as const;
  for (const [method, path, body] of writes) {
    const response = await runtime.call(method, path, body, headers);
    assert.equal(response.status, 403);
    assert.deepEqual(
      response.body.details.map(({ path: at, message }: { path: string; message: string }) => [
        at,
        message.split(' ').at(-1),
      ]),
      [
        ['targets.i-7', 'instance/i-7'],
        ['targets.i-12', 'instance/i-12'],
      ],
    );
  }
  assert.deepEqual(await everything(runtime), before);
  const { 'i-7': _, 'i-12': __, ...rest } = targets;
  assert.equal((await runtime.call('PATCH', '/v1/attachments/a', { targets: rest }, headers)).status, 200);
});

test('adding a server to a group needs permission for both, and removing it needs permission for the group', async (t) => {
  const runtime = await startTwo(t);
  const { headers } = await makeToken(runtime, ['slb:AttachInstances on scalinggroup/a,instance/b']);
  const call = (method: string, path: string) => runtime.call(method, `/v1/groups/${path}`, undefined, headers);
  const before = await everything(runtime);
  await runtime.done('PUT', '/v1/backend-servers/c', { ...PLACE, addresses: ['127.0.2.3'] });
  assert.match((await call('PUT', 'a/members/c')).body.message, /slb:AttachInstances on instance\/c/);
  assert.match((await call('PUT', 'b/members/b')).body.message, /slb:AttachInstances on scalinggroup\/b/);
  assert.match((await call('DELETE', 'a/members/a')).body.message, /slb:DetachInstances on scalinggroup\/a/);
  assert.match((await call('PUT', 'none/members/b')).body.message, /slb:AttachInstances on scalinggroup\/none/);
  await runtime.done('DELETE', '/v1/backend-servers/c');
  const after = await everything(runtime);
  assert.deepEqual(after.slice(1), before.slice(1));
  assert.deepEqual((await call('PUT', 'a/members/b')).body.members, { a: 'a', b: 'b' });
  const leaving = await makeToken(runtime, ['slb:DetachInstances on scalinggroup/a']);
  assert.equal((await runtime.call('DELETE', '/v1/groups/a/members/b', undefined, leaving.headers)).status, 204);
});

test('lists, reads and status show exactly the objects that the token may see, page by page', async (t) => {
  const runtime = await startTwo(t, ['--workers', '2']);
  await runtime.done('PUT', '/v1/load-balancers/a2', { address: '127.0.0.9' });
  await runtime.done('PUT', '/v1/load-balancers/aa', { address: '127.0.0.8' });
  const { headers } = await makeToken(runtime, [
    'slb:Describe* on loadbalancer/a,loadbalancer/a2,instance/a,scalinggroup/a',
  ]);
  const ask = (path: string) => runtime.call('GET', path, undefined, headers);
  for (const kind of KINDS) {
    const { items } = (await ask(`/v1/${kind}`)).body;
    assert.deepEqual(
      items.map(({ id }: { id: string }) => id),
      kind === 'load-balancers' ? ['a', 'a2'] : ['a'],
      kind,
    );
    assert.equal((await ask(`/v1/${kind}/a`)).status, 200);
    // What is missing could be below the token's load balancers; otherwise it is refused like what is another's.
    const isBelow = parentKindsOf(kind).length > 0;
    const [theirs, missing] = [await ask(`/v1/${kind}/b`), await ask(`/v1/${kind}/none`)];
    assert.deepEqual([kind, theirs.status, missing.status], [kind, 403, isBelow ? 404 : 403]);
    if (!isBelow) assert.equal(missing.body.message.replace('/none', '/b'), theirs.body.message);
  }
  const first = (await ask('/v1/load-balancers?limit=1')).body;
  assert.deepEqual([first.items.length, first.cursor], [1, 'a']);
  const second = (await ask(`/v1/load-balancers?limit=1&cursor=${first.cursor}`)).body;
  assert.deepEqual([second.items[0].id, second.cursor], ['a2', undefined]);
  const status = (await ask('/v1/status')).body;
  assert.deepEqual(
    status.listeners.map(({ id }: { id: string }) => id),
    ['a'],
  );
  assert.deepEqual([status.listeners[0].targets.length, status.workers], [2, []]);
  assert.equal((await ask('/metrics')).status, 403);

  const listeners = await makeToken(runtime, ['slb:DescribeListeners on loadbalancer/b']);
  const seen = (await runtime.call('GET', '/v1/status', undefined, listeners.headers)).body.listeners;
  assert.deepEqual(
    seen.map(({ id, targets }: { id: string; targets: unknown[] }) => [id, targets]),
    [['b', []]],
  );
  const workers = await makeToken(runtime, ['slb:DescribeWorkers,slb:RestartWorker on runtime']);
  const operator = (await runtime.call('GET', '/v1/status', undefined, workers.headers)).body;
  assert.deepEqual([operator.workers.length, operator.listeners], [2, []]);
  assert.equal((await runtime.call('DELETE', '/v1/workers/0', undefined, workers.headers)).status, 204);
});

interface OpenStream {
  readonly text: () => string;
  readonly ended: Promise<void>;
}

async function openEvents(
  t: TestContext,
  runtime: RuntimeProcess,
  { headers }: MadeToken,
  lastEventId?: string,
): Promise<OpenStream> {
  const abort = new AbortController();
  t.after(() => abort.abort());
  const response = await fetch(`${runtime.url}/v1/events`, {
    headers: { ...headers, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
    signal: abort.signal,
  });
  assert.equal(response.status, 200);
  let text = '';
  const ended = (async () => {
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) text += decoder.decode(part, { stream: true });
  })();
  ended.catch(() => {});
  return { text: () => text, ended };
}

const eventsIn = (text: string) => [...text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => JSON.parse(json));

test('events are limited to objects that the token may see: live events, missed events, and those of deleted objects', async (t) => {
  const runtime = await startTwo(t);
  const mine = await makeToken(runtime, ['slb:Describe* on loadbalancer/a']);
  const live = await openEvents(t, runtime, mine);
  for (const id of ['b', 'a']) {
    await runtime.done('DELETE', `/v1/group-attachments/${id}`);
    await runtime.done('DELETE', `/v1/rules/${id}`);
    await runtime.done('DELETE', `/v1/attachments/${id}`);
    await runtime.done('DELETE', `/v1/listeners/${id}`);
  }
  await runtime.done('PUT', '/v1/load-balancers/b', { address: '127.0.0.1', tags: { a: 'b' } });
  await runtime.done('DELETE', '/v1/load-balancers/a');
  const isLast = (text: string) =>
    eventsIn(text).some(({ kind, action }) => kind === 'load-balancers' && action === 'delete');
  await until('the last event', () => isLast(live.text()) || undefined);
  // A replay from an unknown event id contains all stored events.
  const replay = await openEvents(t, runtime, mine, '00000000-1');
  await until('the last event again', () => isLast(replay.text()) || undefined);
  for (const { text } of [live, replay]) {
    const events = eventsIn(text()).filter(({ type }) => type !== 'missed');
    assert.ok(events.length >= 5, text());
    for (const event of events) assert.equal(event.listener ?? event.id, 'a', JSON.stringify(event));
  }
  const replayed = eventsIn(replay.text()).map(({ type, kind, action }) => `${type} ${kind} ${action}`);
  for (const kind of ['load-balancers', 'listeners', 'rules', 'attachments', 'group-attachments']) {
    assert.ok(replayed.includes(`write ${kind} put`) && replayed.includes(`write ${kind} delete`), kind);
  }
  assert.ok(!replayed.some((event) => event.includes('servers') || event.startsWith('worker')));
});

test("naming the owner of another stack's listener does not give its VIP:port to a token without permission for that load balancer", async (t) => {
  const runtime = await startTwo(t);
  const owner = 'urn:pulumi:dev::shop::weir::b';
  const { port, protocol, incarnation } = await runtime.done('GET', '/v1/listeners/b');
  await runtime.done('PUT', '/v1/listeners/b', { loadBalancerId: 'b', protocol, port, owner, incarnation });
  const { headers } = await makeToken(runtime, ['slb:* on loadbalancer/a, loadbalancer/new']);
  const before = await everything(runtime);
  const listener = { loadBalancerId: 'a', protocol: 'HTTP', port, owner };
  const refused = await runtime.call('PUT', '/v1/listeners/new', listener, headers);
  assert.equal(refused.status, 403);
  assert.match(
    refused.body.message,
    /slb:ModifyListener on the listener of urn:pulumi:dev::shop::weir::b that has 127/,
  );
  assert.deepEqual(await everything(runtime), before);
});

test('the event of a refused listener goes only to tokens that may see its load balancer', async (t) => {
  const runtime = await startTwo(t);
  const mine = await openEvents(t, runtime, await makeToken(runtime, ['slb:Describe* on loadbalancer/a']));
  const theirs = await openEvents(t, runtime, await makeToken(runtime, ['slb:Describe* on loadbalancer/b']));
  const { port } = await httpBackend(t, 'stranger');
  const body = { loadBalancerId: 'b', protocol: 'HTTP', port };
  assert.equal((await runtime.call('PUT', '/v1/listeners/new', body)).body.code, 'PortInUse');
  await until('the event of the refusal', () => /"state":"refused"/.test(theirs.text()) || undefined);
  await runtime.done('PUT', '/v1/load-balancers/a', { address: '127.0.0.1', ...PLACE, tags: {} });
  await until('a later event', () => /load-balancers/.test(mine.text()) || undefined);
  assert.doesNotMatch(mine.text(), /refused/);
});

test('a revoked or expired token gets no further responses, and its event streams end', async (t) => {
  const runtime = await startTwo(t);
  const allow = ['slb:* on *'];
  const revoked = await makeToken(runtime, allow);
  const expiresAt = new Date(Date.now() + 1_500).toISOString();
  const short = await makeToken(runtime, allow, { name: 'short', expiresAt });
  const streams = [await openEvents(t, runtime, revoked), await openEvents(t, runtime, short)];
  await runtime.done('DELETE', `/v1/tokens/${revoked.id}`);
  await Promise.all(streams.map(({ ended }) => ended));
  const [first, second] = await Promise.all(
    [revoked, short].map(({ headers }) => runtime.call('GET', '/v1/listeners', undefined, headers)),
  );
  assert.deepEqual([first?.status, second?.status], [401, 401]);
  assert.match(first?.body.message, /does not know the token, or the token was revoked/);
  assert.match(second?.body.message, /"short" expired at /);
  assert.equal((await runtime.call('DELETE', `/v1/tokens/${revoked.id}`)).status, 404);
  const past = { name: 'x', statements: [{ actions: ['*'], resources: ['*'] }], expiresAt: '2020-01-01T00:00:00Z' };
  assert.equal((await runtime.call('POST', '/v1/tokens', past)).body.details[0].path, 'expiresAt');
});

test('a forbidden write neither waits for a first check nor supersedes a waiting write; a waiting write whose token is revoked is refused', async (t) => {
  const runtime = await startTwo(t);
  const { targets } = await runtime.done('GET', '/v1/attachments/a');
  await runtime.done('PUT', '/v1/attachments/a', { listenerId: 'a', targets, awaitHealthySeconds: 10 });
  const may = await makeToken(runtime, ['slb:ModifyTargetPort on loadbalancer/a']);
  const mayNot = await makeToken(runtime, ['slb:AddBackendServers on loadbalancer/a']);
  const port = await freePort();
  const patch = (headers: Record<string, string>) =>
    runtime.call('PATCH', '/v1/attachments/a', { targets: { first: { port } } }, headers);
  const waiting = patch(may.headers);
  const settled = waiting.then(() => true);
  for (let tries = 0; tries < 3; tries++) assert.equal((await patch(mayNot.headers)).status, 403);
  assert.equal(await Promise.race([settled, false]), false);
  await runtime.done('DELETE', `/v1/tokens/${may.id}`);
  await httpBackend(t, 'new', port);
  assert.equal((await waiting).status, 401);
  assert.deepEqual((await runtime.done('GET', '/v1/attachments/a')).targets, targets);
});
