// Responses of the API to writes: hand-over, waiting for health, writes that are committed together, refusals.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { askTcp, freePort, httpBackend, tcpBackend } from '../harness/backends/backends.ts';
import { RuntimeProcess, until } from '../harness/runtime/runtime.ts';

const SHAPE = ['code', 'message', 'requestId', 'details'];

test('a refused write does not supersede one that waits for a first check', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const [a, b] = [await httpBackend(t, 'a'), await freePort()];
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const listener = {
    loadBalancerId: 'lb',
    protocol: 'HTTP',
    port: await freePort(),
    healthCheck: { intervalSeconds: 5 },
  };
  await runtime.done('PUT', '/v1/listeners/web', listener);
  const put = (target: object, more: object = {}, headers: Record<string, string> = {}) =>
    runtime.call('PUT', '/v1/attachments/pool', { listenerId: 'web', targets: { only: target }, ...more }, headers);
  await put(a.target, { awaitHealthySeconds: 5 });
  const waiting = put({ ...a.target, port: b });
  const refused = [
    () => put(a.target, {}, { 'if-match': '"older"' }),
    () => put(a.target, { owner: 'urn:pulumi:other::shop::weir:TargetAttachment::pool' }),
    () => runtime.call('DELETE', '/v1/attachments/pool', undefined, { 'if-match': '"older"' }),
  ];
  for (const write of refused) assert.ok((await write()).status >= 409);
  assert.equal((await runtime.call('DELETE', '/v1/attachments/pool?incarnation=older')).status, 204);
  await httpBackend(t, 'b', b);
  const { status, body } = await waiting;
  assert.deepEqual([status, body.boundTargets?.only?.port], [200, b]);
});

test('a first check is repeated for the whole of handoverSeconds, however long the check interval, and no longer', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const [a, b] = [await httpBackend(t, 'a'), await freePort()];
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const healthCheck = { protocol: 'HTTP', intervalSeconds: 60, timeoutSeconds: 30 };
  const listener = { loadBalancerId: 'lb', protocol: 'HTTP', port: await freePort(), healthCheck };
  await runtime.done('PUT', '/v1/listeners/web', listener);
  const put = (port: number, more: object) => {
    const targets = { only: { ...a.target, port } };
    return runtime.call('PUT', '/v1/attachments/pool', { listenerId: 'web', targets, ...more });
  };
  await put(a.port, { awaitHealthySeconds: 5 });
  const silent = createServer().listen(0, '127.0.0.1');
  t.after(() => silent.close());
  await once(silent, 'listening');
  const late = await put((silent.address() as AddressInfo).port, { handoverSeconds: 0.3 });
  assert.match(late.body.message, /within 0\.3 s: no response within [123]\d\d ms/);
  const waiting = put(b, { handoverSeconds: 0.9 });
  await httpBackend(t, 'b', b);
  assert.equal((await waiting).status, 200);
});

test('a first check is required even if the new target is bound under another name and does not respond', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const [a, port] = [await httpBackend(t, 'a'), await freePort()];
  const dead = { address: '127.0.0.1', port: await freePort() };
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port });
  const put = (targets: object, more: object) =>
    runtime.call('PUT', '/v1/attachments/pool', { listenerId: 'web', targets, ...more });
  const bound = await put({ only: a.target, spare: { ...dead, weight: 0 } }, { awaitHealthySeconds: 5 });
  assert.equal(bound.status, 200);
  const refused = await put({ only: dead }, { handoverSeconds: 0.3 });
  assert.equal(refused.body.code, 'IncorrectStatus.RSByPassToas');
  assert.deepEqual((await runtime.done('GET', '/v1/attachments/pool')).targets.only, a.target);
});

test('the response to a write with awaitHealthySeconds follows the health change in the workers', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const a = await tcpBackend(t, 'a');
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const responses: (string | undefined)[] = [];
  // With 20 clients, at least one would reach its worker before the health change if the response came too early.
  for (let n = 0; n < 20; n++) {
    const port = await freePort();
    await runtime.done('PUT', `/v1/listeners/${n}`, { loadBalancerId: 'lb', protocol: 'TCP', port });
    const body = { listenerId: `${n}`, targets: { a: a.target }, awaitHealthySeconds: 30 };
    await runtime.done('PUT', `/v1/attachments/${n}`, body);
    responses.push(await askTcp('127.0.0.1', port));
  }
  assert.deepEqual(new Set(responses), new Set(['a']));
});

test('awaitHealthySeconds does not wait for a target that is unbound meanwhile', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const a = await httpBackend(t, 'a');
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port: await freePort() });
  const targets = { a: a.target, dead: { ...a.target, port: await freePort() } };
  const body = { listenerId: 'web', targets, awaitHealthySeconds: 60 };
  const waiting = runtime.call('PUT', '/v1/attachments/pool', body);
  await until(
    'the attachment to be stored',
    async () => (await runtime.call('GET', '/v1/attachments/pool')).status === 200,
  );
  await runtime.done('PATCH', '/v1/attachments/pool', { targets: { dead: null } });
  assert.equal((await waiting).status, 200);
});

test('writes that are committed together each get their own response', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const path = '/v1/load-balancers/lb';
  const numbers = Array.from({ length: 20 }, (_, i) => String(i));
  const responses = await Promise.all(
    numbers.map(async (n) => {
      const put = await runtime.call('PUT', path, { tags: { n } });
      await runtime.call('DELETE', path);
      return put;
    }),
  );
  assert.deepEqual(
    responses.map(({ status, body }) => [status, body.tags?.n]),
    numbers.map((n) => [200, n]),
  );
  assert.equal(new Set(responses.map(({ headers }) => headers.get('etag'))).size, numbers.length);
});

test("an address that cannot be opened is refused as the load balancer's own property", async (t) => {
  const runtime = await RuntimeProcess.start(t);
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const listener = { loadBalancerId: 'lb', protocol: 'TCP', port: await freePort() };
  await runtime.done('PUT', '/v1/listeners/web', listener);
  // 192.0.2.1 (TEST-NET-1, RFC 5737) is not an address of this machine.
  const refused = await runtime.call('PUT', '/v1/load-balancers/lb', { address: '192.0.2.1' });
  assert.equal(refused.body.code, 'InvalidParameter');
  assert.equal(refused.body.details[0].path, 'address');
  assert.equal((await runtime.done('GET', '/v1/load-balancers/lb')).vip, '127.0.0.1');
});

test('every refusal has the same form, and a request body is accepted with every usual content type', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  for (const path of ['/v1/listeners/%zz', `/v1/listeners/${'a'.repeat(1000)}`]) {
    const { status, headers, body } = await runtime.call('GET', path);
    assert.deepEqual([status, body.code, Object.keys(body)], [400, 'InvalidParameter', SHAPE]);
    assert.equal(headers.get('x-request-id'), body.requestId);
    assert.ok(headers.get('x-weir-runtime') && headers.get('etag'));
  }
  // The write has more problems than a function call can have arguments.
  const targets = Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`t${i}`, {}]));
  const many = await runtime.call('PUT', '/v1/attachments/pool', { listenerId: 'web', targets });
  assert.deepEqual([many.status, many.body.code], [400, 'InvalidParameter']);
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/attachments/pool', { loadBalancerId: 'lb', targets: {} });
  const typed = { 'content-type': 'application/merge-patch+json' };
  assert.equal((await runtime.call('PATCH', '/v1/attachments/pool', { targets: {} }, typed)).status, 200);
  const named = { 'content-type': 'application/json' };
  assert.equal((await runtime.call('DELETE', '/v1/attachments/pool', undefined, named)).status, 204);
});

test('a write that waits for health gets SystemBusy at SIGTERM and does not delay the end of the runtime', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const [a, port] = [await httpBackend(t, 'a'), await freePort()];
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port });
  const targets = { dead: { ...a.target, port: await freePort() } };
  const body = { listenerId: 'web', targets, awaitHealthySeconds: 600 };
  const waiting = runtime.call('PUT', '/v1/attachments/pool', body);
  await until(
    'the attachment to be stored',
    async () => (await runtime.call('GET', '/v1/attachments/pool')).status === 200,
  );
  const ended = runtime.end('SIGTERM');
  await until('the listener to be closed', () => askTcp('127.0.0.1', port).then((open) => open === undefined));
  assert.equal((await waiting).body.code, 'SystemBusy');
  assert.equal(await ended, 0);
});

test('with the preference return=minimal the response has only the targets that a patch names or a put changes', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const listener = { loadBalancerId: 'lb', protocol: 'TCP', port: await freePort(), healthCheck: { protocol: 'none' } };
  await runtime.done('PUT', '/v1/listeners/tcp', listener);
  const target = (last: number) => ({ address: `127.0.0.${last}`, port: 80 });
  const targets = { a: target(1), b: target(2), gone: target(3) };
  await runtime.done('PUT', '/v1/attachments/pool', { listenerId: 'tcp', targets });
  const patch = { targets: { b: { weight: 7 }, gone: null } };
  const minimal = { prefer: 'respond-async, return=minimal' };
  const { headers, body } = await runtime.call('PATCH', '/v1/attachments/pool', patch, minimal);
  assert.equal(headers.get('preference-applied'), 'return=minimal');
  assert.deepEqual(body.targets, { b: { ...target(2), weight: 7 } });
  assert.deepEqual(body.boundTargets, { b: { ...target(2), weight: 7, health: 'unchecked' } });
  const whole = await runtime.call('PATCH', '/v1/attachments/pool', { targets: { b: { weight: 8 } } });
  assert.equal(whole.headers.get('preference-applied'), null);
  assert.deepEqual(Object.keys(whole.body.targets), ['a', 'b']);
  const put = { listenerId: 'tcp', targets: { a: target(1), b: { ...target(2), weight: 9 }, c: target(4) } };
  const changed = await runtime.call('PUT', '/v1/attachments/pool', put, minimal);
  assert.equal(changed.headers.get('preference-applied'), 'return=minimal');
  assert.deepEqual(changed.body.targets, { b: put.targets.b, c: put.targets.c });
  assert.deepEqual((await runtime.call('PUT', '/v1/attachments/pool', put, minimal)).body.targets, {});
});
