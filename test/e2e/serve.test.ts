// `weir serve` as a process: durability, refusals, options and shutdown.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort, httpBackend, tcpBackend } from '../harness/backends/backends.ts';
import { exchange, startLoad } from '../harness/clients/load.ts';
import { MAIN, RuntimeProcess, temporaryDirectory, until } from '../harness/runtime/runtime.ts';

test('kill -9 during eight concurrent writers, ten times: each acknowledged write is stored, and none is stored in part', async (t) => {
  const dataDirectory = temporaryDirectory(t);
  const acknowledged = new Map<string, number>();
  for (let round = 0; round < 10; round++) {
    const runtime = await RuntimeProcess.start(t, { dataDirectory });
    const { items } = await runtime.done('GET', '/v1/load-balancers?limit=1000');
    const tags = new Map(items.map((item: { id: string; tags: { a: string; b: string } }) => [item.id, item.tags]));
    for (const [id, value] of acknowledged) {
      const { a, b } = tags.get(id) as { a: string; b: string };
      assert.equal(a, b, 'half applied');
      assert.ok(Number(a) >= value, `${id}: ${value} was acknowledged, but ${a} is stored`);
    }
    let isOver = false;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let value = round * 1000; !isOver && value < round * 1000 + 1000; value++) {
        const text = String(value);
        const body = { address: '127.0.0.1', tags: { a: text, b: text } };
        const response = await runtime.call('PUT', `/v1/load-balancers/w${writer}`, body).catch(() => undefined);
        if (response === undefined) return;
        assert.equal(response.status, 200);
        acknowledged.set(`w${writer}`, value);
      }
    });
    const target = round * 1000 + 10 + round;
    await until('acknowledged writes', () => (acknowledged.get('w0') ?? 0) >= target || undefined);
    await runtime.end('SIGKILL');
    isOver = true;
    await Promise.all(writers);
  }
  assert.equal(acknowledged.size, 8);
});

test('the data is synced between each single write and its response', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const trace = spawn('strace', ['-f', '-qq', '-e', 'trace=fsync,fdatasync', '-p', String(runtime.pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.after(() => trace.kill());
  let syncs = 0;
  trace.stderr.setEncoding('utf8').on('data', (text: string) => {
    syncs += text.match(/f(?:data)?sync\(/g)?.length ?? 0;
  });
  // strace is attached as soon as it reports one of the test's writes.
  let attempt = 0;
  await until('the tracer to see a write', async () => {
    await runtime.done('PUT', '/v1/load-balancers/a', { tags: { attempt: String(attempt++) } });
    return syncs > 0 || undefined;
  });
  for (let i = 0; i < 10; i++) {
    const before = syncs;
    await runtime.done('PUT', '/v1/load-balancers/a', { tags: { i: String(i) } });
    await until('the sync in the trace', () => syncs > before || undefined);
  }
});

test('a second runtime with the same VIP:port is refused, and stores nothing', async (t) => {
  const [first, second] = [await RuntimeProcess.start(t), await RuntimeProcess.start(t)];
  const port = await freePort();
  for (const runtime of [first, second]) {
    await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
    await runtime.done('PUT', '/v1/load-balancers/all', { address: '0.0.0.0' });
  }
  await first.done('PUT', '/v1/listeners/l', { loadBalancerId: 'lb', protocol: 'TCP', port });
  for (const loadBalancerId of ['lb', 'all']) {
    const { version } = await second.done('GET', '/v1/status');
    const refused = await second.call('PUT', '/v1/listeners/l', { loadBalancerId, protocol: 'TCP', port });
    assert.equal(refused.status, 409);
    assert.equal(refused.body.code, 'PortInUse');
    assert.equal(refused.body.details[0].path, 'port');
    assert.equal((await second.call('GET', '/v1/listeners/l')).status, 404);
    assert.equal((await second.done('GET', '/v1/status')).version, version);
  }
});

test('one refused write among ten concurrent valid ones fails alone', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const taken = await httpBackend(t, 'stranger');
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const ports = await Promise.all(Array.from({ length: 10 }, freePort));
  const responses = await Promise.all(
    [...ports, taken.port].map((port, i) =>
      runtime.call('PUT', `/v1/listeners/l${i}`, { loadBalancerId: 'lb', protocol: 'HTTP', port }),
    ),
  );
  assert.deepEqual(
    responses.map(({ status }) => status),
    [...ports.map(() => 200), 409],
  );
  const { listeners } = await runtime.done('GET', '/v1/status');
  assert.equal(listeners.length, 10);
  for (const port of ports) assert.match((await exchange(`http://127.0.0.1:${port}/`)).error ?? '', /^503/);
});

test('an unsupported Node.js version is named in one line, and --help shows defaults as users write them', () => {
  const older = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } })';
  const args = ['--import', `data:text/javascript,${encodeURIComponent(older)}`, MAIN, 'status'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.equal(stderr, 'weir: this is Node.js 20.20.2, and weir needs 22.19 or newer\n');
  const help = spawnSync(process.execPath, [MAIN, 'serve', '--help'], { encoding: 'utf8' });
  assert.match(help.stdout, /\(default: 127\.0\.0\.1:7400\)/);
});

test('a command whose output nobody reads on ends in silence, one that has no room for it fails, and a runtime serves on', async (t) => {
  const shell = (script: string) => spawnSync('bash', ['-c', script, process.execPath, MAIN], { encoding: 'utf8' });
  const ended = shell('"$0" "$1" completion bash | true; echo $PIPESTATUS');
  assert.deepEqual([ended.stdout, ended.stderr], ['0\n', '']);
  const full = shell('"$0" "$1" completion bash > /dev/full');
  assert.equal(full.status, 1);
  assert.match(full.stderr, /^weir: standard output cannot be written: ENOSPC[^\n]*\n$/);

  const args = ['serve', '--data', temporaryDirectory(t), '--api', '127.0.0.1:0', '--log-format', 'text'];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  child.stdout.destroy();
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  await until(
    'the warning',
    () => /^[^\n]* WARN {2}the line on standard output .* cannot be written/m.test(log) || undefined,
  );
  const [api = ''] = /http:[^\s]*/.exec(log) ?? [];
  assert.equal((await fetch(`${api}/openapi.json`)).status, 200);
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});

test('a data directory has one runtime at a time, and the second one names the reason', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const args = [MAIN, 'serve', '--data', runtime.dataDirectory, '--api', '127.0.0.1:0'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /^weir: .* is in use by another weir runtime/);
});

test('an API address that is taken, or unencrypted beyond loopback, is refused in one line', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const serve = (api: string) => {
    const args = [MAIN, 'serve', '--data', temporaryDirectory(t), '--api', api];
    return spawnSync(process.execPath, args, { encoding: 'utf8' });
  };
  const taken = serve(runtime.url.replace('http://', ''));
  assert.equal(taken.status, 1);
  assert.match(taken.stderr.trim(), /^weir: 127\.0\.0\.1:\d+ is in use: .*$/);
  const open = serve('0.0.0.0:0');
  assert.equal(open.status, 1);
  assert.match(open.stderr.trim(), /^weir: .*--allow-plaintext$/);
});

test('an invalid data directory is refused in one line that names it', (t) => {
  const data = temporaryDirectory(t);
  writeFileSync(join(data, 'weir.db'), 'not a database, but long enough to be taken for the head of one'.repeat(20));
  const args = [MAIN, 'serve', '--data', data, '--api', '127.0.0.1:0'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^weir: the database \S+weir\.db is damaged \(it is not a SQLite database\): restore a backup .*\n$/,
  );
  assert.ok(stderr.includes(data));
});

test('after a restart the same listeners serve, targets keep their health, and the runtime id is the same', async (t) => {
  const dataDirectory = temporaryDirectory(t);
  const first = await RuntimeProcess.start(t, { dataDirectory });
  const backend = await httpBackend(t, 'a');
  const port = await freePort();
  await first.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await first.done('PUT', '/v1/listeners/web', {
    loadBalancerId: 'lb',
    protocol: 'HTTP',
    port,
    healthCheck: { intervalSeconds: 60 },
  });
  await first.done('PUT', '/v1/attachments/pool', {
    listenerId: 'web',
    targets: { a: backend.target },
    awaitHealthySeconds: 5,
  });
  const id = (await first.call('GET', '/healthz')).headers.get('x-weir-runtime');
  assert.equal(await first.end('SIGTERM'), 0);
  const second = await RuntimeProcess.start(t, { dataDirectory });
  assert.equal((await second.call('GET', '/healthz')).headers.get('x-weir-runtime'), id);
  assert.equal((await exchange(`http://127.0.0.1:${port}/`)).backend, 'a');
});

test('a stored listener whose port is taken at the start shows an error, and opens when the port is free', async (t) => {
  const dataDirectory = temporaryDirectory(t);
  const first = await RuntimeProcess.start(t, { dataDirectory });
  const blocker = await httpBackend(t, 'stranger');
  const { port } = blocker;
  await blocker.close();
  await first.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await first.done('PUT', '/v1/listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port });
  await first.end('SIGKILL');
  const holder = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`,
  ]);
  t.after(() => holder.kill('SIGKILL'));
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  const second = await RuntimeProcess.start(t, { dataDirectory });
  assert.match((await second.done('GET', '/v1/listeners/web')).lastError, new RegExp(`${port}`));
  await second.done('PUT', '/v1/load-balancers/other', {});
  // A listener that could not open at the start does not make other writes fail, unless a write moves it to another
  // taken port.
  await second.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1', tags: { changed: 'yes' } });
  holder.kill('SIGKILL');
  await until('the listener to serve', async () =>
    (await exchange(`http://127.0.0.1:${port}/`)).error?.startsWith('503'),
  );
  assert.equal((await second.done('GET', '/v1/listeners/web')).lastError, undefined);
});

test('SIGTERM under load: requests in progress finish, and the exit code is 0', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const backend = await httpBackend(t, 'a');
  const port = await freePort();
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port });
  await runtime.done('PUT', '/v1/attachments/pool', {
    listenerId: 'web',
    targets: { a: backend.target },
    awaitHealthySeconds: 5,
  });
  const load = startLoad({ url: `http://127.0.0.1:${port}/`, clients: 8, maxRequests: 2000 });
  await until('requests', () => load.exchanges.length > 100 || undefined);
  assert.equal(await runtime.end('SIGTERM'), 0);
  await load.stop();
  const broken = load.failures().filter(({ error }) => !/ECONNREFUSED|ECONNRESET|socket hang up/.test(error ?? ''));
  assert.deepEqual(broken.slice(0, 3), []);
});

test('after SIGTERM, an open connection goes on for --stop-timeout at most', async (t) => {
  const runtime = await RuntimeProcess.start(t, { args: ['--stop-timeout', '0.1'] });
  const backend = await tcpBackend(t, 'a');
  const port = await freePort();
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/listeners/tcp', { loadBalancerId: 'lb', protocol: 'TCP', port });
  await runtime.done('PUT', '/v1/attachments/pool', {
    listenerId: 'tcp',
    targets: { a: backend.target },
    awaitHealthySeconds: 10,
  });
  const client = connect(port, '127.0.0.1').on('error', () => {});
  t.after(() => client.destroy());
  client.write('x');
  await once(client, 'data');
  const closed = once(client, 'close');
  assert.equal(await runtime.end('SIGTERM'), 0);
  await closed;
});

test('token files are private, and only the right token is accepted', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const file = join(runtime.dataDirectory, 'admin-token');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.match(runtime.token, /^weir_/);
  const id = (await runtime.call('GET', '/healthz')).headers.get('x-weir-runtime') ?? '';
  const published = join(runtime.home, '.weir', id, 'token');
  assert.ok(existsSync(published));
  assert.equal(statSync(published).mode & 0o777, 0o600);
  assert.equal(readFileSync(published, 'utf8').trim(), runtime.token);
  const wrong = await runtime.call('GET', '/v1/status', undefined, { authorization: 'Bearer weir_wrong' });
  assert.equal(wrong.body.code, 'Unauthenticated');
  const mismatch = await runtime.call('GET', '/v1/status', undefined, { 'x-weir-runtime': 'another' });
  assert.equal(mismatch.body.code, 'RuntimeMismatch');
});

test('a newer write supersedes one that waits for a first check', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const a = await httpBackend(t, 'a');
  const dead = await freePort();
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port: await freePort() });
  const put = (only: object, more: object = {}) =>
    runtime.call('PUT', '/v1/attachments/pool', { listenerId: 'web', targets: { only }, ...more });
  await put(a.target, { awaitHealthySeconds: 5 });
  const waiting = put({ ...a.target, port: dead });
  const isSuperseded = waiting.then(({ body }) => body.code === 'Superseded');
  // The writes may arrive in any order, so the newer write is repeated until it supersedes the older one. Without a
  // newer write, the older one would wait for 30 s.
  await until('the newer write to supersede the older one', async () => {
    assert.equal((await put({ ...a.target, weight: 7 })).status, 200);
    return Promise.race([isSuperseded, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 50))]);
  });
  assert.ok(await isSuperseded);
});

test('If-Match refuses a write to an object that has changed', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const first = await runtime.call('PUT', '/v1/load-balancers/a', {});
  const etag = first.headers.get('etag') ?? '';
  assert.equal(
    (await runtime.call('PUT', '/v1/load-balancers/a', { tags: { x: '1' } }, { 'if-match': etag })).status,
    200,
  );
  const late = await runtime.call('PUT', '/v1/load-balancers/a', { tags: { x: '2' } }, { 'if-match': etag });
  assert.equal(late.body.code, 'PreconditionFailed');
  assert.equal((await runtime.call('DELETE', '/v1/load-balancers/a', undefined, { 'if-match': etag })).status, 412);
});

test('`weir status` shows listeners, targets and workers', async (t) => {
  const runtime = await RuntimeProcess.start(t, { args: ['--workers', '2'] });
  const backend = await httpBackend(t, 'a');
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port: await freePort() });
  await runtime.done('PUT', '/v1/attachments/pool', {
    listenerId: 'web',
    targets: { blue: { ...backend.target, weight: 25 } },
    awaitHealthySeconds: 5,
  });
  // Without WEIR_TOKEN, the command uses the token that `serve` wrote for this user.
  const env = { ...process.env, HOME: runtime.home, WEIR_ENDPOINT: runtime.url, WEIR_TOKEN: '' };
  const { stdout, status, stderr } = spawnSync(process.execPath, [MAIN, 'status'], { encoding: 'utf8', env });
  assert.equal(status, 0, stderr);
  assert.match(stdout, new RegExp(`blue +127\\.0\\.0\\.1:${backend.port} +25 +healthy`));
});
