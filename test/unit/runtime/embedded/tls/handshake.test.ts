// The TLS handshake with a real client, and the behaviour of connections over TLS.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import * as tls from 'node:tls';
import type { Connection, ConnectionHandler } from '../../../../../provider/runtime/embedded/io/connection.ts';
import { TlsConnection } from '../../../../../provider/runtime/embedded/io/tls-connection.ts';
import { Contexts } from '../../../../../provider/runtime/embedded/tls/contexts.ts';
import { secure } from '../../../../../provider/runtime/embedded/tls/handshake.ts';
import { listenOn, untilTrue } from '../../../../harness/engine/fixtures.ts';
import { makePair } from '../../../../harness/machine/certificates.ts';

const HANDSHAKE_MS = 60_000;
const SIZE = 8_000_000;
const KEYS = randomBytes(48);
const certificates = [
  { name: 'a', ...makePair(['a.example']), serverNames: undefined },
  { name: 'b', ...makePair([], { commonName: 'b' }), serverNames: ['*.b.example'] },
];
const contexts = new Contexts(certificates, KEYS, undefined);

/** An accepted connection that reports all events and does not echo. */
class Accepted implements ConnectionHandler {
  readonly socket: Connection;
  readonly events: string[] = [];
  readonly chunks: Buffer[] = [];
  error: NodeJS.ErrnoException | undefined;
  size = 0;
  isReading = true;
  onWritable = () => {};

  constructor(carrier: net.Socket, timeoutMs: number) {
    const socket = secure(carrier, contexts, timeoutMs, () => this.events.push('failed'));
    this.socket = TlsConnection.accept(socket, carrier, this);
  }

  onData(chunk: Buffer): boolean {
    this.chunks.push(Buffer.from(chunk));
    this.size += chunk.length;
    return this.isReading;
  }

  onEnd(): void {
    this.events.push('end');
  }

  onClose(error: Error | undefined): void {
    this.events.push('close');
    this.error = error;
  }
}

interface Server {
  readonly port: number;
  readonly accepted: Accepted[];
}

async function serve(t: TestContext, timeoutMs = HANDSHAKE_MS): Promise<Server> {
  const accepted: Accepted[] = [];
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    accepted.push(new Accepted(socket, timeoutMs));
  });
  const port = await listenOn(t, server);
  t.after(() => {
    for (const { socket } of accepted) socket.destroy();
  });
  return { port, accepted };
}

function connect(t: TestContext, port: number, options: tls.ConnectionOptions = {}): tls.TLSSocket {
  // tls.connect accepts `allowHalfOpen`, but its type declarations do not contain the option.
  const more: object = { allowHalfOpen: true };
  const client = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...more, ...options });
  client.on('error', () => {});
  t.after(() => client.destroy());
  return client;
}

async function pair(
  t: TestContext,
  options?: tls.ConnectionOptions,
): Promise<{ client: tls.TLSSocket; server: Accepted }> {
  const { port, accepted } = await serve(t);
  const client = connect(t, port, options);
  await once(client, 'secureConnect');
  // In TLS 1.3 the server's handshake ends after the client's, so only received data proves that both have ended.
  client.write('x');
  await untilTrue(() => accepted[0]?.size === 1, 'the end of the handshake');
  const server = accepted[0] as Accepted;
  server.size = server.chunks.splice(0).length - 1;
  return { client, server };
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  const only = { minVersion: version, maxVersion: version };

  test(`${version}: 8 MB each way arrive byte for byte at a reader that pauses, and written memory can be reused`, async (t) => {
    const { client, server } = await pair(t, only);
    const payload = randomBytes(SIZE);
    const chunk = Buffer.alloc(16 * 1024);
    const received: Buffer[] = [];
    let size = 0;
    let at = 0;
    let blocked = 0;
    server.isReading = false;
    client.on('data', (data: Buffer) => {
      received.push(data);
      size += data.length;
    });
    client.pause();
    server.onWritable = () => {
      while (at < SIZE) {
        // Each write uses the same memory, so the test fails if the connection reads the memory of a completed write
        // again.
        const length = payload.copy(chunk, 0, at, at + chunk.length);
        at += length;
        if (server.socket.write(chunk.subarray(0, length))) continue;
        blocked++;
        return;
      }
    };
    server.onWritable();
    client.write(payload);
    const resume = setInterval(() => server.socket.resume(), 1);
    t.after(() => clearInterval(resume));
    await untilTrue(() => blocked > 0 && client.writableLength > 0, 'back-pressure both ways');
    assert.ok(at < SIZE);
    server.isReading = true;
    client.resume();
    await untilTrue(() => size >= SIZE && server.size >= SIZE, 'all bytes');
    assert.ok(Buffer.concat(received).equals(payload));
    assert.ok(Buffer.concat(server.chunks).equals(payload));
  });

  test(`${version}: a half-closed side still receives, and both sides close without an error`, async (t) => {
    const { client, server } = await pair(t, only);
    client.end('question');
    await untilTrue(() => server.events.includes('end'), 'the end');
    assert.equal(Buffer.concat(server.chunks).toString(), 'question');
    server.socket.write('late response');
    server.socket.end();
    const [response] = await once(client, 'data');
    assert.equal(String(response), 'late response');
    await untilTrue(() => server.events.includes('close'), 'the close');
    assert.deepEqual([server.events, server.error], [['end', 'close'], undefined]);
  });

  test(`${version}: a small write to an open connection is reported as written`, async (t) => {
    const { client, server } = await pair(t, only);
    assert.equal(server.socket.write('caf\u00e9'), true);
    assert.equal(((await once(client, 'data'))[0] as Buffer).toString('latin1'), 'café');
  });
}

test('a reset is an error at the client, even while writes are queued', async (t) => {
  for (const isQueued of [false, true]) {
    const { client, server } = await pair(t);
    client.pause();
    if (isQueued) while (server.socket.write(Buffer.alloc(256 * 1024))) {}
    const errors: string[] = [];
    client.on('error', ({ code }: NodeJS.ErrnoException) => errors.push(code ?? ''));
    server.socket.reset();
    assert.equal(server.socket.isDestroyed, true);
    client.resume();
    await untilTrue(() => errors.length > 0 && server.events.includes('close'), 'the reset');
    assert.deepEqual([errors, server.error], [['ECONNRESET'], undefined]);
  }
});

test("the client's reset is an error of the connection", async (t) => {
  const { port, accepted } = await serve(t);
  const carrier = net.connect(port, '127.0.0.1');
  const client = tls.connect({ socket: carrier, rejectUnauthorized: false }).on('error', () => {});
  t.after(() => client.destroy());
  await once(client, 'secureConnect');
  carrier.resetAndDestroy();
  await untilTrue(() => accepted[0]?.events.includes('close') === true, 'the close');
  assert.equal(accepted[0]?.error?.code, 'ECONNRESET');
});

test('a broken record closes the connection with an error and delivers no data', async (t) => {
  const { port, accepted } = await serve(t);
  const carrier = net.connect(port, '127.0.0.1');
  const client = tls.connect({ socket: carrier, rejectUnauthorized: false }).on('error', () => {});
  t.after(() => client.destroy());
  await once(client, 'secureConnect');
  // A record of application data that no key of this connection encrypted.
  carrier.write(Buffer.concat([Buffer.from([0x17, 3, 3, 0, 32]), Buffer.alloc(32, 1)]));
  await untilTrue(() => accepted[0]?.events.includes('close') === true, 'the close');
  assert.match(accepted[0]?.error?.code ?? '', /^ERR_SSL_/);
  assert.equal(accepted[0]?.size, 0);
});

for (const [name, bytes] of [
  ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')],
  ['noise', Buffer.alloc(64, 0x16)],
  ['nothing, and a FIN', Buffer.alloc(0)],
] as const) {
  test(`a client without TLS (${name}) is closed, and the next client is served`, async (t) => {
    const { port, accepted } = await serve(t);
    const client = net.connect(port, '127.0.0.1').on('error', () => {});
    t.after(() => client.destroy());
    client.end(bytes);
    await untilTrue(() => accepted[0]?.events.includes('close') === true, 'the close');
    assert.equal(accepted[0]?.size, 0);
    assert.equal(accepted[0]?.events.filter((event) => event === 'failed').length, 1);
    await once(connect(t, port), 'secureConnect');
  });
}

test('a connection is closed if its handshake takes too long', async (t) => {
  const { port, accepted } = await serve(t, 50);
  const client = net.connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  client.write(Buffer.from([0x16, 3, 1]));
  await once(client, 'close');
  await untilTrue(() => accepted[0]?.events.includes('close') === true, 'the close');
  assert.ok(accepted[0]?.events.includes('failed'));
});

test('a handshake in time leaves the connection its whole idle timeout', async (t) => {
  const { port, accepted } = await serve(t, 1_000);
  const quick = connect(t, port);
  await once(quick, 'secureConnect');
  quick.write('x');
  await untilTrue(() => accepted[0]?.size === 1, 'the byte');
  // The second connection closes at its own handshake timeout. A timer left over from the first connection would have
  // ended earlier, and closed the first connection.
  const slow = net.connect(port, '127.0.0.1');
  t.after(() => slow.destroy());
  await once(slow, 'close');
  assert.deepEqual(accepted[0]?.events, []);
});

test('each server name gets its certificate, and an unknown or missing name gets the first', async (t) => {
  const { port } = await serve(t);
  const rows = [
    ['a.example', 'a.example'],
    ['x.b.example', 'b'],
    ['other.example', 'a.example'],
    ['', 'a.example'],
  ] as const;
  for (const [servername, expected] of rows) {
    const client = connect(t, port, { servername });
    await once(client, 'secureConnect');
    assert.equal(client.getPeerCertificate().subject.CN, expected, servername);
  }
});

test('TLS 1.1 and clients with only h2 are refused, and ALPN selects http/1.1', async (t) => {
  const { port } = await serve(t);
  const outcome = async (options: tls.ConnectionOptions) => {
    const client = connect(t, port, options);
    return await once(client, 'secureConnect').then(
      () => client.alpnProtocol,
      (error: NodeJS.ErrnoException) => error.code,
    );
  };
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  assert.equal(await outcome(old), 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  assert.equal(await outcome({ ALPNProtocols: ['h2', 'http/1.1'] }), 'http/1.1');
  assert.equal(await outcome({}), false);
  assert.equal(await outcome({ ALPNProtocols: ['h2'] }), 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
});

test('a client may not renegotiate', async (t) => {
  const { client } = await pair(t, { maxVersion: 'TLSv1.2' });
  const { promise, resolve } = Promise.withResolvers<Error | null>();
  client.renegotiate({}, resolve);
  client.on('error', resolve);
  assert.ok((await promise) instanceof Error);
});

test('contexts are kept as long as certificate and ticket keys stay the same', () => {
  const [a, b] = certificates as [(typeof certificates)[0], (typeof certificates)[0]];
  const next = new Contexts([{ ...a }, { ...b, ...makePair(['b']) }], KEYS, contexts);
  assert.equal(next.find('a.example'), contexts.find('a.example'));
  assert.notEqual(next.find('x.b.example'), contexts.find('x.b.example'));
  const rotated = new Contexts(certificates, randomBytes(48), contexts);
  assert.notEqual(rotated.find('a.example'), contexts.find('a.example'));
});
