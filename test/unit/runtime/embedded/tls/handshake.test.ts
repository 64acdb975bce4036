// The TLS handshake with a real client, and the behaviour of connections over TLS, on both kinds of sockets.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as net from 'node:net';
import { test } from 'node:test';
import * as tls from 'node:tls';
import { Contexts } from '../../../../../provider/runtime/embedded/tls/contexts.ts';
import { untilTrue } from '../../../../harness/engine/fixtures.ts';
import {
  certificates,
  connectTls,
  contexts,
  KEYS,
  SOCKET_KINDS,
  serveTls,
  tlsPair,
} from '../../../../harness/engine/tls-pair.ts';
import { makePair } from '../../../../harness/machine/certificates.ts';

const SIZE = 8_000_000;

for (const kind of SOCKET_KINDS) {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const only = { minVersion: version, maxVersion: version };

    test(`${kind}, ${version}: 8 MB each way arrive byte for byte at a reader that pauses, and written memory can be reused`, async (t) => {
      const { client, server } = await tlsPair(t, kind, only);
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

    test(`${kind}, ${version}: a half-closed side still receives, and both sides close without an error`, async (t) => {
      const { client, server } = await tlsPair(t, kind, only);
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

    test(`${kind}, ${version}: a small write to an open connection is reported as written`, async (t) => {
      const { client, server } = await tlsPair(t, kind, only);
      assert.equal(server.socket.write('caf\u00e9'), true);
      assert.equal(((await once(client, 'data'))[0] as Buffer).toString('latin1'), 'café');
    });
  }

  test(`${kind}: a reset is an error at the client, even while writes are queued`, async (t) => {
    for (const isQueued of [false, true]) {
      const { client, server } = await tlsPair(t, kind);
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

  test(`${kind}: the client's reset is an error of the connection`, async (t) => {
    const { port, accepted } = await serveTls(t, kind);
    const carrier = net.connect(port, '127.0.0.1');
    const client = tls.connect({ socket: carrier, rejectUnauthorized: false }).on('error', () => {});
    t.after(() => client.destroy());
    await once(client, 'secureConnect');
    carrier.resetAndDestroy();
    await untilTrue(() => accepted[0]?.events.includes('close') === true, 'the close');
    assert.equal(accepted[0]?.error?.code, 'ECONNRESET');
  });

  test(`${kind}: a broken record closes the connection with an error and delivers no data`, async (t) => {
    const { port, accepted } = await serveTls(t, kind);
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
    test(`${kind}: a client without TLS (${name}) is closed, and the next client is served`, async (t) => {
      const { port, accepted } = await serveTls(t, kind);
      const client = net.connect(port, '127.0.0.1').on('error', () => {});
      t.after(() => client.destroy());
      client.end(bytes);
      await untilTrue(() => accepted[0]?.events.includes('close') === true, 'the close');
      assert.equal(accepted[0]?.size, 0);
      assert.equal(accepted[0]?.events.filter((event) => event === 'failed').length, 1);
      await once(connectTls(t, port), 'secureConnect');
    });
  }

  test(`${kind}: a connection is closed if its handshake takes too long`, async (t) => {
    const { port, accepted } = await serveTls(t, kind, 50);
    const client = net.connect(port, '127.0.0.1');
    t.after(() => client.destroy());
    client.write(Buffer.from([0x16, 3, 1]));
    await once(client, 'close');
    await untilTrue(() => accepted[0]?.events.includes('close') === true, 'the close');
    assert.ok(accepted[0]?.events.includes('failed'));
  });

  test(`${kind}: a handshake in time leaves the connection its whole idle timeout`, async (t) => {
    const { port, accepted } = await serveTls(t, kind, 1_000);
    const quick = connectTls(t, port);
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

  test(`${kind}: each server name gets its certificate, and an unknown or missing name gets the first`, async (t) => {
    const { port } = await serveTls(t, kind);
    const rows = [
      ['a.example', 'a.example'],
      ['x.b.example', 'b'],
      ['other.example', 'a.example'],
      ['', 'a.example'],
    ] as const;
    for (const [servername, expected] of rows) {
      const client = connectTls(t, port, { servername });
      await once(client, 'secureConnect');
      assert.equal(client.getPeerCertificate().subject.CN, expected, servername);
    }
  });

  test(`${kind}: TLS 1.1 and clients with only h2 are refused, and ALPN selects http/1.1`, async (t) => {
    const { port } = await serveTls(t, kind);
    const outcome = async (options: tls.ConnectionOptions) => {
      const client = connectTls(t, port, options);
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

  test(`${kind}: a client may not renegotiate`, async (t) => {
    const { client } = await tlsPair(t, kind, { maxVersion: 'TLSv1.2' });
    const { promise, resolve } = Promise.withResolvers<Error | null>();
    client.renegotiate({}, resolve);
    client.on('error', resolve);
    assert.ok((await promise) instanceof Error);
  });
}

test('contexts are kept as long as certificate and ticket keys stay the same', () => {
  const [a, b] = certificates as [(typeof certificates)[0], (typeof certificates)[0]];
  const next = new Contexts([{ ...a }, { ...b, ...makePair(['b']) }], KEYS, contexts);
  assert.equal(next.find('a.example'), contexts.find('a.example'));
  assert.notEqual(next.find('x.b.example'), contexts.find('x.b.example'));
  const rotated = new Contexts(certificates, randomBytes(48), contexts);
  assert.notEqual(rotated.find('a.example'), contexts.find('a.example'));
});
