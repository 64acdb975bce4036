// Failure situations: `pulumi up` says what is wrong and what to do, and the state keeps every resource.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { exchange } from '../harness/clients/load.ts';
import { apiRelay } from '../harness/runtime/api-relay.ts';
import { RuntimeProcess, until } from '../harness/runtime/runtime.ts';
import { webProgram } from '../harness/stack/programs.ts';
import type { Stack } from '../harness/stack/stack.ts';
import { type StackWorld, stackWorldOf } from '../harness/stack/world.ts';

interface Shop extends StackWorld {
  write: (weight: number) => void;
}

async function shop(t: TestContext): Promise<Shop> {
  const world = await stackWorldOf(t);
  const { stack, port, httpBackend } = world;
  const backend = await httpBackend('a');
  const write = (weight: number) => stack.write(webProgram({ port, targets: { a: { ...backend.target, weight } } }));
  write(10);
  await stack.up();
  return { ...world, write };
}

/**
 * Runs each command, which must fail with `expected` and without a stack trace, and must leave ids and incarnations
 * unchanged.
 */
async function fails(stack: Stack, expected: RegExp, changes: Record<string, string> = {}): Promise<void> {
  const identities = async () =>
    [...(await stack.resources()).values()].map(({ id, outputs }) => [id, outputs.incarnation]);
  const before = await identities();
  for (const command of [
    ['up', '--yes', '--skip-preview'],
    ['refresh', '--yes'],
    ['destroy', '--yes', '--skip-preview'],
  ]) {
    const text = await stack.fails(command, changes);
    assert.match(text, expected, command[0]);
    assert.doesNotMatch(text, /\n\s+at .*\.[tj]s/, `${command[0]} prints no stack trace`);
    assert.deepEqual(await identities(), before, `${command[0]} keeps the state`);
  }
}

test('a runtime that is not running', async (t) => {
  const { runtime, stack, write, port } = await shop(t);
  const api = runtime.url.replace('http://', '');
  await runtime.end('SIGKILL');
  write(20);
  await fails(stack, /weir serve/);
  await RuntimeProcess.start(t, { dataDirectory: runtime.dataDirectory, api });
  await stack.up();
  await until('traffic', async () => (await exchange(`http://127.0.0.1:${port}/`)).backend);
});

test('a wrong token', async (t) => {
  const { stack, write } = await shop(t);
  write(20);
  await fails(stack, /WEIR_TOKEN/, { WEIR_TOKEN: 'weir_wrong' });
  await stack.up();
});

test('an endpoint that is another server, or that never responds', async (t) => {
  const { runtime, stack, write } = await shop(t);
  write(20);
  const stranger = createServer((_request, response) => response.end('hello'));
  stranger.listen(0, '127.0.0.1');
  t.after(() => stranger.close());
  await once(stranger, 'listening');
  const point = (url: string) => stack.done(['config', 'set', 'weir:endpoint', url]);
  await point(`http://127.0.0.1:${(stranger.address() as AddressInfo).port}`);
  const text = await stack.upFails();
  assert.match(text, /not a Weir runtime/i);
  // The endpoint has a path of the runtime itself, whose 404 must not be read as a deleted object.
  await point(`${runtime.url}/v1`);
  const refresh = await stack.fails(['refresh', '--yes', '--run-program']);
  assert.match(refresh, /check port and path/);
  assert.equal((await stack.resources()).size, 3);
  await point(runtime.url);
  await stack.up();
});

test('another runtime is never mistaken for one that lost its objects', async (t) => {
  const { runtime, stack, write } = await shop(t);
  const other = await RuntimeProcess.start(t);
  write(20);
  const changes = { WEIR_TOKEN: other.token };
  await stack.done(['config', 'set', 'weir:endpoint', other.url]);
  const text = await stack.fails(['up', '--yes', '--skip-preview'], changes);
  const id = (await other.call('GET', '/healthz')).headers.get('x-weir-runtime') ?? '';
  assert.match(text, new RegExp(id));
  assert.match(text, /acceptRuntime/);
  assert.equal((await other.done('GET', '/v1/status')).version, 0);
  await stack.fails(['refresh', '--yes', '--run-program'], changes);
  assert.equal((await stack.resources()).size, 3);

  // With WEIR_ACCEPT_RUNTIME, the update creates the missing objects in the other runtime. Two runtimes of one machine
  // cannot share a port, so the first runtime is ended before.
  await runtime.end('SIGTERM');
  await stack.done(['up', '--yes', '--skip-preview'], { ...changes, WEIR_ACCEPT_RUNTIME: id });
  for (const kind of ['load-balancers', 'listeners', 'attachments']) {
    assert.equal((await other.done('GET', `/v1/${kind}`)).items.length, 1, kind);
  }
});

test('a stack whose runtime is gone for good: each error says the next step, and the stack is destroyed or moved by it', async (t) => {
  const { runtime, stack, write, port } = await shop(t);
  await runtime.end('SIGKILL');
  const first = await stack.fails(['destroy', '--yes', '--skip-preview']);
  assert.match(
    first,
    /is gone for good, start an empty one: the next error says how to move .* or how to destroy the stack/,
  );
  assert.equal((await stack.resources()).size, 3);
  const api = runtime.url.replace('http://', '');
  const empty = await RuntimeProcess.start(t, { api });
  const token = { WEIR_TOKEN: empty.token };
  const second = await stack.fails(['destroy', '--yes', '--skip-preview'], token);
  const [, moving = ''] = /`(WEIR_ACCEPT_RUNTIME=\S+) pulumi up`/.exec(second) ?? [];
  const [, destroying = ''] = /`(WEIR_ACCEPT_RUNTIME=\S+) pulumi destroy`/.exec(second) ?? [];
  const [name = '', id = ''] = moving.split('=');
  assert.equal(moving, destroying);
  assert.match(id, /./);
  assert.equal((await stack.resources()).size, 3);

  write(10);
  await stack.done(['up', '--yes', '--skip-preview'], { ...token, [name]: id });
  assert.equal((await empty.done('GET', '/v1/listeners')).items[0].port, port);
  await stack.done(['preview', '--expect-no-changes'], token);

  const another = await RuntimeProcess.start(t);
  await stack.done(['config', 'set', 'weir:endpoint', another.url]);
  const accepted = (await another.call('GET', '/healthz')).headers.get('x-weir-runtime') ?? '';
  await empty.end('SIGKILL');
  await stack.done(['destroy', '--yes', '--skip-preview', '--run-program'], {
    WEIR_TOKEN: another.token,
    WEIR_ACCEPT_RUNTIME: accepted,
  });
  assert.equal((await stack.resources()).size, 0);
});

test('a create whose response was lost is repeated and leaves no orphan', async (t) => {
  const { runtime, stack, freePort } = await stackWorldOf(t);
  const relay = await apiRelay(t, stack, runtime);
  stack.write(webProgram({ port: await freePort(), targets: {} }));
  relay.losesResponse = (method) => method === 'PUT';
  await stack.upFails();
  assert.ok(
    (await runtime.done('GET', '/v1/load-balancers')).items.length === 1,
    'the object was created although its response was lost',
  );
  relay.losesResponse = () => false;
  await stack.up();
  for (const kind of ['load-balancers', 'listeners', 'attachments']) {
    assert.equal((await runtime.done('GET', `/v1/${kind}`)).items.length, 1, kind);
  }
  await stack.destroy();
});

test('a listener whose port is taken: the create fails and names the property, and the next up finishes', async (t) => {
  const { stack, httpBackend } = await stackWorldOf(t);
  const blocker = await httpBackend('stranger');
  stack.write(webProgram({ port: blocker.port, targets: {} }));
  const text = await stack.upFails();
  assert.match(text, new RegExp(`127\\.0\\.0\\.1:${blocker.port}`));
  assert.doesNotMatch(text, /\n\s+at /);
  await blocker.close();
  await stack.up();
  assert.equal((await stack.resources()).size, 3);
});
