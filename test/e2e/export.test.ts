// `weir export`: objects made by hand under load become resources of a stack, and no request fails.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { KINDS } from '../../provider/model/base/kinds.ts';
import { startLoad } from '../harness/clients/load.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { MAIN, RuntimeProcess, until } from '../harness/runtime/runtime.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

function exported(runtime: RuntimeProcess, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, WEIR_ENDPOINT: runtime.url, WEIR_TOKEN: runtime.token };
  return promisify(execFile)(process.execPath, [MAIN, 'export', ...args], { env });
}

/**
 * Returns every object by kind and id, without the members that differ after a change of owner: owner, version and
 * incarnation.
 */
async function configuration(runtime: RuntimeProcess): Promise<Record<string, object>> {
  const objects: Record<string, object> = {};
  for (const kind of KINDS) {
    for (const { owner, version, incarnation, ...object } of (await runtime.done('GET', `/v1/${kind}`)).items) {
      objects[`${kind}/${object.id}`] = object;
    }
  }
  return objects;
}

test('objects made by hand are exported, adopted by the first up, and deleted with the stack', async (t) => {
  const { runtime, stack, httpBackend, freePort } = await stackWorldOf(t);
  const [a, b, c, d] = await Promise.all(['a', 'b', 'c', 'd'].map((name) => httpBackend(name)));
  const [port, securePort] = [await freePort(), await freePort()];
  const pair = makePair(['shop.example.com']);
  const owner = 'urn:pulumi:prod::platform::pulumi-nodejs:dynamic/weir:LoadBalancer::edge';
  const healthCheck = { protocol: 'HTTP', intervalSeconds: 0.5, timeoutSeconds: 5 };
  const put = (path: string, body: object) => runtime.done('PUT', `/v1/${path}`, body);
  await put('load-balancers/edge', { address: '127.0.0.1', region: 'r', vpcId: 'v', tags: { 'a "b"': 'c\nd' }, owner });
  await put('listeners/web', { loadBalancerId: 'edge', protocol: 'HTTP', port, healthCheck });
  const certificates = { main: pair };
  const stickySession = { type: 'cookie', cookieKey: 'a cookie key' };
  const secure = {
    loadBalancerId: 'edge',
    protocol: 'HTTPS',
    port: securePort,
    healthCheck,
    certificates,
    stickySession,
  };
  await put('listeners/web-tls', secure);
  await put('rules/api', { listenerId: 'web', path: '/api', healthCheck });
  await put('backend-servers/i-1', { region: 'r', vpcId: 'v', addresses: ['127.0.0.1'] });
  await put('backend-servers/i-2', { region: 'r', vpcId: 'v', addresses: ['127.0.0.1'] });
  await put('attachments/web', { listenerId: 'web', targets: { a: a?.target, b: { ...b?.target, weight: 50 } } });
  await put('attachments/tls', { listenerId: 'web-tls', targets: { a: a?.target } });
  await put('attachments/api', { ruleId: 'api', targets: { c: { serverId: 'i-1', port: c?.port } } });
  await put('groups/joined', {});
  await put('groups/declared', { members: { first: 'i-1' } });
  await runtime.done('PUT', '/v1/groups/joined/members/i-2');
  await put('group-attachments/joined', { groupId: 'joined', listenerId: 'web', port: d?.port, weight: 10 });
  const urls = [`http://127.0.0.1:${port}/`, `http://127.0.0.1:${port}/api`, `https://127.0.0.1:${securePort}/`];
  await until('traffic', async () => {
    const { listeners } = await runtime.done('GET', '/v1/status');
    const targets: { health: string }[] = listeners.flatMap((listener: { targets: object[] }) => listener.targets);
    return targets.length === 5 && targets.every(({ health }) => health === 'healthy');
  });
  const before = await configuration(runtime);

  const loads = urls.map((url) => startLoad({ url, clients: 2, pauseMs: 5 }));
  t.after(() => Promise.all(loads.map((load) => load.stop())));
  const written = await exported(runtime, []);
  stack.write(written.stdout);
  const key = join(stack.directory, 'key.pem');
  writeFileSync(key, pair.privateKey);
  const commands = [...written.stdout.matchAll(/pulumi (config set --secret (\w+)) < FILE/g)];
  assert.deepEqual(
    commands.map(([, , name]) => name),
    ['webTlsMainPrivateKey', 'webTlsCookieKey'],
  );
  await promisify(execFile)('sh', ['-c', `pulumi config set --secret webTlsMainPrivateKey < ${key}`], {
    cwd: stack.directory,
    env: { ...process.env, ...stack.environment },
  });
  await stack.done(['config', 'set', '--secret', 'webTlsCookieKey', 'another key']);
  const refused = await stack.upFails();
  assert.match(refused, /stickySession\.cookieKey is another secret/);
  await stack.done(['config', 'set', '--secret', 'webTlsCookieKey', 'a cookie key']);
  await stack.up();
  assert.deepEqual(await configuration(runtime), before);
  await stack.done(['preview', '--diff', '--expect-no-changes']);
  await stack.done(['up', '--yes', '--skip-preview', '--refresh', '--expect-no-changes']);
  await runtime.done('DELETE', '/v1/groups/joined/members/i-2');
  await Promise.all(loads.map((load) => load.stop()));
  assert.deepEqual(
    loads.flatMap((load) => load.failures()),
    [],
  );
  // The arguments of adoption can be removed once the objects are adopted.
  stack.write(written.stdout.replace(/^ +adopt(From)?: .*\n/gm, ''));
  await stack.done(['preview', '--expect-no-changes']);
  await stack.destroy();
  assert.deepEqual(await configuration(runtime), {});
});

test('an existing file is kept, and an unknown owner gives an error', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  await runtime.done('PUT', '/v1/load-balancers/one', { address: '127.0.0.1', owner: 'team-a' });
  await runtime.done('PUT', '/v1/load-balancers/two', { address: '127.0.0.1', owner: 'team-b' });
  const folder = join(runtime.home, 'stack');
  const { stdout, stderr } = await exported(runtime, ['--owner', 'team-b', '--owner', 'team-c', '--out', folder]);
  assert.deepEqual([stdout, /adopts 1 object$/m.test(stderr)], ['', true]);
  const program = readFileSync(join(folder, 'index.ts'), 'utf8');
  assert.match(program, /adopt: "two",\n {2}adoptFrom: "team-b"/);
  assert.ok(!program.includes('team-a'));
  // What was made by hand beside stacks is exported alone, and names the objects of the stacks by their ids.
  const listener = { loadBalancerId: 'one', protocol: 'TCP', port: 9 };
  await assert.rejects(exported(runtime, ['--unowned']), { stderr: /has no object without an owner\n/ });
  await runtime.done('PUT', '/v1/listeners/by-hand', listener);
  const { stdout: byHand } = await exported(runtime, ['--unowned']);
  assert.match(byHand, /loadBalancerId: "one",.*adopt: "by-hand"/s);
  assert.doesNotMatch(byHand, /adoptFrom:/);
  await assert.rejects(exported(runtime, ['--out', folder]), { code: 1, stderr: /index\.ts already exists/ });
  await assert.rejects(exported(runtime, ['--owner', 'x']), {
    code: 1,
    stderr: /no object whose owner begins with x\n/,
  });
});
