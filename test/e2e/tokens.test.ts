// Tokens in use: made, listed and revoked with `weir token`, used by `pulumi up`, and replaced while stacks exist.
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MAIN, RuntimeProcess, temporaryDirectory } from '../harness/runtime/runtime.ts';
import { makeToken } from '../harness/runtime/tokens.ts';
import { webProgram } from '../harness/stack/programs.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

function weirToken(runtime: RuntimeProcess, args: readonly string[], token = runtime.token): SpawnSyncReturns<string> {
  const env = { ...process.env, WEIR_ENDPOINT: runtime.url, WEIR_TOKEN: token };
  return spawnSync(process.execPath, [MAIN, 'token', ...args], { env, encoding: 'utf8' });
}

test('weir token create writes only the token to stdout, list shows its permissions, and revoke ends it', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const allow = ['--allow', 'slb:Create*, slb:Describe* on loadbalancer/web-*', '--allow', 'slb:Describe* on runtime'];
  const made = weirToken(runtime, ['create', 'ci', ...allow, '--expires', '30d']);
  assert.match(made.stdout, /^weir_[0-9a-f]{12}_[\w-]{43}\n$/, made.stderr);
  const headers = { authorization: `Bearer ${made.stdout.trim()}` };
  assert.equal((await runtime.call('PUT', '/v1/load-balancers/web-1', {}, headers)).status, 200);
  assert.equal((await runtime.call('PUT', '/v1/load-balancers/other', {}, headers)).status, 403);

  const owned = weirToken(runtime, [
    'create',
    'shop',
    '--owners',
    'shop/*, cart/dev',
    '--owners',
    'a/b',
    '--allow',
    'slb:* on rule/shop-*',
  ]);
  assert.equal(owned.status, 0, owned.stderr);

  const file = join(temporaryDirectory(t), 'statements.json');
  writeFileSync(file, JSON.stringify([{ actions: ['slb:Describe*'], resources: ['*'] }]));
  const json = JSON.parse(weirToken(runtime, ['create', 'reader', '--statements', file, '--json']).stdout);
  assert.deepEqual([json.name, json.statements[0].resources, json.expiresAt], ['reader', ['*'], undefined]);
  assert.equal(
    (await runtime.call('GET', '/v1/status', undefined, { authorization: `Bearer ${json.token}` })).status,
    200,
  );

  const list = weirToken(runtime, ['list']).stdout;
  const [, id = ''] =
    /^(\w{12}) +ci .* until 20\S+Z +slb:Create\*,slb:Describe\* on loadbalancer\/web-\*; slb:Describe\* on runtime/m.exec(
      list,
    ) ?? [];
  assert.match(list, /reader .* until revoked +slb:Describe\* on \* +any/);
  assert.match(list, /shop .* slb:\* on rule\/shop-\* +shop\/\*, cart\/dev, a\/b/);
  assert.doesNotMatch(list, /weir_/);
  assert.equal(weirToken(runtime, ['revoke', id]).status, 0, list);
  assert.equal((await runtime.call('GET', '/v1/load-balancers', undefined, headers)).status, 401);
  assert.doesNotMatch(weirToken(runtime, ['list']).stdout, new RegExp(id));
});

const MISTAKES: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [['create', 'x'], /say what the token permits with --allow/],
  [['create', 'x', '--allow', 'slb:Describe*'], /ACTIONS on RESOURCES/],
  [['create', 'x', '--allow', 'slb:Unbind on *'], /statements\[0\]\.actions\[0\] matches no action/],
  [['create', 'x', '--allow', 'slb:* on lb/web'], /statements\[0\]\.resources\[0\] must be "loadbalancer\/ID"/],
  [
    ['create', 'x', '--allow', 'slb:* on *', '--owners', 'shop'],
    /owners\[0\] must be a project and a stack such as "shop\/dev"/,
  ],
  [['create', 'x', '--allow', 'slb:* on *', '--expires', 'soon'], /such as 30d or 12h, or a time/],
  [['create', 'x', '--allow', 'slb:* on *', '--expires', '2020-01-01T00:00:00Z'], /expiresAt must be in the future/],
  [['revoke', 'none'], /There is no token none/],
];

test('weir token reports invalid arguments and makes nothing', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  for (const [args, message] of MISTAKES) {
    const { status, stdout, stderr } = weirToken(runtime, args);
    assert.deepEqual([args, status, stdout], [args, 1, '']);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
  const { token } = await makeToken(runtime, ['slb:* on *']);
  assert.match(weirToken(runtime, ['list'], token).stderr, /"ci" may not manage tokens.*admin-token/);
  assert.equal((await runtime.done('GET', '/v1/tokens')).items.length, 1);
  assert.match(weirToken(runtime, ['create', '--help']).stdout, /slb:AddBackendServers +bind targets/);
});

test("a restart can replace the administrator's token, and other tokens stay valid", async (t) => {
  const first = await RuntimeProcess.start(t);
  const { dataDirectory, home } = first;
  const { headers } = await makeToken(first, ['slb:Describe* on *']);
  const runtimeId = (await first.call('GET', '/v1/status')).headers.get('x-weir-runtime') ?? '';
  const published = join(home, '.weir', runtimeId, 'token');
  const old = first.token;
  await first.end('SIGTERM');
  rmSync(join(dataDirectory, 'admin-token'));
  const second = await RuntimeProcess.start(t, { dataDirectory, home });
  assert.notEqual(second.token, old);
  assert.equal(readFileSync(published, 'utf8').trim(), second.token);
  assert.equal((await second.call('GET', '/v1/tokens', undefined, { authorization: `Bearer ${old}` })).status, 401);
  assert.equal((await second.call('GET', '/v1/status', undefined, headers)).status, 200);
  await second.end('SIGTERM');
  const chosen = `weir_${'chosen-by_hand'.padEnd(43, '0')}`;
  writeFileSync(join(dataDirectory, 'admin-token'), `${chosen}\n`);
  const third = await RuntimeProcess.start(t, { dataDirectory, home });
  assert.equal((await third.done('GET', '/v1/tokens')).items.length, 1);
  assert.equal(readFileSync(published, 'utf8'), `${chosen}\n`);
});

const PLACE = { region: 'here', vpcId: 'vpc' };

test('pulumi up works with a token of few permissions, names a server without permission, and works with a replaced token', async (t) => {
  const { runtime, stack, port } = await stackWorldOf(t);
  const ids = Array.from({ length: 20 }, (_, index) => `i-${index + 1}`);
  for (const id of ids) {
    await runtime.done('PUT', `/v1/backend-servers/${id}`, { ...PLACE, addresses: [`127.0.3.${id.slice(2)}`] });
  }
  const targets = Object.fromEntries(ids.map((id) => [id, { serverId: id, port: 80 }]));
  const program = (bound: Record<string, object>) =>
    webProgram({ port, targets: bound }).replace(
      "address: '127.0.0.1'",
      `address: '127.0.0.1', ...${JSON.stringify(PLACE)}`,
    );
  const all = ids.map((id) => `instance/${id}`);
  const old = await makeToken(runtime, [
    `slb:* on loadbalancer/lb-*,${all.filter((id) => id !== 'instance/i-7').join(',')}`,
  ]);
  stack.write(program({}));
  stack.environment.WEIR_TOKEN = old.token;
  await stack.up();

  stack.write(program(targets));
  const refused = await stack.upFails();
  assert.match(
    refused,
    /The token "ci" does not allow this request: targets\.i-7 needs slb:AddBackendServers or slb:RegisterTargets on instance\/i-7\. .*`weir token create`\. The token is the one from WEIR_TOKEN/,
  );
  assert.doesNotMatch(refused, /i-8|\n\s+at /);
  const [pool] = (await runtime.done('GET', '/v1/attachments')).items;
  assert.deepEqual(pool.targets, {});

  const next = await makeToken(runtime, [`slb:* on loadbalancer/lb-*,${all.join(',')}`], { name: 'next' });
  await runtime.done('DELETE', `/v1/tokens/${old.id}`);
  const stale = await stack.run(['up', '--yes', '--skip-preview']);
  assert.match(
    stale.text,
    /did not prove that it knows the token from WEIR_TOKEN, .* was revoked .*: give one with WEIR_TOKEN/,
  );
  stack.environment.WEIR_TOKEN = next.token;
  await stack.done(['up', '--yes', '--skip-preview', '--refresh']);
  const [whole] = (await runtime.done('GET', '/v1/attachments')).items;
  assert.equal(Object.keys(whole.boundTargets).length, 20);
  assert.match(await stack.done(['preview', '--expect-no-changes']), /unchanged/);
  await stack.done(['destroy', '--yes']);
  assert.deepEqual((await runtime.done('GET', '/v1/load-balancers')).items, []);
});

test('a replaced token of the configuration: plain destroy uses the old one and says so, and WEIR_TOKEN takes precedence', async (t) => {
  const { runtime, stack, freePort } = await stackWorldOf(t);
  const allow = ['slb:* on loadbalancer/lb-*'];
  const [old, next] = [await makeToken(runtime, allow), await makeToken(runtime, allow)];
  stack.write(webProgram({ port: await freePort(), targets: {} }));
  stack.environment.WEIR_TOKEN = '';
  await stack.done(['config', 'set', '--secret', 'weir:token', old.token]);
  await stack.up();
  await stack.done(['config', 'set', '--secret', 'weir:token', next.token]);
  await runtime.done('DELETE', `/v1/tokens/${old.id}`);
  const plain = await stack.run(['destroy', '--yes']);
  assert.match(plain.text, /knows the token from weir:token, .*add --run-program after a change/);
  assert.equal((await runtime.done('GET', '/v1/listeners')).items.length, 1);
  await stack.done(['destroy', '--yes'], { WEIR_TOKEN: next.token });
  assert.deepEqual((await runtime.done('GET', '/v1/load-balancers')).items, []);
});
