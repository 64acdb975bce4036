// The log of a runtime: lines for operators, bounded in rate, as JSON or as text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort, httpBackend } from '../harness/backends/backends.ts';
import { RuntimeProcess, until } from '../harness/runtime/runtime.ts';

test("the runtime's log tells of health changes, refused writes, 401s, tokens and workers, and a flood makes few lines", async (t) => {
  const runtime = await RuntimeProcess.start(t, { args: ['--workers', '1'] });
  const backend = await httpBackend(t, 'a');
  const lines = () => {
    const texts = runtime.log().split('\n').slice(0, -1);
    return texts.map((text) => JSON.parse(text) as Record<string, unknown>);
  };
  const logged = (msg: string) => until(`the line "${msg}"`, () => lines().find((line) => line.msg === msg));

  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const healthCheck = { intervalSeconds: 0.2 };
  const listener = { loadBalancerId: 'lb', protocol: 'HTTP', port: await freePort(), healthCheck };
  await runtime.done('PUT', '/v1/listeners/web', listener);
  const targets = { a: backend.target, gone: { address: '127.0.0.1', port: await freePort() } };
  await runtime.done('PUT', '/v1/attachments/pool', { listenerId: 'web', targets });
  const healthy = await logged('a target is healthy');
  assert.deepEqual([healthy.listener, healthy.targetName, healthy.level], ['web', 'a', 30]);
  const unhealthy = await logged('a target is unhealthy');
  assert.deepEqual([unhealthy.targetName, unhealthy.level], ['gone', 40]);
  assert.match(String(unhealthy.lastError), /ECONNREFUSED/);

  const { body: token } = await runtime.call('POST', '/v1/tokens', {
    name: 'viewer',
    statements: [{ actions: ['slb:Describe*'], resources: ['*'] }],
  });
  const created = await logged('a token was created');
  assert.deepEqual([created.id, created.tokenName, created.permits], [token.id, 'viewer', ['slb:Describe* on *']]);

  await runtime.call('PUT', '/v1/listeners/other?secret=1', { ...listener, port: 'x' });
  const refused = await logged('a write was refused');
  assert.deepEqual(
    [refused.method, refused.path, refused.caller, refused.code, refused.properties, refused.status],
    ['PUT', '/v1/listeners/other', 'the administrator', 'InvalidParameter', ['port'], 400],
  );
  const authorization = { authorization: `Bearer ${token.token}` };
  assert.equal((await runtime.call('DELETE', '/v1/listeners/web', undefined, authorization)).status, 403);
  await until('the refused delete', () => lines().find((line) => line.caller === 'the token "viewer"'));

  assert.equal((await runtime.call('DELETE', '/v1/workers/0')).status, 204);
  assert.equal((await logged('a worker was replaced: the new one serves')).worker, 0);

  const bad = { authorization: 'Bearer weir_wrong' };
  for (let i = 0; i < 100; i++) assert.equal((await runtime.call('GET', '/v1/status', undefined, bad)).status, 401);
  assert.equal(await runtime.end('SIGTERM'), 0);
  const unauthenticated = lines().filter(({ msg }) => msg === 'a request has no valid token');
  assert.equal(unauthenticated[0]?.client, '127.0.0.1');
  const omitted = lines().filter(({ of }) => of === 'a request has no valid token');
  const told = omitted.reduce((sum, { omitted }) => sum + Number(omitted), unauthenticated.length);
  assert.equal(told, 100);
  assert.ok(unauthenticated.length <= 60, `${unauthenticated.length} lines of one flood`);
  assert.doesNotMatch(runtime.log(), new RegExp(`weir_wrong|secret=1|${token.token}|${runtime.token}`));
});

test('--log-format text writes one readable line each, and --log-level leaves out the lines below it', async (t) => {
  const args = ['--log-format', 'text', '--log-level', 'warn'];
  const runtime = await RuntimeProcess.start(t, { args });
  await runtime.call('PUT', '/v1/listeners/a%0Ab', { protocol: 'HTTP' });
  await runtime.end('SIGTERM');
  const [line, ...others] = runtime.log().split('\n').slice(0, -1);
  assert.match(
    line ?? '',
    /^\d{4}-\d\d-\d\dT[\d:.]+Z WARN {2}a write was refused requestId=\S+ method=PUT path=\S+ client=127\.0\.0\.1 caller="the administrator" status=400 code=InvalidParameter error=".*" properties=\[.*\]$/,
  );
  assert.deepEqual(others, []);
});
