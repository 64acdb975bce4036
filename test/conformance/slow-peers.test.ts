// Conformance scenarios of peers that read slowly but steadily, or not at all, over several idle times.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { listen } from '../harness/backends/backends.ts';
import { testOnEachSocketKind } from '../harness/conformance/table.ts';
import type { Scenario, World } from '../harness/conformance/world.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { until } from '../harness/runtime/runtime.ts';

/** Long compared with the pauses of a slow peer on a busy machine. */
const IDLE_MS = 2_000;
/** How long a slow peer reads a little at a time: several idle times. */
const SLOW_MS = 2.5 * IDLE_MS;
/** More than the kernel takes for a peer that does not read, so that the rest waits in the runtime. */
const BYTES = 24 * 1024 * 1024;
const CHECK = { healthCheck: { protocol: 'none' }, idleTimeoutSeconds: IDLE_MS / 1000 };
const LISTENERS: Readonly<Record<string, object>> = {
  HTTP: CHECK,
  HTTPS: { ...CHECK, protocol: 'HTTPS', certificates: { web: makePair(['localhost']) } },
  TCP: { ...CHECK, protocol: 'TCP' },
};

/** Starts a target that handles each connection as it likes, and binds it. */
async function target(t: TestContext, { bind }: World, serve: (socket: Socket) => void): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  const backend = await listen(t, 'a', server);
  await bind({ a: backend.target });
}

async function client(t: TestContext, { port }: World, protocol: string, options: object = {}): Promise<Socket> {
  const at = { host: '127.0.0.1', port, ...options };
  const socket = protocol === 'HTTPS' ? connectTls({ ...at, rejectUnauthorized: false }) : connect(at);
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, protocol === 'HTTPS' ? 'secureConnect' : 'connect');
  return socket;
}

/** Reads a little at a time for several idle times, and then everything. Returns the number of bytes. */
async function readSlowly(socket: Socket, length: number): Promise<number> {
  let bytes = 0;
  let isSlow = true;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (isSlow) socket.pause();
  });
  for (const startedAt = performance.now(); performance.now() - startedAt < SLOW_MS; ) {
    await delay(100);
    socket.resume();
  }
  isSlow = false;
  socket.resume();
  await until('all bytes or the end', () => bytes >= length || socket.destroyed || undefined);
  return bytes;
}

/**
 * A client that reads so little at a time for several idle times that its kernel acknowledges nothing meanwhile, and
 * then everything. An option of `connect`.
 */
class SmallReader {
  readonly onread: { buffer: Buffer; callback: (bytes: number) => boolean };
  readonly #length: number;
  #bytes = 0;
  #isSlow = true;

  constructor(length: number) {
    this.#length = length;
    const callback = (bytes: number) => {
      this.#bytes += bytes;
      return !this.#isSlow;
    };
    this.onread = { buffer: Buffer.alloc(1_000), callback };
  }

  /** Returns the number of bytes. */
  async read(socket: Socket): Promise<number> {
    for (const startedAt = performance.now(); performance.now() - startedAt < SLOW_MS; ) {
      await delay(100);
      socket.resume();
    }
    this.#isSlow = false;
    socket.resume();
    await until('all bytes or the end', () => this.#bytes >= this.#length || socket.destroyed || undefined);
    return this.#bytes;
  }
}

const HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${BYTES}\r\n\r\n`;
const BODY = Buffer.alloc(BYTES, 'x');

function responseRow(protocol: string): Scenario {
  return {
    name: `${protocol}: a client that reads slowly over several idle times gets the whole response`,
    listener: LISTENERS[protocol] as object,
    run: async (world, t) => {
      await target(t, world, (socket) => {
        socket.once('data', () => socket.write(HEAD));
        socket.once('data', () => socket.write(BODY));
      });
      const length = HEAD.length + BYTES;
      const reader = protocol === 'HTTPS' ? undefined : new SmallReader(length);
      const socket = await client(t, world, protocol, reader);
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      assert.ok((await (reader?.read(socket) ?? readSlowly(socket, length))) >= length);
    },
  };
}

function requestRow(protocol: string): Scenario {
  return {
    name: `${protocol}: a target that reads slowly over several idle times gets the whole request`,
    listener: LISTENERS[protocol] as object,
    run: async (world, t) => {
      let bytes: Promise<number> | undefined;
      await target(t, world, (socket) => {
        bytes = readSlowly(socket, BYTES);
      });
      const socket = await client(t, world, protocol);
      socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${BYTES}\r\n\r\n`);
      socket.write(BODY);
      await until('the connection to the target', () => bytes !== undefined || undefined);
      assert.ok(((await bytes) ?? 0) >= BYTES);
    },
  };
}

function timeoutRow(protocol: string): Scenario {
  return {
    name: `${protocol}: the time for the response begins when the target has read the whole request`,
    listener: { ...LISTENERS[protocol], requestTimeoutSeconds: IDLE_MS / 1000 },
    run: async (world, t) => {
      // The kernel takes a request of this size at once, so that only the target's acknowledgements tell its progress. The
      // target, which reads 64 KiB at a time, reads until it responds.
      const length = 3.5 * 1024 * 1024;
      await target(t, world, (socket) => {
        void readSlowly(socket, length).then(() => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
      });
      const socket = await client(t, world, protocol);
      socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`);
      socket.write(BODY.subarray(0, length));
      const [head] = (await once(socket, 'data')) as [Buffer];
      assert.match(String(head), /^HTTP\/1.1 204 /);
    },
  };
}

function deadRow(protocol: string): Scenario {
  return {
    name: `${protocol}: a client that reads nothing is cut, and so is its target`,
    listener: LISTENERS[protocol] as object,
    run: async (world, t) => {
      let isClosed = false;
      await target(t, world, (socket) => {
        socket.once('close', () => {
          isClosed = true;
        });
        socket.once('data', () => socket.write(HEAD));
        socket.once('data', () => socket.write(BODY));
      });
      const socket = await client(t, world, protocol);
      socket.pause();
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await until('the end of the connection to the target', () => isClosed || undefined);
    },
  };
}

testOnEachSocketKind([
  ...Object.keys(LISTENERS).flatMap((protocol) => [responseRow(protocol), requestRow(protocol), deadRow(protocol)]),
  ...['HTTP', 'HTTPS'].map(timeoutRow),
]);
