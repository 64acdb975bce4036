// Peers of TLS connections that send in odd parts, stop in the middle, or reset, on both kinds of sockets.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as net from 'node:net';
import { test } from 'node:test';
import * as tls from 'node:tls';
import { listenOn, untilTrue } from '../../../../harness/engine/fixtures.ts';
import { type Accepted, connectTls, SOCKET_KINDS, serveTls, tlsPair } from '../../../../harness/engine/tls-pair.ts';

/** The beginning of a ClientHello of 512 bytes. */
const HALF_HELLO = Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]);
/** Size of a record of TLS 1.3 with one byte of data: header, data, type and tag. */
const RECORD_BYTES = 5 + 1 + 1 + 16;
const SIZE = 4_000_000;

/** Returns the accepted connection when it is closed. */
async function closed(accepted: readonly Accepted[]): Promise<Accepted> {
  await untilTrue(() => accepted[0]?.events.includes('close') === true, 'the close');
  return accepted[0] as Accepted;
}

for (const kind of SOCKET_KINDS) {
  for (const [name, stop] of [
    ['a FIN', (client: net.Socket) => client.end()],
    ['a reset', (client: net.Socket) => client.resetAndDestroy()],
  ] as const) {
    test(`${kind}: ${name} in the middle of a handshake closes the connection, and is a failed handshake`, async (t) => {
      const { port, accepted } = await serveTls(t, kind);
      const client = net.connect(port, '127.0.0.1').on('error', () => {});
      t.after(() => client.destroy());
      await once(client, 'connect');
      client.write(HALF_HELLO);
      await untilTrue(() => accepted.length === 1, 'the connection');
      stop(client);
      const { events, size } = await closed(accepted);
      assert.deepEqual([events.filter((event) => event !== 'end').sort(), size], [['close', 'failed'], 0]);
    });
  }

  test(`${kind}: the server may reset or destroy a connection during its handshake`, async (t) => {
    for (const method of ['reset', 'destroy'] as const) {
      const { port, accepted } = await serveTls(t, kind);
      const client = net.connect(port, '127.0.0.1').on('error', () => {});
      t.after(() => client.destroy());
      client.write(HALF_HELLO);
      await untilTrue(() => accepted.length === 1, 'the connection');
      accepted[0]?.socket[method]();
      const { events, error } = await closed(accepted);
      assert.deepEqual([[...events].sort(), error], [['close', 'failed'], undefined], method);
    }
  });

  test(`${kind}: a handshake whose bytes arrive one by one succeeds`, async (t) => {
    const { port, accepted } = await serveTls(t, kind);
    const relay = net.createServer((client) => {
      const server = net.connect({ port, host: '127.0.0.1', noDelay: true });
      for (const socket of [client, server]) socket.on('error', () => {});
      client.on('data', (data) => {
        for (const byte of data as Buffer) server.write(Buffer.of(byte));
      });
      server.pipe(client);
      t.after(() => server.destroy());
    });
    const client = connectTls(t, await listenOn(t, relay));
    await once(client, 'secureConnect');
    client.write('question');
    await untilTrue(() => accepted[0]?.size === 8, 'the bytes');
    accepted[0]?.socket.write('response');
    assert.equal(String((await once(client, 'data'))[0]), 'response');
  });

  test(`${kind}: records that arrive together are delivered one for each resume, and the end after the last`, async (t) => {
    const { port, accepted } = await serveTls(t, kind);
    const collected: Buffer[] = [];
    let isCollecting = false;
    const { promise: relayed, resolve } = Promise.withResolvers<net.Socket>();
    const relay = net.createServer((client) => {
      const upstream = net.connect(port, '127.0.0.1');
      for (const socket of [client, upstream]) socket.on('error', () => {});
      client.on('data', (data: Buffer) => (isCollecting ? collected.push(data) : upstream.write(data)));
      upstream.pipe(client);
      t.after(() => upstream.destroy());
      resolve(upstream);
    });
    const client = connectTls(t, await listenOn(t, relay), { minVersion: 'TLSv1.3' });
    await once(client, 'secureConnect');
    client.write('x');
    await untilTrue(() => accepted[0]?.size === 1, 'the end of the handshake');
    const server = accepted[0] as Accepted;
    server.chunks.length = 0;
    server.isReading = false;
    isCollecting = true;
    for (const record of ['a', 'b', 'c']) await new Promise((done) => client.write(record, done));
    await untilTrue(() => Buffer.concat(collected).length === 3 * RECORD_BYTES, 'three records');
    (await relayed).end(Buffer.concat(collected));
    const received: string[] = [];
    for (const record of ['a', 'b', 'c']) {
      await untilTrue(() => server.chunks.length > 0, `the record ${record}`);
      received.push(Buffer.concat(server.chunks.splice(0)).toString());
      // The end may be told with the last record.
      if (record !== 'c') assert.deepEqual(server.events, []);
      server.socket.resume();
    }
    assert.deepEqual(received, ['a', 'b', 'c']);
    await untilTrue(() => server.events.includes('end'), 'the end');
  });

  test(`${kind}: what is written before the handshake is sent after it`, async (t) => {
    const { port, accepted } = await serveTls(t, kind);
    const client = net.connect(port, '127.0.0.1');
    await once(client, 'connect');
    await untilTrue(() => accepted.length === 1, 'the connection');
    accepted[0]?.socket.write('early');
    const secure = tls.connect({ socket: client, rejectUnauthorized: false }).on('error', () => {});
    t.after(() => secure.destroy());
    assert.equal(String((await once(secure, 'data'))[0]), 'early');
  });

  test(`${kind}: all queued bytes and the end arrive at a reader that pauses`, async (t) => {
    const { client, server } = await tlsPair(t, kind);
    client.pause();
    const payload = randomBytes(SIZE);
    let blocked = 0;
    server.onWritable = () => blocked++;
    // Odd parts: texts that do not fit into the memory for strings, and buffers behind them.
    const text = payload.subarray(0, 100_000).toString('latin1');
    server.socket.write(text);
    assert.equal(server.socket.write(payload.subarray(100_000)), false);
    server.socket.end();
    const received: Buffer[] = [];
    client.on('data', (data: Buffer) => received.push(data));
    client.resume();
    await once(client, 'end');
    assert.ok(Buffer.concat(received).equals(payload));
    assert.equal(server.socket.bytesWritten, SIZE);
    client.end();
    await untilTrue(() => server.events.includes('close'), 'the close');
    assert.deepEqual([server.error, server.events], [undefined, ['end', 'close']]);
  });

  test(`${kind}: a connection that is destroyed while bytes are queued reports its close only`, async (t) => {
    const { client, server } = await tlsPair(t, kind);
    client.pause();
    let writable = 0;
    server.onWritable = () => writable++;
    for (let count = 0; count < 1_000 && server.socket.write(Buffer.alloc(256 * 1024)); count++);
    server.socket.destroy();
    assert.equal(server.socket.write('late') || server.socket.isDestroyed, true);
    await untilTrue(() => server.events.includes('close'), 'the close');
    assert.deepEqual([server.events, server.error, writable], [['close'], undefined, 0]);
  });

  test(`${kind}: a client that resets while bytes are queued is an error of the connection`, async (t) => {
    const { port, accepted } = await serveTls(t, kind);
    const carrier = net.connect(port, '127.0.0.1');
    const client = tls.connect({ socket: carrier, rejectUnauthorized: false }).on('error', () => {});
    t.after(() => client.destroy());
    await once(client, 'secureConnect');
    client.write('x');
    await untilTrue(() => accepted[0]?.size === 1, 'the byte');
    carrier.pause();
    for (let count = 0; count < 1_000 && accepted[0]?.socket.write(Buffer.alloc(256 * 1024)); count++);
    carrier.resetAndDestroy();
    const { events, error } = await closed(accepted);
    assert.deepEqual(events, ['close']);
    assert.match(error?.code ?? '', /^(ECONNRESET|EPIPE)$/);
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`${kind}, ${version}: a session is resumed`, async (t) => {
      const only = { minVersion: version, maxVersion: version };
      const { port, accepted } = await serveTls(t, kind);
      const first = connectTls(t, port, only);
      const told = once(first, 'session');
      await once(first, 'secureConnect');
      first.write('x');
      // In TLS 1.3 the session comes after the handshake, and the client reads it only with other bytes.
      await untilTrue(() => accepted[0]?.size === 1, 'the byte');
      accepted[0]?.socket.write('y');
      await once(first, 'data');
      const [session] = await told;
      const second = connectTls(t, port, { ...only, session });
      await once(second, 'secureConnect');
      second.write('z');
      await untilTrue(() => accepted[1]?.size === 1, 'the byte of the second');
      assert.deepEqual([second.isSessionReused(), accepted[1]?.socket.tlsVersion], [true, version]);
    });
  }
}
