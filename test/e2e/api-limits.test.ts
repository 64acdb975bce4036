// What one caller of the API may use up: bodies, problems, connections, streams, objects; and targets that lead back.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { RuntimeClient } from '../../provider/client/client.ts';
import { settingsOf } from '../../provider/client/settings.ts';
import { freePort, httpBackend } from '../harness/backends/backends.ts';
import { RuntimeProcess, until } from '../harness/runtime/runtime.ts';

/** Opens a connection to the API that ends with the test, and collects what the API sends on it. */
function opened(
  t: TestContext,
  { url }: RuntimeProcess,
): { socket: Socket; received: () => string; closed: Promise<void> } {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  t.after(() => socket.destroy());
  let text = '';
  socket.setEncoding('latin1').on('data', (part) => {
    text += part;
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, received: () => text, closed };
}

async function tokenOf(runtime: RuntimeProcess): Promise<string> {
  const statements = [{ actions: ['slb:*'], resources: ['*'] }];
  return (await runtime.done('POST', '/v1/tokens', { name: 'team', statements })).token;
}

test('a target that leads back to the runtime or to metadata is refused, for every kind that binds it', async (t) => {
  const runtime = await RuntimeProcess.start(t, {
    args: ['--deny-targets', '10.0.0.0/8', '--allow-targets', '10.1.0.0/16'],
  });
  const [port, other] = [await freePort(), await freePort()];
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port });
  const bind = (target: object) =>
    runtime.call('PUT', '/v1/attachments/app', { listenerId: 'web', targets: { b: target }, handoverSeconds: 0 });
  const api = Number(new URL(runtime.url).port);
  const refused = [
    { address: '127.0.0.1', port },
    { address: '::ffff:127.0.0.1', port },
    { address: '0.0.0.0', port },
    { address: '127.0.0.1', port: api },
    { address: '169.254.169.254', port: 80 },
    { address: '::ffff:a9fe:a9fe', port: 80 },
    { address: '10.0.0.1', port: 80 },
  ];
  for (const target of refused) {
    const { status, body } = await bind(target);
    assert.deepEqual(
      [status, body.code, body.details[0].path],
      [400, 'InvalidParameter', 'targets.b'],
      JSON.stringify(target),
    );
  }
  assert.equal((await bind({ address: '10.1.0.1', port: 80 })).status, 200);
  const patched = await runtime.call('PATCH', '/v1/attachments/app', {
    targets: { c: { address: '127.0.0.1', port } },
  });
  assert.deepEqual([patched.status, patched.body.details[0].path], [400, 'targets.c']);
  // The other order: a bound target, on which a listener, a moved load balancer or a check lands.
  assert.equal((await bind({ address: '127.0.0.1', port: other })).status, 200);
  await runtime.done('PUT', '/v1/load-balancers/all', { address: '0.0.0.0' });
  const landing = await runtime.call('PUT', '/v1/listeners/two', {
    loadBalancerId: 'all',
    protocol: 'TCP',
    port: other,
  });
  assert.deepEqual([landing.status, landing.body.code, landing.body.details[0].path], [409, 'PortInUse', 'port']);
  const check = { loadBalancerId: 'lb', protocol: 'HTTP', port, healthCheck: { protocol: 'HTTP', port: api } };
  const checked = await runtime.call('PUT', '/v1/listeners/web', check);
  assert.deepEqual([checked.status, checked.body.details[0].path], [400, 'healthCheck.port']);
});

test('no change of a server or group turns a bound target back to its listener, and a group address is no target', async (t) => {
  const runtime = await RuntimeProcess.start(t, { args: ['--workers', '1'] });
  const headers = { authorization: `Bearer ${await tokenOf(runtime)}` };
  const put = (path: string, body?: object) => runtime.call('PUT', `/v1/${path}`, body, headers);
  const [port, wild] = [await freePort(), await freePort()];
  const none = { healthCheck: { protocol: 'none' } };
  const server = (...addresses: string[]) => ({ region: 'r', vpcId: 'v', addresses });
  const steps: [path: string, body: object | undefined][] = [
    ['load-balancers/lb', { address: '127.0.0.1' }],
    ['load-balancers/wild', { address: '0.0.0.0' }],
    ['listeners/dns', { loadBalancerId: 'lb', protocol: 'UDP', port, ...none }],
    ['listeners/all', { loadBalancerId: 'wild', protocol: 'UDP', port: wild, ...none }],
    ...['one', 'two'].map((id): [string, object] => [
      `backend-servers/${id}`,
      server('127.0.0.9', '127.0.0.1', '169.254.169.254'),
    ]),
    ['attachments/own', { listenerId: 'dns', targets: { x: { serverId: 'one', port } } }],
    ['groups/g', {}],
    ['groups/g/members/two', undefined],
    ['group-attachments/g', { listenerId: 'dns', groupId: 'g', port }],
  ];
  for (const [path, body] of steps) assert.equal((await put(path, body)).status, 200, path);
  for (const id of ['one', 'two']) {
    for (const addresses of [['127.0.0.1', '127.0.0.9'], ['127.0.0.1'], ['169.254.169.254', '127.0.0.9']]) {
      const { status, body } = await put(`backend-servers/${id}`, server(...addresses));
      assert.deepEqual([status, body.code, body.details[0].path], [400, 'InvalidParameter', 'addresses'], `${id}`);
    }
  }
  for (const address of ['224.0.0.1', '::ffff:239.1.1.1', '255.255.255.255', 'ff02::1', 'FF0E:0::1']) {
    const { status, body } = await put('attachments/group', {
      listenerId: 'all',
      targets: { x: { address, port: wild } },
    });
    assert.deepEqual([status, body.details[0].path], [400, 'targets.x.address'], address);
    assert.equal((await put('backend-servers/one', server(address))).body.details[0].path, 'addresses[0]');
  }
});

test('stored targets that lead back are served after a start, with a warning', async (t) => {
  const first = await RuntimeProcess.start(t);
  const { target } = await httpBackend(t, 'b');
  await first.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await first.done('PUT', '/v1/listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port: await freePort() });
  await first.done('PUT', '/v1/attachments/app', { listenerId: 'web', targets: { b: target } });
  await first.end('SIGTERM');
  const args = ['--deny-targets', '127.0.0.0/8'];
  const next = await RuntimeProcess.start(t, { dataDirectory: first.dataDirectory, args });
  const { warnings } = await next.done('GET', '/v1/attachments/app');
  assert.match(warnings[0], /^targets\.b is at 127\.0\.0\.1, and this runtime takes no targets in 127\.0\.0\.0\/8/);
  assert.match(next.log(), /"attachment":"app"/);
  // The target stays bound, and its weight may change.
  await next.done('PATCH', '/v1/attachments/app', { targets: { b: { weight: 7 } } });
});

test('a body of too many values or elements gets one short error', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const headers = { authorization: `Bearer ${await tokenOf(runtime)}` };
  const many = (count: number, value: unknown) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}`, value]));
  const put = (path: string, body: object) => runtime.call('PUT', path, body, headers);
  const huge = await put('/v1/attachments/a', { listenerId: 'web', targets: many(300_000, {}) });
  assert.deepEqual([huge.status, huge.body.message], [400, 'the body has more than 10000 values']);
  const tables: [path: string, body: object, problem: object][] = [
    [
      '/v1/attachments/a',
      { loadBalancerId: 'lb', targets: many(501, 1) },
      { path: 'targets', message: 'must have at most 500 targets, not 501' },
    ],
    ['/v1/groups/g', { members: many(501, 1) }, { path: 'members', message: 'must have at most 500 members, not 501' }],
    ['/v1/load-balancers/lb', { tags: many(65, 1) }, { path: 'tags', message: 'must have at most 64 tags, not 65' }],
    [
      '/v1/listeners/l',
      { loadBalancerId: 'lb', protocol: 'HTTPS', port: 1, certificates: many(257, 1) },
      { path: 'certificates', message: 'must have at most 256 certificates, not 257' },
    ],
  ];
  for (const [path, body, problem] of tables) assert.deepEqual((await put(path, body)).body.details, [problem]);
  const wrong = await put('/v1/attachments/a', {
    loadBalancerId: 'lb',
    targets: many(500, { port: 0, [`${'x'.repeat(3000)}`]: 1 }),
  });
  assert.equal(wrong.body.details.length, 100);
  assert.match(wrong.body.message, /; and 1400 more problems$/);
  assert.ok(JSON.stringify(wrong.body).length < 500_000);
});

test('a request without a token is closed before its body is read', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const { socket, received, closed } = opened(t, runtime);
  socket.write(
    'PUT /v1/load-balancers/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{',
  );
  await closed;
  assert.match(received(), /^HTTP\/1\.1 401 [\s\S]*connection: close/i);
});

const HEALTHZ = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n';
/** What a connection without a token sends at first, by its kind. */
const TOKENLESS: Readonly<Record<string, string>> = {
  silent: '',
  'half a request': HEALTHZ,
  'kept alive': `${HEALTHZ}\r\n`,
  'a slow body': `${HEALTHZ}Content-Length: 1000\r\n\r\n`,
  'a refused token': 'GET /v1/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n\r\n',
};

test('connections without a token keep nobody out, whatever they send and however often they come back', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const team = await tokenOf(runtime);
  for (const [kind, first] of Object.entries(TOKENLESS)) {
    const over = new AbortController();
    const held = new Set<Socket>();
    const hold = () => {
      if (over.signal.aborted) return;
      const { socket } = opened(t, runtime);
      held.add(socket);
      socket.write(first);
      socket.once('close', () => {
        held.delete(socket);
        setTimeout(hold, 20);
      });
    };
    for (let count = 0; count < 300; count++) hold();
    await until('as many connections as there may be', () => held.size >= 256 || undefined);
    for (const token of [team, runtime.token]) {
      const settings = settingsOf({ get: () => undefined }, { WEIR_ENDPOINT: runtime.url, WEIR_TOKEN: token });
      assert.equal((await new RuntimeClient(settings).status()).version, 0, kind);
    }
    over.abort();
    for (const socket of held) socket.destroy();
  }
});

test('the last connections are for the administrator, however many the others have', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const team = await tokenOf(runtime);
  const request = (token: string) =>
    // No list and no status, of which a token may have few under way.
    `GET /v1/listeners/none HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  const responded = (to: ReturnType<typeof opened>, status: number) =>
    until(`a response of ${status}`, () => to.received().startsWith(`HTTP/1.1 ${status} `) || undefined);
  const held = Array.from({ length: 240 }, () => opened(t, runtime));
  for (const { socket } of held) socket.write(request(team));
  for (const each of held) await responded(each, 404);
  const oneMore = opened(t, runtime);
  oneMore.socket.write(request(team));
  await responded(oneMore, 503);
  assert.match(oneMore.received(), /SystemBusy/);
  // The rest is for the administrator alone, and those without a token give way.
  const others = Array.from({ length: 40 }, () => opened(t, runtime));
  for (const { socket } of others) socket.write(`${HEALTHZ}\r\n`);
  const ofAdministrator = opened(t, runtime);
  ofAdministrator.socket.write(request(runtime.token));
  await responded(ofAdministrator, 404);
  assert.equal(ofAdministrator.socket.closed, false);
  assert.ok(held.every(({ socket }) => !socket.closed));
});

test('a token has 50,000 bindings, and 16 responses that show them under way, while others get theirs at once', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const team = await tokenOf(runtime);
  const headers = { authorization: `Bearer ${team}` };
  const put = (path: string, body: object) => runtime.call('PUT', path, body, headers);
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const listen = async (id: number) => {
    const healthCheck = { protocol: 'none' };
    return await put(`/v1/listeners/l${id}`, {
      ...{ loadBalancerId: 'lb', protocol: 'TCP', port: await freePort(), healthCheck },
    });
  };
  for (let id = 0; id < 10; id++) assert.equal((await listen(id)).status, 200);
  for (let id = 0; id < 10; id++) {
    const targets = Array.from({ length: 500 }, (_, i) => [`${i}`, { address: `10.0.${id}.1`, port: i + 1 }]);
    const body = { loadBalancerId: 'lb', targets: Object.fromEntries(targets) };
    assert.equal((await put(`/v1/attachments/a${id}`, body)).status, 200);
  }
  const more = await listen(10);
  assert.deepEqual([more.status, more.body.code, more.body.details[0].path], [409, 'LimitExceeded', 'loadBalancerId']);
  // Sixteen readers that read nothing of their status; it is larger than what fits between the two sockets.
  const readers = Array.from({ length: 16 }, () => opened(t, runtime));
  for (const { socket } of readers) {
    socket.pause();
    socket.write(`GET /v1/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${team}\r\n\r\n`);
  }
  const status = (token: string) => runtime.call('GET', '/v1/status', undefined, { authorization: `Bearer ${token}` });
  // While those wait, another caller reads its whole status.
  assert.equal((await status(runtime.token)).body.listeners.length, 10);
  const refused = await runtime.call('GET', '/v1/rules', undefined, headers);
  assert.deepEqual([refused.status, refused.body.code], [503, 'SystemBusy']);
  for (const { socket } of readers) socket.destroy();
  await until('the readers are gone', async () => {
    return (await runtime.call('GET', '/v1/rules', undefined, headers)).status === 200 || undefined;
  });
  const { body } = await status(await tokenOf(runtime));
  const bound = body.listeners.flatMap(({ targets }: { targets: object[] }) => targets);
  assert.deepEqual([body.engines.length, bound.length], [1, 50_000]);
  assert.deepEqual(Object.keys(bound[0]).slice(0, 4), ['attachment', 'name', 'address', 'port']);
  // A list is a page with a cursor, whole or in pieces.
  const page = async (query: string) => await runtime.done('GET', `/v1/attachments?${query}`);
  const first = await page('limit=4');
  const rest = await page(`limit=1000&cursor=${first.cursor}`);
  const ids = [...first.items, ...rest.items].map(({ id }: { id: string }) => id);
  assert.deepEqual([ids, rest.cursor], [Array.from({ length: 10 }, (_, id) => `a${id}`), undefined]);
  assert.equal(Object.keys(rest.items[5].boundTargets).length, 500);
});
