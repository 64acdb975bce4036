import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { getEventListeners, once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { HealthCheckSnapshot } from '../../../../provider/runtime/contract/snapshot.ts';
import { probe } from '../../../../provider/runtime/health/probes.ts';
import { freePort } from '../../../harness/backends/backends.ts';
import { TCP_CHECK } from '../../../harness/control/tcp-check.ts';
import { makePair } from '../../../harness/machine/certificates.ts';
import { establishedTo, keptPorts, unusedPort } from '../../../harness/machine/kept-ports.ts';
import { until } from '../../../harness/runtime/runtime.ts';

function selfSigned(): { cert: string; key: string } {
  const { certificate, privateKey } = makePair(['shop.example']);
  return { cert: certificate, key: privateKey };
}

const V2_LOCAL = '\r\n\r\n\0\r\nQUIT\n\x20\0\0\0';

interface Target {
  readonly port: number;
  /** Bytes that each connection has sent so far. */
  readonly received: string[];
  /** Open connections of the server. */
  readonly sockets: Set<Socket>;
}

async function listening(t: TestContext, server: Server): Promise<number> {
  server.listen(await unusedPort(), '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A target that responds to the first bytes of a connection with `respond`; `undefined` never responds. */
async function targetOf(t: TestContext, response?: string, endsWith = ''): Promise<Target> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const index = received.push('') - 1;
    sockets.add(socket);
    t.after(() => socket.destroy());
    socket.setEncoding('latin1').on('data', (text) => {
      received[index] = `${received[index]}${text}`;
      if (response !== undefined && received[index]?.endsWith(endsWith)) socket.write(response);
    });
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  return { port: await listening(t, server), received, sockets };
}

/** Runs one health check and asserts that it leaves no connection open. Returns the result of the check. */
async function check(
  port: number,
  changes: Partial<HealthCheckSnapshot>,
  address = '127.0.0.1',
): Promise<string | undefined> {
  const ended = new AbortController();
  const problem = await probe({ address, port }, { ...TCP_CHECK, ...changes }, ended.signal);
  assert.ok(typeof problem !== 'object');
  assert.equal(getEventListeners(ended.signal, 'abort').length, 0);
  return problem;
}

const HTTP = { protocol: 'HTTP' } as const;
const responseOf = (status: string, rest = '') => `HTTP/1.1 ${status}\r\nContent-Length: 5\r\n${rest}\r\n`;

const HTTP_ROWS: readonly (readonly [
  name: string,
  response: string | undefined,
  changes: object,
  problem: RegExp | undefined,
])[] = [
  ['an expected code passes before the body arrives', responseOf('204 No Content'), {}, undefined],
  ['an unexpected code fails', responseOf('503 Gone'), {}, /^responded with 503, which is not an expected code$/],
  [
    'a code in the second range passes',
    responseOf('404 No'),
    {
      expectedCodes: [
        [200, 200],
        [404, 404],
      ],
    },
    undefined,
  ],
  ['an interim response is ignored', `HTTP/1.1 100 Continue\r\n\r\n${responseOf('500 No')}`, {}, /^responded with 500/],
  [
    'a 101 response counts by its code',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    {},
    /^responded with 101/,
  ],
  ['a head over 16 KiB fails', responseOf('200 OK', `X: ${'a'.repeat(16 * 1024)}\r\n`), {}, /Header overflow/],
  [
    'a response that traffic gets repaired passes',
    'HTTP/1.1 200 OK\r\nX : 1\r\n 2\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello',
    {},
    undefined,
  ],
  ['a repaired response needs an expected code too', 'HTTP/1.1 503 No\r\nX : 1\r\n\r\n', {}, /^responded with 503/],
  [
    'a response that traffic does not get fails',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!',
    {},
    /Parse Error/,
  ],
  ['a response that is not HTTP fails', 'SSH-2.0-OpenSSH_9.2\r\n', {}, /Parse Error/],
  ['a missing response fails by the timeout', undefined, { timeoutMs: 100 }, /^no response within 100 ms$/],
];

for (const [name, response, changes, problem] of HTTP_ROWS) {
  test(`HTTP: ${name}, and the connection is closed`, async (t) => {
    const { port, sockets, received } = await targetOf(t, response);
    const found = await check(port, { ...HTTP, path: '/up?full=1', ...changes });
    if (problem === undefined) assert.equal(found, undefined);
    else assert.match(found ?? '', problem);
    assert.match(received[0] ?? '', new RegExp(`^GET /up\\?full=1 HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n`));
    await until('the end of the connection', () => sockets.size === 0);
  });
}

test('TCP: an accepted connection passes, a refused one fails, and the port of the check is used', async (t) => {
  const { port, sockets } = await targetOf(t);
  const closed = await freePort();
  assert.equal(await check(port, {}), undefined);
  assert.match((await check(closed, {})) ?? '', /ECONNREFUSED/);
  assert.equal(await check(closed, { port }), undefined);
  await until('the end of the connections', () => sockets.size === 0);
});

test('HTTP: a check keeps no port (TIME_WAIT), whichever side closes first', async (t) => {
  const { port } = await targetOf(t, responseOf('200 OK'));
  const open = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write(responseOf('200 OK')));
  });
  const openPort = await listening(t, open);
  for (const each of [port, openPort]) {
    const checks = Array.from({ length: 20 }, () => check(each, HTTP));
    assert.deepEqual(new Set(await Promise.all(checks)), new Set([undefined]));
  }
  await until('the end of the connections', () => establishedTo(port) + establishedTo(openPort) === 0);
  assert.deepEqual([port, openPort].map(keptPorts), [0, 0]);
});

for (const [version, header] of [
  ['v1', 'PROXY UNKNOWN\r\n'],
  ['v2', V2_LOCAL],
] as const) {
  test(`PROXY protocol ${version}: TCP and HTTP checks begin with a LOCAL header`, async (t) => {
    const { port, received } = await targetOf(t, responseOf('200 OK'), '\r\n\r\n');
    assert.equal(await check(port, { proxyProtocol: version }), undefined);
    await until('the header', () => received[0] === header);
    assert.equal(await check(port, { ...HTTP, proxyProtocol: version }), undefined);
    assert.ok(received[1]?.startsWith(`${header}GET / HTTP/1.1\r\n`), received[1]);
  });

  test(`PROXY protocol ${version}: an HTTPS check sends the header in clear text before the handshake`, async (t) => {
    const secure = createTlsServer(selfSigned(), (socket: TLSSocket) => {
      socket.once('data', () => socket.end(responseOf('200 OK')));
    });
    const securePort = await listening(t, secure);
    let seen = '';
    const server = createServer((socket) => {
      socket.once('readable', () => {
        seen = (socket.read(header.length) as Buffer).toString('latin1');
        socket.pipe(createConnection(securePort, '127.0.0.1')).pipe(socket);
      });
    });
    const port = await listening(t, server);
    assert.equal(await check(port, { protocol: 'HTTPS', proxyProtocol: version }), undefined);
    assert.equal(seen, header);
  });
}

test('HTTPS: any certificate passes, and a host that is a name is sent as the server name', async (t) => {
  const names: (string | false | null)[] = [];
  const server = createTlsServer(selfSigned(), (socket) => {
    names.push(socket.servername);
    socket.once('data', () => socket.end(responseOf('200 OK')));
  });
  const port = await listening(t, server);
  for (const host of ['other.example:8443', '127.0.0.1:80', '[::1]:80', '::1', undefined]) {
    assert.equal(await check(port, { protocol: 'HTTPS', host }), undefined, host);
  }
  assert.deepEqual(names, ['other.example', false, false, false, false]);
  const { port: plain } = await targetOf(t, responseOf('200 OK'));
  assert.match((await check(plain, { protocol: 'HTTPS' })) ?? '', /wrong version number/i);
});

async function udpTarget(t: TestContext, response: string | undefined): Promise<{ port: number; received: string[] }> {
  const received: string[] = [];
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  t.after(() => socket.close());
  socket.on('message', (message, { port }) => {
    received.push(message.toString('hex'));
    if (response !== undefined) socket.send(response, port, '127.0.0.1');
  });
  await once(socket, 'listening');
  return { port: socket.address().port, received };
}

async function closedUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

const UDP = { protocol: 'UDP' } as const;

test('UDP: the response must contain the expected text', async (t) => {
  const { port, received } = await udpTarget(t, 'a pong\0');
  assert.equal(await check(port, { ...UDP, send: 'ping\\x00', expect: 'pong\\x00' }), undefined);
  assert.equal(await check(port, { ...UDP }), undefined);
  assert.equal(await check(port, { ...UDP, expect: 'ping' }), 'the response does not contain the expected text');
  assert.deepEqual(received, ['70696e6700', '', '']);
});

test('UDP: silence fails only if a response is expected', async (t) => {
  const { port } = await udpTarget(t, undefined);
  assert.equal(await check(port, { ...UDP, expect: 'x', timeoutMs: 100 }), 'no response within 100 ms');
  assert.equal(await check(port, { ...UDP, timeoutMs: 100 }), undefined);
});

test('UDP: an address that cannot be connected fails the check without an uncaught error', async () => {
  // A UDP socket needs an option for broadcast addresses, which the check does not set, so connecting fails.
  assert.match((await check(9, { ...UDP }, '255.255.255.255')) ?? '', /^connect E/);
});

test('UDP: a closed port fails at once, with or without an expected response', async () => {
  const port = await closedUdpPort();
  for (const expect of [undefined, 'pong']) assert.match((await check(port, { ...UDP, expect })) ?? '', /ECONNREFUSED/);
});

test('an aborted check closes its connection and reports that it was ended', async (t) => {
  const { port, sockets } = await targetOf(t);
  for (const protocol of ['HTTP', 'HTTPS', 'UDP'] as const) {
    const ended = new AbortController();
    const result = probe({ address: '127.0.0.1', port }, { ...TCP_CHECK, protocol, expect: 'x' }, ended.signal);
    if (protocol !== 'UDP') await until('the connection', () => sockets.size === 1);
    ended.abort();
    assert.equal(await result, 'the check was ended');
    assert.equal(getEventListeners(ended.signal, 'abort').length, 0);
    await until('its end', () => sockets.size === 0);
  }
  const over = AbortSignal.abort();
  assert.equal(await probe({ address: '127.0.0.1', port }, TCP_CHECK, over), 'the check was ended');
});
