// The examples: each one is deployed to a real runtime, behaves as described under real requests, and is destroyed.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { askTcp, type Backend, freePort, httpBackend, tcpBackend } from '../harness/backends/backends.ts';
import { byName, startSample } from '../harness/backends/sample.ts';
import { shares, sharesAt, startLoad } from '../harness/clients/load.ts';
import { copyTree } from '../harness/machine/tree.ts';
import { RuntimeProcess, until } from '../harness/runtime/runtime.ts';
import { makeToken } from '../harness/runtime/tokens.ts';
import { Stack } from '../harness/stack/stack.ts';

/** A copy of an example, with a runtime for its stacks. */
interface Project {
  readonly runtime: RuntimeProcess;
  readonly directory: string;
  /** Creates a stack with a configuration. `folder` is relative to the example, and empty for the example itself. */
  open(folder: string, config: Record<string, number>): Promise<Stack>;
}

async function project(t: TestContext, name: string): Promise<Project> {
  const runtime = await RuntimeProcess.start(t);
  const directory = join(copyTree(t), 'examples', name);
  return {
    runtime,
    directory,
    async open(folder, config) {
      const stack = await Stack.of(t, join(directory, folder), runtime, runtime.home);
      for (const [key, value] of Object.entries(config)) await stack.done(['config', 'set', key, `${value}`]);
      return stack;
    },
  };
}

function backends(t: TestContext, names: readonly string[]): Promise<Backend[]> {
  return Promise.all(names.map((name) => httpBackend(t, name)));
}

/** Sends 100 requests and counts the responses of each backend. */
function responded(url: string): Promise<Record<string, number>> {
  return sharesAt(url, 100);
}

/** Opens `count` TCP connections in sequence and counts the connections of each backend. */
async function connected(port: number, count: number): Promise<Record<string, number>> {
  const responses = [];
  while (responses.length < count) responses.push({ backend: await askTcp('127.0.0.1', port) });
  return shares(responses);
}

/** Sets a configuration value and deploys the stack with it. */
async function change(stack: Stack, key: string, value: string): Promise<void> {
  await stack.done(['config', 'set', key, value]);
  await stack.up();
}

/** Destroys the stack and checks that no resource is left. */
async function destroyed(stack: Stack): Promise<void> {
  await stack.destroy();
  assert.equal((await stack.resources()).size, 0);
}

test('quick start: three sample backends share requests and connections by their weights', async (t) => {
  const { open, directory } = await project(t, 'quickstart');
  const ports: Record<string, number> = {};
  for (const name of ['blue', 'green', 'amber', 'http', 'tcp']) ports[`${name}Port`] = await freePort();
  for (const name of ['blue', 'green', 'amber']) await startSample(t, name, ports[`${name}Port`] ?? 0);
  const stack = await open('', ports);
  await stack.up();
  const url = (await stack.done(['stack', 'output', 'httpEndpoint'])).trim();
  const web = async () => byName(await responded(url));
  await until('all three', async () => Object.keys(await web()).length === 3 || undefined);
  assert.deepEqual(await web(), { blue: 50, green: 30, amber: 20 });
  const tcp = new URL((await stack.done(['stack', 'output', 'tcpEndpoint'])).trim());
  assert.deepEqual(byName(await connected(Number(tcp.port), 20)), { blue: 10, green: 5, amber: 5 });

  const program = join(directory, 'index.ts');
  writeFileSync(program, readFileSync(program, 'utf8').replace(/(blue: .*weight: )50/, '$10'));
  await stack.up();
  assert.deepEqual(await web(), { green: 60, amber: 40 });
  await destroyed(stack);
});

test('blue/green: no request fails as traffic moves to green and back, and a failing green target prevents the move', async (t) => {
  const { open } = await project(t, 'blue-green');
  const [blue1, blue2, green1, green2] = await backends(t, ['blue1', 'blue2', 'green1', 'green2']);
  const httpPort = await freePort();
  const stack = await open('', {
    httpPort,
    blue1Port: blue1?.port ?? 0,
    blue2Port: blue2?.port ?? 0,
    green1Port: green1?.port ?? 0,
    green2Port: green2?.port ?? 0,
  });
  await stack.up();
  const url = `http://127.0.0.1:${httpPort}/`;
  assert.deepEqual(await responded(url), { blue1: 50, blue2: 50 });

  const load = startLoad({ url, clients: 4, pauseMs: 5 });
  t.after(() => load.stop());
  const serving = async () => Object.keys(await responded(url)).sort();
  await change(stack, 'live', 'green');
  assert.deepEqual(await serving(), ['green1', 'green2']);
  await change(stack, 'live', 'blue');
  assert.deepEqual(await serving(), ['blue1', 'blue2']);
  await green2?.close();
  await stack.done(['config', 'set', 'live', 'green']);
  const text = await stack.upFails();
  assert.match(text, /app2/);
  assert.deepEqual(await serving(), ['blue1', 'blue2']);
  await load.stop();
  assert.deepEqual(load.failures(), []);
  await destroyed(stack);
});

test('canary: the new version gets its percentage of the requests, and no request fails as the percentage grows', async (t) => {
  const { open } = await project(t, 'canary');
  const names = ['old1', 'old2', 'old3', 'new1', 'new2', 'new3'];
  const targets = await backends(t, names);
  const httpPort = await freePort();
  const stack = await open('', {
    httpPort,
    ...Object.fromEntries(targets.map(({ name, port }) => [`${name}Port`, port])),
  });
  await stack.up();
  const url = `http://127.0.0.1:${httpPort}/`;
  const gets = async (due: number) => {
    const responses = Object.entries(await responded(url));
    const share = responses.reduce((sum, [name, count]) => sum + (name.startsWith('new') ? count : 0), 0);
    // The 100 requests may begin in the middle of a round of the weights, so each share may differ slightly.
    assert.ok(Math.abs(share - due) <= 2, `${share} of 100 requests, not ${due}`);
  };
  await gets(10);
  const load = startLoad({ url, clients: 2, pauseMs: 5 });
  t.after(() => load.stop());
  await change(stack, 'percentage', '50');
  await load.stop();
  assert.deepEqual(load.failures(), []);
  await gets(50);
  await change(stack, 'percentage', '0');
  assert.deepEqual(Object.keys(await responded(url)).sort(), ['old1', 'old2', 'old3']);
  await destroyed(stack);
});

test('classic TCP: two targets serve both listeners, and a target of weight 0 gets no connection', async (t) => {
  const { open } = await project(t, 'classic-tcp');
  const [read, write] = [await freePort(), await freePort()];
  const ports = [await freePort(), await freePort()] as const;
  for (const port of ports) {
    for (const n of [2, 3]) await tcpBackend(t, `store${n} ${port}`, `127.0.0.${n}`, port);
  }
  const stack = await open('', {
    readPort: read,
    writePort: write,
    readBackendPort: ports[0],
    writeBackendPort: ports[1],
  });
  await stack.up();
  const seen = (port: number) => connected(port, 10);
  await until('both stores', async () => Object.keys(await seen(read)).length === 2 || undefined);
  assert.deepEqual(await seen(read), { [`store2 ${ports[0]}`]: 5, [`store3 ${ports[0]}`]: 5 });
  await until('both stores', async () => Object.keys(await seen(write)).length === 2 || undefined);
  assert.deepEqual(await seen(write), { [`store2 ${ports[1]}`]: 5, [`store3 ${ports[1]}`]: 5 });
  await change(stack, 'store3Weight', '0');
  assert.deepEqual(await seen(read), { [`store2 ${ports[0]}`]: 10 });
  assert.deepEqual(await seen(write), { [`store2 ${ports[1]}`]: 10 });
  await destroyed(stack);
});

test('adoption: a stack takes over objects under load without changing the targets, and then changes a weight', async (t) => {
  const { open, directory, runtime } = await project(t, 'adoption');
  const [app1, app2] = await backends(t, ['app1', 'app2']);
  const httpPort = await freePort();
  const ports = { HTTP_PORT: `${httpPort}`, BACKEND_PORTS: `${app1?.port},${app2?.port}` };
  await promisify(execFile)(process.execPath, ['by-hand.ts'], {
    cwd: directory,
    env: { ...process.env, ...ports, WEIR_ENDPOINT: runtime.url, WEIR_TOKEN: runtime.token },
  });
  const url = `http://127.0.0.1:${httpPort}/`;
  await until('both', async () => Object.keys(await responded(url)).length === 2 || undefined);
  const bound = async () => (await runtime.done('GET', '/v1/attachments/legacy-app')).boundTargets;
  const before = await bound();
  const load = startLoad({ url, clients: 2, pauseMs: 5 });
  t.after(() => load.stop());
  const stack = await open('', { httpPort, app1Port: app1?.port ?? 0, app2Port: app2?.port ?? 0, app2Weight: 49 });
  const text = await stack.upFails();
  assert.match(text, /targets\.app2\.weight is 50 in the runtime and 49 in the program/);
  await change(stack, 'app2Weight', '50');
  assert.deepEqual(await bound(), before);
  await stack.done(['preview', '--expect-no-changes']);
  await change(stack, 'app2Weight', '0');
  await load.stop();
  assert.deepEqual(load.failures(), []);
  assert.deepEqual(await responded(url), { app1: 100 });
  await destroyed(stack);
});

test('auto scaling: servers join through the stack and the API, and `up` keeps the servers of the API', async (t) => {
  const { open, runtime } = await project(t, 'auto-scaling');
  const serverPort = await freePort();
  const addresses = { server1: '127.0.0.1', server2: '127.0.0.2', server3: '127.0.0.3', spare: '127.0.0.99' };
  for (const [name, address] of Object.entries(addresses)) await httpBackend(t, name, serverPort, undefined, address);
  const httpPort = await freePort();
  const stack = await open('', { httpPort, serverPort });
  await stack.up();
  const url = `http://127.0.0.1:${httpPort}/`;
  const served = (names: string) =>
    until(names, async () => {
      const serving = Object.keys(await responded(url));
      return serving.sort().join(' ') === names || undefined;
    });
  await served('server1');
  const load = startLoad({ url, clients: 2, pauseMs: 5 });
  t.after(() => load.stop());
  await change(stack, 'size', '3');
  await served('server1 server2 server3');
  const member = (await stack.done(['stack', 'output', 'burstMember'])).trim();
  await runtime.done('PUT', member);
  await served('server1 server2 server3 spare');
  await stack.done(['config', 'set', 'size', '1']);
  await stack.done(['up', '--yes', '--skip-preview', '--refresh']);
  await served('server1 spare');
  await runtime.done('DELETE', member);
  await served('server1');
  await load.stop();
  assert.deepEqual(load.failures(), []);
  await destroyed(stack);
});

test('two stacks: the application is on the listener of the platform, which cannot go before it', async (t) => {
  const { open, runtime, directory } = await project(t, 'two-stacks');
  const [cart1, cart2] = await backends(t, ['cart1', 'cart2']);
  const httpPort = await freePort();
  const platform = await open('platform', { httpPort });
  await platform.up();
  const application = await open('application', { cart1Port: cart1?.port ?? 0, cart2Port: cart2?.port ?? 0 });
  const [head = ''] = readFileSync(join(directory, 'application/index.ts'), 'utf8').split('import ');
  const given = (flag: string) => [...head.matchAll(new RegExp(`--${flag} "(.*?)"`, 'g'))].map(([, text = '']) => text);
  const { token, headers } = await makeToken(runtime, given('allow'), { owners: given('owners') });
  application.environment.WEIR_TOKEN = token;
  await application.up();
  const url = `http://127.0.0.1:${httpPort}/cart`;
  await until('both', async () => Object.keys(await responded(url)).length === 2 || undefined);
  assert.deepEqual(await responded(url), { cart1: 50, cart2: 50 });
  await change(application, 'cart2Weight', '0');
  assert.deepEqual(await responded(url), { cart1: 100 });
  const listenerId = (await platform.done(['stack', 'output', 'listenerId'])).trim();
  const foreign = await runtime.call('DELETE', `/v1/listeners/${listenerId}`, undefined, headers);
  assert.equal(foreign.status, 403);
  await application.done(['up', '--yes', '--refresh', '--skip-preview', '--expect-no-changes']);
  await platform.done(['preview', '--expect-no-changes']);
  const text = await platform.fails(['destroy', '--yes', '--skip-preview']);
  assert.match(text, /weir-application.*cart/s);
  assert.deepEqual(await responded(url), { cart1: 100 });
  await destroyed(application);
  await destroyed(platform);
});
