// `weir join` as the real command: it joins, renews and leaves, also while the runtime is restarted or taken over.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { freePort } from '../harness/backends/backends.ts';
import { JoinedServer } from '../harness/runtime/joined-server.ts';
import { NotifySocket } from '../harness/runtime/notify-socket.ts';
import { RuntimeProcess, type StartOptions, until } from '../harness/runtime/runtime.ts';
import { makeToken } from '../harness/runtime/tokens.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

const PLACE = { region: 'r1', vpcId: 'vpc-1', addresses: ['127.0.0.1'] };

/** A runtime at an address that stays the same, with the servers i-1 and i-2 and the empty group `g`. */
async function world(t: TestContext, options: StartOptions = {}) {
  const api = `127.0.0.1:${await freePort()}`;
  const args = ['--workers', '1', ...(options.args ?? [])];
  let runtime = await RuntimeProcess.start(t, { ...options, api, args });
  for (const id of ['i-1', 'i-2']) await runtime.done('PUT', `/v1/backend-servers/${id}`, PLACE);
  await runtime.done('PUT', '/v1/groups/g', {});
  const { dataDirectory, home } = runtime;
  return {
    get runtime() {
      return runtime;
    },
    start: async (...more: string[]) => {
      runtime = await RuntimeProcess.start(t, { api, dataDirectory, home, args: [...args, ...more] });
    },
    join: (more: readonly string[] = [], reach: { token?: string; env?: Record<string, string> } = {}) =>
      JoinedServer.start(t, ['g', '--server', 'i-1', ...more], { endpoint: `http://${api}`, home, ...reach }),
    group: () => runtime.done('GET', '/v1/groups/g'),
  };
}

test('a server is a member until SIGTERM or Ctrl-C, and systemd is told when it is one', async (t) => {
  const it = await world(t);
  const notified = await NotifySocket.open(t);
  for (const [index, signal] of (['SIGTERM', 'SIGINT'] as const).entries()) {
    const server = it.join(['--ttl', '3600'], { env: { NOTIFY_SOCKET: notified.path } });
    await server.isMember();
    assert.equal(server.stdout, 'i-1 is a member of g, with a lease of 3600 s\n');
    await notified.has('READY=1', `MAINPID=${server.pid}`);
    const { members, leases } = await it.group();
    assert.deepEqual([members, leases['i-1'].ttlSeconds], [{ 'i-1': 'i-1' }, 3600], `round ${index}`);
    assert.deepEqual([await server.end(signal), server.stderr], [0, '']);
    assert.deepEqual((await it.group()).members, {});
  }
});

test('a member tries on while its runtime is away, and is a member again when the runtime is back', async (t) => {
  const it = await world(t);
  const server = it.join(['--ttl', '5']);
  await server.isMember();
  await it.runtime.end('SIGTERM');
  await until('the loss', () => / cannot join g or renew its lease, and tries on: /.test(server.stderr) || undefined);
  await it.start();
  await server.isMember(2);
  assert.equal(server.stdout, 'i-1 is a member of g, with a lease of 5 s\ni-1 is a member of g again\n');
  assert.equal(server.stderr.split('\n').length, 2, server.stderr);
  assert.deepEqual((await it.group()).members, { 'i-1': 'i-1' });
  await it.runtime.end('SIGKILL');
  await until('the next loss', () => server.stderr.split('\n').length === 3 || undefined);
  // The server cannot leave, and says when it will have left all the same.
  assert.equal(await server.end('SIGTERM'), 1);
  assert.match(server.stderr, /i-1 could not leave g: its lease ends in 5 s at most\nweir: no Weir runtime responds/);
});

test('a command that starts before its runtime joins when the runtime is there, or ends at once by SIGTERM', async (t) => {
  const it = await world(t);
  await it.runtime.end('SIGTERM');
  const [early, ended] = [it.join(), it.join()];
  for (const server of [early, ended]) await until('a failure', () => server.stderr !== '' || undefined);
  assert.equal(await ended.end('SIGTERM'), 0);
  await it.start();
  await early.isMember();
  assert.equal(early.stdout, 'i-1 is a member of g, with a lease of 30 s\n');
});

test('a take-over carries the leases, and members that renew notice nothing', async (t) => {
  const it = await world(t, { args: ['--stop-timeout', '1'] });
  await it.runtime.done('PUT', '/v1/groups/g/members/i-2?ttl=3600');
  const server = it.join(['--ttl', '5']);
  await server.isMember();
  let startMs = 0;
  for (let round = 0; round < 2; round++) {
    const before = it.runtime;
    startMs = Date.now();
    await it.start('--take-over');
    assert.equal(await before.end('SIGCONT'), 0, before.log());
  }
  const { members, leases } = await it.group();
  assert.deepEqual(members, { 'i-2': 'i-2', 'i-1': 'i-1' });
  // Anew, the lease would end that long after the last start at the earliest.
  assert.ok(Date.parse(leases['i-2'].expiresAt) < startMs + 3_600_000, leases['i-2'].expiresAt);
  assert.deepEqual([await server.end('SIGTERM'), server.stderr], [0, '']);
});

test('what the runtime refuses ends the command, and a token for one group is enough', async (t) => {
  const it = await world(t);
  await it.runtime.done('PUT', '/v1/groups/h', { joinable: ['i-2'] });
  const allow = ['slb:AttachInstances on scalinggroup/g,instance/i-1', 'slb:DetachInstances on scalinggroup/g'];
  const { token } = await makeToken(it.runtime, allow);
  const server = it.join([], { token });
  await server.isMember();
  assert.equal(await server.end('SIGTERM'), 0, server.stderr);
  assert.deepEqual((await it.group()).members, {});
  const refusals = [
    [['h', '--server', 'i-1'], '', /i-1 may not join group h: no pattern in the group's `joinable` matches it/],
    [['h', '--server', 'i-1'], token, /needs slb:AttachInstances on scalinggroup\/h/],
    [['g', '--server', 'i-2'], token, /needs slb:AttachInstances on instance\/i-2/],
    [['none', '--server', 'i-1'], '', /none/],
    [['g', '--server', 'i-9'], '', /i-9/],
    [['g', '--server', 'i-1', '--ttl', '4'], '', /whole number of seconds from 5 to 3600/],
    [['g'], '', /required option '--server <id>'/],
  ] as const;
  for (const [args, used, message] of refusals) {
    const { url: endpoint, home } = it.runtime;
    const refused = JoinedServer.start(t, args, { endpoint, home, token: used });
    assert.equal(await refused.ended(), 1, args.join(' '));
    assert.match(refused.stderr, message);
    assert.equal(refused.stdout, '');
  }
  // A member that the runtime refuses later ends too.
  const last = it.join(['--ttl', '5']);
  await last.isMember();
  await it.runtime.done('DELETE', '/v1/groups/g/members/i-1');
  await it.runtime.done('DELETE', '/v1/groups/g');
  assert.equal(await last.ended(), 1);
  assert.match(last.stderr, /g/);
});

test('the program says who may join, and neither up nor refresh touches members or their leases', async (t) => {
  const { runtime, stack } = await stackWorldOf(t);
  const program = (joinable: readonly string[]) => `import * as weir from 'pulumi-weir';
export const group = new weir.AutoScalingGroup('web', { joinable: ${JSON.stringify(joinable)} }).id;
`;
  stack.write(program(['i-1', 'i web']));
  assert.match(await stack.upFails(), /joinable\[1\] must be the id of a server, in which "\*" is any text/);
  stack.write(program(['i-1']));
  await stack.up();
  const group = String((await stack.resources()).get('web')?.id);
  await runtime.done('PUT', '/v1/backend-servers/i-1', PLACE);
  await runtime.done('PUT', `/v1/groups/${group}/members/i-1?ttl=3600`);
  await stack.done(['refresh', '--yes', '--skip-preview']);
  await stack.done(['preview', '--expect-no-changes']);
  stack.write(program(['i-2']));
  assert.match(await stack.done(['preview']), /web: joinable i-1→i-2/);
  await stack.up();
  const { members, leases } = await runtime.done('GET', `/v1/groups/${group}`);
  assert.deepEqual([members, leases['i-1'].ttlSeconds], [{ 'i-1': 'i-1' }, 3600]);
  await runtime.done('DELETE', `/v1/groups/${group}/members/i-1`);
  assert.equal((await runtime.call('PUT', `/v1/groups/${group}/members/i-1?ttl=5`)).status, 400);
});
