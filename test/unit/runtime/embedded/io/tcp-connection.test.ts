// Plain TCP connections, read with and without Node's undocumented parts: everything written arrives, and every end is
// reported once.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ConnectHandler, Connection } from '../../../../../provider/runtime/embedded/io/connection.ts';
import { RawConnection } from '../../../../../provider/runtime/embedded/io/raw-connection.ts';
import { acceptFrom, useSockets } from '../../../../../provider/runtime/embedded/io/sockets.ts';
import { TcpConnection } from '../../../../../provider/runtime/embedded/io/tcp-connection.ts';
import { freePort, fullPort, listenOn, untilTrue } from '../../../../harness/engine/fixtures.ts';

/** A connection handler that records events and writes a payload. It stops writing while the connection is blocked. */
class Recorder implements ConnectHandler {
  socket: Connection | undefined;
  readonly events: string[] = [];
  readonly chunks: Buffer[] = [];
  error: NodeJS.ErrnoException | undefined;
  blocked = 0;
  writable = 0;
  isReading = true;
  #rest: Buffer = Buffer.alloc(0);

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  send(payload: Buffer): void {
    this.#rest = payload;
    this.onWritable();
  }

  onConnect(): void {
    this.events.push('connect');
  }

  onData(chunk: Buffer): boolean {
    this.chunks.push(Buffer.from(chunk));
    return this.isReading;
  }

  onEnd(): void {
    this.events.push('end');
  }

  onWritable(): void {
    this.writable++;
    while (this.#rest.length > 0) {
      const chunk = this.#rest.subarray(0, 64 * 1024);
      this.#rest = this.#rest.subarray(chunk.length);
      if (this.socket?.write(chunk)) continue;
      this.blocked++;
      return;
    }
  }

  onClose(error: Error | undefined): void {
    this.events.push('close');
    this.error = error;
  }
}

/** The kinds of connections. `plain`: the server lacks Node's undocumented parts and therefore reads by events. */
const MODES = ['plain', 'onread', 'raw'] as const;
type Mode = (typeof MODES)[number];

function connectOf(mode: Mode): typeof TcpConnection.connect | typeof RawConnection.connect {
  return mode === 'raw' ? RawConnection.connect : TcpConnection.connect;
}

/** Connects a client to a server. */
async function pair(t: TestContext, mode: Mode): Promise<{ client: Recorder; server: Recorder }> {
  const server = new Recorder();
  const client = new Recorder();
  const listening = net.createServer({ pauseOnConnect: true, allowHalfOpen: true });
  if (mode === 'plain') {
    listening.on('connection', (socket) => {
      Object.assign((socket as unknown as { _handle: object })._handle, { useUserBuffer: undefined });
    });
  }
  const port = await listenOn(t, listening);
  useSockets(mode === 'raw' ? 'raw' : 'net');
  acceptFrom(listening, (socket) => {
    server.socket = socket.toConnection(server);
  });
  client.socket = connectOf(mode)({ address: '127.0.0.1', port, timeoutMs: 5_000 }, client);
  t.after(() => client.socket?.destroy());
  t.after(() => server.socket?.destroy());
  await untilTrue(() => client.events.length > 0 && server.socket !== undefined, 'the connection');
  return { client, server };
}

for (const mode of MODES) {
  test(`${mode}: 8 MB each way arrive byte for byte at a reader that pauses`, async (t) => {
    const { client, server } = await pair(t, mode);
    const payloads = [randomBytes(8_000_000), randomBytes(8_000_000)] as const;
    client.isReading = false;
    server.isReading = false;
    client.send(payloads[0]);
    server.send(payloads[1]);
    const resume = setInterval(() => {
      client.socket?.resume();
      server.socket?.resume();
    }, 1);
    t.after(() => clearInterval(resume));
    // The pauses test nothing until both senders have filled a kernel buffer.
    await untilTrue(() => client.blocked > 0 && server.blocked > 0, 'back-pressure both ways');
    client.isReading = true;
    server.isReading = true;
    const size = (recorder: Recorder) => recorder.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    await untilTrue(() => size(client) >= 8_000_000 && size(server) >= 8_000_000, 'all bytes');
    assert.ok(server.received.equals(payloads[0]));
    assert.ok(client.received.equals(payloads[1]));
  });

  test(`${mode}: onWritable comes even after writes that did not wait for it`, async (t) => {
    const { client, server } = await pair(t, mode);
    for (let round = 0; round < 200; round++) {
      server.socket?.pause();
      const told = client.writable;
      while (client.socket?.write(Buffer.alloc(256 * 1024))) {}
      server.socket?.resume();
      for (let more = 0; more < 1 + (round % 7); more++) {
        await new Promise(setImmediate);
        if (client.writable === told) client.socket?.write(Buffer.alloc(64 * 1024));
      }
      await untilTrue(() => client.writable > told, 'onWritable');
      assert.equal(client.socket?.write('x'), true, 'nothing is queued any more');
      server.chunks.length = 0;
    }
  });

  test(`${mode}: strings are sent as latin1`, async (t) => {
    const { client, server } = await pair(t, mode);
    assert.equal(client.socket?.write('caf\u00e9'), true);
    await untilTrue(() => server.received.length === 4, 'four bytes');
    assert.equal(server.received.toString('latin1'), 'café');
  });

  test(`${mode}: a half-closed side still receives, and both sides close without an error`, async (t) => {
    const { client, server } = await pair(t, mode);
    client.socket?.end();
    await untilTrue(() => server.events.includes('end'), 'the FIN');
    server.socket?.write('late response');
    await untilTrue(() => client.received.length > 0, 'the response');
    server.socket?.end();
    await untilTrue(() => client.events.includes('close') && server.events.includes('close'), 'both ends');
    assert.deepEqual(client.events, ['connect', 'end', 'close']);
    assert.deepEqual(server.events, ['end', 'close']);
    assert.equal(client.error, undefined);
    assert.equal(server.error, undefined);
  });

  test(`${mode}: a reset is an error at the other side, even while writes are queued and after a FIN`, async (t) => {
    for (const prepare of ['nothing', 'queued', 'ended'] as const) {
      const { client, server } = await pair(t, mode);
      if (prepare === 'queued') {
        server.socket?.pause();
        client.send(Buffer.alloc(32_000_000));
        await untilTrue(() => client.blocked > 0, 'a full buffer');
      }
      if (prepare === 'ended') {
        client.socket?.end();
        await untilTrue(() => server.events.includes('end'), 'the FIN');
      }
      client.socket?.reset();
      server.socket?.resume();
      // After a FIN libuv reads no more, and so notices the reset only at a write.
      if (prepare === 'ended') {
        await untilTrue(() => client.events.includes('close'), 'the reset');
        server.socket?.write('x');
      }
      await untilTrue(() => client.events.includes('close') && server.events.includes('close'), prepare);
      assert.ok(['ECONNRESET', 'EPIPE'].includes(server.error?.code ?? ''), `${prepare}: ${server.error}`);
      assert.equal(client.error, undefined, prepare);
      assert.equal(client.socket?.isDestroyed, true);
      assert.equal(client.socket?.write('x'), client.blocked === 0, 'a write after the end is dropped');
    }
  });

  test(`${mode}: a reset in the tick of the FIN closes the connection`, async (t) => {
    const { client, server } = await pair(t, mode);
    client.socket?.end();
    client.socket?.reset();
    await untilTrue(() => client.events.includes('close'), 'the close');
    server.socket?.end();
    await untilTrue(() => server.events.includes('close'), 'the close at the other side');
  });

  test(`${mode}: only the close is reported after destroy`, async (t) => {
    const { client, server } = await pair(t, mode);
    server.socket?.write('x');
    client.socket?.destroy();
    client.socket?.destroy();
    await untilTrue(() => client.events.includes('close'), 'the close');
    assert.deepEqual(client.events, ['connect', 'close']);
    assert.equal(client.received.length, 0);
  });

  test(`${mode}: the handler can be replaced`, async (t) => {
    const { client, server } = await pair(t, mode);
    const other = new Recorder();
    if (server.socket) server.socket.handler = other;
    client.socket?.write('x');
    client.socket?.end();
    await untilTrue(() => other.events.includes('end'), 'the end at the other handler');
    assert.equal(other.received.toString(), 'x');
    assert.deepEqual(server.events, []);
  });

  test(`${mode}: an accepted connection has the addresses and ports of both ends`, async (t) => {
    const { client, server } = await pair(t, mode);
    assert.equal(server.socket?.remoteAddress, '127.0.0.1');
    assert.equal(server.socket?.remotePort, client.socket?.local.port);
    assert.equal(server.socket?.local.port, client.socket?.remotePort);
  });

  test(`${mode}: a refused connect is reported as a close with an error and nothing before it`, async () => {
    const recorder = new Recorder();
    connectOf(mode)({ address: '127.0.0.1', port: await freePort(), timeoutMs: 5_000 }, recorder);
    await untilTrue(() => recorder.events.length > 0, 'the close');
    assert.deepEqual(recorder.events, ['close']);
    assert.equal(recorder.error?.code, 'ECONNREFUSED');
  });

  test(`${mode}: a hanging connect ends with ETIMEDOUT, and a connect that is reset ends without an error`, async (t) => {
    const port = await fullPort(t);
    const late = new Recorder();
    connectOf(mode)({ address: '127.0.0.1', port, timeoutMs: 20 }, late);
    const abandoned = new Recorder();
    connectOf(mode)({ address: '127.0.0.1', port, timeoutMs: 5_000 }, abandoned).reset();
    await untilTrue(() => late.events.length > 0 && abandoned.events.length > 0, 'both closes');
    assert.deepEqual([late.events, late.error?.code], [['close'], 'ETIMEDOUT']);
    assert.deepEqual([abandoned.events, abandoned.error], [['close'], undefined]);
  });

  test(`${mode}: a target that accepts while the worker is busy for longer than a connect may take is connected`, async (t) => {
    const port = await listenOn(t, net.createServer());
    const recorder = new Recorder();
    recorder.socket = connectOf(mode)({ address: '127.0.0.1', port, timeoutMs: 300 }, recorder);
    t.after(() => recorder.socket?.destroy());
    // The connect begins at the end of this iteration.
    await new Promise((resolve) => setImmediate(resolve));
    for (const startedAt = performance.now(); performance.now() - startedAt < 600; );
    await untilTrue(() => recorder.events.length > 0, 'the connection');
    assert.deepEqual(recorder.events, ['connect']);
  });
}

test('a server does not count a connection whose handle was taken', async (t) => {
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true });
  const port = await listenOn(t, server);
  const recorder = new Recorder();
  server.on('connection', (socket) => {
    recorder.socket = TcpConnection.accept(socket, recorder);
  });
  const client = net.connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  t.after(() => recorder.socket?.destroy());
  await untilTrue(() => recorder.socket !== undefined, 'the connection');
  const { promise, resolve } = Promise.withResolvers<number>();
  server.getConnections((_error, count) => resolve(count));
  assert.equal(await promise, 0);
});

test('the next socket gets the read buffer of a closed one, unless its last chunk is still needed', async (t) => {
  const chunks: Buffer[] = [];
  const responses = [true, false, true];
  const listening = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    const raw = TcpConnection.accept(socket, {
      onData: (chunk) => {
        chunks.push(chunk);
        raw.destroy();
        return responses[chunks.length - 1] ?? true;
      },
      onEnd: () => {},
      onWritable: () => {},
      onClose: () => {},
    });
  });
  const port = await listenOn(t, listening);
  for (const letter of ['a', 'b', 'c', 'd']) {
    const client = net.connect({ host: '127.0.0.1', port });
    client.on('error', () => {});
    client.write(letter);
    await new Promise((resolve) => client.once('close', resolve));
  }
  const [a, b, c, d] = chunks.map((chunk) => chunk.buffer);
  assert.equal(a, b);
  assert.notEqual(b, c);
  assert.equal(chunks[1]?.toString(), 'b');
  assert.equal(c, d);
});

test('bytes of connections that read into the buffer of one thread never mix', async (t) => {
  const received = new Map<number, Buffer[]>();
  // Readers that pause after each chunk fill the kernel's buffers, so that writes to them wait.
  const target = net.createServer((socket) => {
    socket.on('error', () => {});
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      received.set(chunk[0] as number, chunks);
      socket.pause();
      setTimeout(() => socket.resume(), 1);
    });
  });
  const targetPort = await listenOn(t, target);
  const proxy = net.createServer({ pauseOnConnect: true, allowHalfOpen: true });
  const proxyPort = await listenOn(t, proxy);
  useSockets('raw');
  acceptFrom(proxy, (socket) => {
    const handlerFor = (other: () => Connection | undefined): ConnectHandler => ({
      onConnect: () => {},
      onData: (chunk) => other()?.write(chunk) ?? true,
      onEnd: () => other()?.end(),
      onWritable: () => other()?.resume(),
      onClose: () => other()?.destroy(),
    });
    const client: Connection = socket.toConnection(handlerFor(() => upstream));
    const upstream: Connection = RawConnection.connect(
      { address: '127.0.0.1', port: targetPort, timeoutMs: 5_000 },
      handlerFor(() => client),
    );
  });
  const BYTES = 4_000_000;
  for (let letter = 1; letter <= 12; letter++) {
    const client = net.connect(proxyPort, '127.0.0.1');
    t.after(() => client.destroy());
    client.on('error', () => {});
    // Pieces smaller than that buffer, of which some are copied and others written as text.
    const piece = Buffer.alloc(letter * 2_500, letter);
    const writePieces = (left: number) => {
      client.write(piece.subarray(0, Math.min(piece.length, left)));
      if (left > piece.length) setImmediate(writePieces, left - piece.length);
    };
    writePieces(BYTES);
  }
  const size = (chunks: readonly Buffer[]) => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  await untilTrue(
    () => received.size === 12 && [...received.values()].every((each) => size(each) === BYTES),
    'all bytes',
  );
  for (const [letter, chunks] of received) assert.ok(Buffer.concat(chunks).equals(Buffer.alloc(BYTES, letter)));
});
