// The access log of a real runtime: a line for each exchange and connection, sampling, rotation, and bounded cost.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { request as requestTls } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Backend, freePort, httpBackend, tcpBackend } from '../harness/backends/backends.ts';
import { exchange, startLoad } from '../harness/clients/load.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { MAIN, RuntimeProcess, temporaryDirectory, until } from '../harness/runtime/runtime.ts';

interface Logged {
  readonly runtime: RuntimeProcess;
  readonly file: string;
  readonly port: number;
  readonly url: string;
  /** Puts the listener `web` with changed properties. */
  change(listener: object): Promise<unknown>;
  /** Returns the parsed lines that the log file contains so far. */
  lines(): readonly Line[];
}

// biome-ignore lint/suspicious/noExplicitAny: a test asserts on what it reads.
type Line = any;

/** Starts a runtime with an access log and a listener `web` with the targets `backends`. */
async function startLogged(
  t: TestContext,
  backends: readonly Pick<Backend, 'name' | 'target'>[],
  listener: object = {},
  flags: readonly string[] = [],
): Promise<Logged> {
  const file = join(temporaryDirectory(t), 'access.log');
  const args = ['--workers', '2', '--access-log', file, ...flags];
  const runtime = await RuntimeProcess.start(t, { args });
  const port = await freePort();
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const web = { loadBalancerId: 'lb', protocol: 'HTTP', port, healthCheck: { protocol: 'none' }, ...listener };
  const change = (properties: object) => runtime.done('PUT', '/v1/listeners/web', { ...web, ...properties });
  await change({});
  const targets = Object.fromEntries(backends.map(({ name, target }) => [name, target]));
  await runtime.done('PUT', '/v1/attachments/pool', { listenerId: 'web', targets });
  const lines = () => linesOf(file);
  return { runtime, file, port, url: `http://127.0.0.1:${port}/`, change, lines };
}

function linesOf(file: string): Line[] {
  const text = readFileSync(file, 'utf8');
  assert.ok(text === '' || text.endsWith('\n'));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Sends the bytes on a new connection and returns everything received until it closes. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  socket.on('error', () => {});
  let text = '';
  socket.on('data', (part) => {
    text += part;
  });
  socket.write(bytes, 'latin1');
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

test('each exchange has a line with client, request, target and result', async (t) => {
  const backend = createServer((asked, response) => asked.resume().on('end', () => response.end('hello')));
  backend.listen(0, '127.0.0.1');
  t.after(() => backend.close());
  await once(backend, 'listening');
  const { port: targetPort } = backend.address() as AddressInfo;
  const target = { address: '127.0.0.1', port: targetPort };
  const { port, lines } = await startLogged(t, [{ name: 'a', target }]);
  const get = 'GET /cart%0a?token=secret HTTP/1.1\r\nHost: Shop.example\r\n\r\n';
  const post = `POST /orders HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n${'x'.repeat(1000)}`;
  const response = await raw(port, get + post);
  const [first, second] = await until('two lines', () => (lines().length === 2 ? lines() : undefined));
  assert.match(first.time, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(first.client, /^127\.0\.0\.1:\d+$/);
  assert.ok(first.durationMs > 0);
  const { time: _, client, durationMs: __, bytesIn: ___, bytesOut, ...rest } = first;
  assert.deepEqual(rest, {
    listener: 'web',
    protocol: 'HTTP',
    method: 'GET',
    host: 'Shop.example',
    path: '/cart%0a',
    status: 200,
    target: `127.0.0.1:${targetPort}`,
    retries: 0,
  });
  assert.deepEqual([second.client, second.method, second.path], [client, 'POST', '/orders']);
  // How the received bytes divide between the two exchanges depends on their packets; only the sums are fixed.
  assert.equal(first.bytesIn + second.bytesIn, get.length + post.length);
  assert.equal(bytesOut + second.bytesOut, response.length);
  assert.ok(bytesOut > 50 && second.bytesOut > 50);
});

test('the responses of a rule itself have their action, and no error unless the redirect leads in a circle', async (t) => {
  const { runtime, port, lines } = await startLogged(t, [await httpBackend(t, 'a')]);
  const rule = { listenerId: 'web', path: '/old' };
  const rows: readonly [action: object, line: readonly unknown[]][] = [
    [{ redirect: { path: '/new', status: 308 } }, ['redirect', 308, undefined]],
    [{ fixedResponse: { status: 503, body: 'closed' } }, ['fixedResponse', 503, undefined]],
    [{ redirect: { path: '/old' } }, [undefined, 508, 'the redirect leads to the URL that was requested']],
  ];
  for (const [action] of rows) {
    await runtime.done('PUT', '/v1/rules/old', { ...rule, ...action });
    await raw(port, 'GET /old?secret=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  }
  const seen = await until('the lines', () => (lines().length === rows.length ? lines() : undefined));
  const told = seen.map((line) => [line.rule, line.path, line.target, line.action, line.status, line.error]);
  const expected = rows.map(([, line]) => ['old', '/old', undefined, ...line]);
  const byStatus = (all: readonly unknown[][]) => all.toSorted((one, other) => Number(one[4]) - Number(other[4]));
  assert.deepEqual(byStatus(told), byStatus(expected));
});

test('requests that the proxy rejects have a line with what is known of them', async (t) => {
  const { port, change, lines } = await startLogged(t, [await httpBackend(t, 'a')]);
  await raw(port, 'GET /a?secret=1 HTTP/1.1\r\n\r\n');
  await raw(port, 'CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n');
  await raw(port, `GET /long HTTP/1.1\r\nX: ${'x'.repeat(40_000)}`);
  await raw(port, '\x16\x03\x01 a TLS hello');
  await change({ idleTimeoutSeconds: 1 });
  await raw(port, 'GET /slow HTTP/1.1\r\nHost:');
  const seen = await until('five lines', () => (lines().length === 5 ? lines() : undefined));
  assert.deepEqual(seen.map(({ status, method, path, error }) => [status, method, path, error]).toSorted(), [
    [400, undefined, undefined, 'not an HTTP message'],
    [400, 'GET', '/a', 'no Host header'],
    [405, 'CONNECT', 'shop.example:443', 'CONNECT is not served'],
    [408, 'GET', '/slow', 'the request head did not arrive in time'],
    [431, 'GET', '/long', 'head over 32768 bytes'],
  ]);
  assert.ok(seen.every(({ listener, client, target }) => listener === 'web' && client !== undefined && !target));
});

test('retries and failures are logged with their reason', async (t) => {
  const dead = { name: 'dead', target: { address: '127.0.0.1', port: await freePort() } };
  const a = await httpBackend(t, 'a');
  const { url, lines, runtime } = await startLogged(t, [dead, a]);
  assert.equal((await exchange(url)).backend, 'a');
  const retried = await until('the line of the retried request', () => lines()[0]);
  assert.deepEqual([retried.status, retried.retries, retried.target], [200, 1, `127.0.0.1:${a.port}`]);
  await runtime.done('PATCH', '/v1/attachments/pool', { targets: { a: null, dead: null } });
  await exchange(url);
  const none = await until('the line of the failed request', () => lines()[1]);
  assert.deepEqual([none.status, none.error, none.target], [503, 'no target takes traffic', undefined]);
});

test('the line of an exchange says that its target was unbound before the response ended', async (t) => {
  const backend = createServer((_request, response) => response.writeHead(200, { 'Content-Length': 2 }).write('a'));
  backend.listen(0, '127.0.0.1');
  t.after(() => backend.close().closeAllConnections());
  await once(backend, 'listening');
  const target = { address: '127.0.0.1', port: (backend.address() as AddressInfo).port };
  const { port, lines, runtime } = await startLogged(t, [{ name: 'a', target }], { requestTimeoutSeconds: 0.1 });
  const client = connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  client.on('error', () => {}).write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(client, 'data');
  await runtime.done('PATCH', '/v1/attachments/pool', { targets: { a: null } });
  const line = await until('the line of the exchange', () => lines()[0]);
  assert.deepEqual([line.status, line.error], [200, 'the target was unbound before its response ended']);
});

test('a client that goes away and an upgraded connection have a line at their end', async (t) => {
  const backend = createServer();
  backend.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
    socket.on('error', () => {}).pipe(socket);
  });
  const arrived = Promise.withResolvers<void>();
  backend.on('request', () => arrived.resolve());
  backend.listen(0, '127.0.0.1');
  t.after(() => backend.close().closeAllConnections());
  await once(backend, 'listening');
  const target = { address: '127.0.0.1', port: (backend.address() as AddressInfo).port };
  const { port, lines } = await startLogged(t, [{ name: 'a', target }]);
  const waiting = connect(port, '127.0.0.1').on('error', () => {});
  waiting.write('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n');
  await arrived.promise;
  waiting.resetAndDestroy();
  const gone = await until('the line of the request', () => lines()[0]);
  assert.deepEqual([gone.path, gone.status, gone.error], ['/wait', undefined, 'the client closed the connection']);

  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  socket.write('GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
  let text = '';
  socket.on('data', (part) => {
    text += part;
  });
  await until('the response 101', () => text.endsWith('\r\n\r\n'));
  assert.equal(lines().length, 1, 'an open upgraded connection has no line');
  socket.write('12345');
  await until('the echo', () => text.endsWith('12345'));
  socket.end();
  const chat = await until('the line of the upgraded connection', () => lines()[1]);
  assert.deepEqual([chat.status, chat.error, chat.bytesOut], [101, undefined, text.length]);
});

test("the line of an HTTPS exchange has the TLS version, and the line of a forwarding rule's exchange has the rule", async (t) => {
  const a = await httpBackend(t, 'a');
  const certificates = { main: makePair(['shop.example']) };
  const { port, lines, runtime } = await startLogged(t, [a], { protocol: 'HTTPS', certificates });
  await runtime.done('PUT', '/v1/rules/orders', {
    listenerId: 'web',
    path: '/orders',
    healthCheck: { protocol: 'none' },
  });
  await runtime.done('PUT', '/v1/attachments/of-rule', { ruleId: 'orders', targets: { a: a.target } });
  const get = (path: string) =>
    new Promise((resolve) => {
      requestTls({ port, path, rejectUnauthorized: false, agent: false }, (response) => {
        response.resume().on('end', resolve);
      }).end();
    });
  await get('/orders/1');
  await get('/');
  const seen = await until('two lines', () => (lines().length === 2 ? lines() : undefined));
  assert.deepEqual(
    seen.map(({ protocol, tlsVersion, rule, path, status }) => [protocol, tlsVersion, rule, path, status]).toSorted(),
    [
      ['HTTPS', 'TLSv1.3', undefined, '/', 200],
      ['HTTPS', 'TLSv1.3', 'orders', '/orders/1', 200],
    ],
  );
  assert.ok(seen.every(({ bytesIn, bytesOut }) => bytesIn > 20 && bytesOut > 20));
});

test('each TCP connection has a line at its end', async (t) => {
  const a = await tcpBackend(t, 'a');
  const { port, lines, runtime } = await startLogged(t, [a], { protocol: 'TCP' });
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  socket.write('hello');
  let text = '';
  socket.on('data', (part) => {
    text += part;
  });
  await until('the echo', () => text === 'a\nhello');
  socket.end();
  const line = await until('the line of the connection', () => lines()[0]);
  const { time: _, client: __, durationMs, ...rest } = line;
  const target = `127.0.0.1:${a.port}`;
  assert.deepEqual(rest, { listener: 'web', protocol: 'TCP', target, bytesIn: 5, bytesOut: 7, retries: 0 });
  assert.ok(durationMs > 0);
  await runtime.done('PATCH', '/v1/attachments/pool', { targets: { a: null } });
  await raw(port, 'x');
  assert.equal((await until('the line of the second connection', () => lines()[1])).error, 'no target takes traffic');
});

test('each UDP session has a line at its end', async (t) => {
  const echo = createSocket('udp4').bind(0, '127.0.0.1');
  t.after(() => echo.close());
  await once(echo, 'listening');
  echo.on('message', (datagram, { port }) => echo.send(datagram, port, '127.0.0.1'));
  const target = { address: '127.0.0.1', port: echo.address().port };
  const { port, lines, runtime } = await startLogged(t, [{ name: 'a', target }], { protocol: 'UDP' });
  const client = createSocket('udp4');
  t.after(() => client.close());
  client.connect(port, '127.0.0.1');
  await once(client, 'connect');
  for (let i = 0; i < 3; i++) {
    client.send('hello');
    await once(client, 'message');
  }
  assert.equal(await runtime.end('SIGTERM'), 0);
  const [line] = lines();
  const { time: _, durationMs, ...rest } = line;
  assert.deepEqual(rest, {
    listener: 'web',
    protocol: 'UDP',
    client: `127.0.0.1:${client.address().port}`,
    target: `127.0.0.1:${target.port}`,
    bytesIn: 15,
    bytesOut: 15,
    retries: 0,
  });
  assert.ok(durationMs > 0);
});

test('a sample rate of 0.5 logs about half of the exchanges, and each line contains the rate', async (t) => {
  const { url, lines, runtime } = await startLogged(t, [await httpBackend(t, 'a')], {}, ['--access-log-sample', '0.5']);
  const load = startLoad({ url, clients: 4, maxRequests: 250 });
  await until('1,000 responses', () => load.exchanges.length === 1000);
  await load.stop();
  assert.equal(await runtime.end('SIGTERM'), 0);
  const sampled = lines();
  // The expected number of sampled lines is 500, with a standard deviation of 16.
  assert.ok(sampled.length > 400 && sampled.length < 600, `${sampled.length} lines`);
  assert.ok(sampled.every(({ sampleRate }) => sampleRate === 0.5));
});

test('SIGHUP after a rename reopens the log file under load, and no line is lost', async (t) => {
  const { url, file, lines, runtime } = await startLogged(t, [await httpBackend(t, 'a')]);
  const load = startLoad({ url, clients: 4 });
  await until('lines', () => lines().length > 50);
  renameSync(file, `${file}.1`);
  process.kill(runtime.pid, 'SIGHUP');
  await until('the new file', () => existsSync(file) && lines().length > 50);
  await load.stop();
  assert.deepEqual(load.failures(), []);
  assert.equal(await runtime.end('SIGTERM'), 0);
  assert.equal(linesOf(`${file}.1`).length + lines().length, load.exchanges.length);
  assert.equal(statSync(file).mode & 0o007, 0);
});

test('a full disk loses lines, which are counted, and no request', async (t) => {
  const { url, runtime } = await startLogged(t, [await httpBackend(t, 'a')], {}, ['--access-log', '/dev/full']);
  for (let i = 0; i < 5; i++) assert.equal((await exchange(url)).backend, 'a');
  const isCounted = async () => /^weir_access_log_dropped_total 5$/m.test(await runtime.metrics());
  await until('the count of lost lines', isCounted);
  assert.match(runtime.log(), /ENOSPC/);
  assert.equal(runtime.log().match(/the access log cannot be written/g)?.length, 1);
});

test('without --access-log no log is written, and /metrics has no count of its lines', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const before = readdirSync(runtime.dataDirectory);
  assert.doesNotMatch(await runtime.metrics(), /access_log/);
  assert.deepEqual(readdirSync(runtime.dataDirectory), before);
});

test('/dev/stderr is accepted as a log file; a path that cannot be a file is refused at the start', async (t) => {
  const { url, runtime } = await startLogged(t, [await httpBackend(t, 'a')], {}, ['--access-log', '/dev/stderr']);
  await exchange(url);
  await until('the line', () => /^\{.*"listener":"web".*"status":200/m.test(runtime.log()));
  const serve = (...flags: string[]) => {
    const args = [MAIN, 'serve', '--data', temporaryDirectory(t), '--api', '127.0.0.1:0', ...flags];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
    return `${status} ${stderr}`;
  };
  assert.match(serve('--access-log', '/'), /^1 weir: the access log \/ cannot be written: EISDIR/);
  assert.match(serve('--access-log', '-'), /^1 .*--access-log.*It must be a file/);
  assert.match(serve('--access-log-sample', '0.5'), /^1 weir: --access-log-sample needs --access-log/);
  for (const rate of ['0', '1.1', 'x']) assert.match(serve('--access-log-sample', rate), /^1 .*above 0 and at most 1/);
});
