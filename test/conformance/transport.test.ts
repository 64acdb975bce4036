// Conformance scenarios of the transport of bytes: complete, in order, in both directions, at the pace of the receiver.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { testOnEachSocketKind } from '../harness/conformance/table.ts';
import type { Scenario } from '../harness/conformance/world.ts';
import { until } from '../harness/runtime/runtime.ts';

const UNCHECKED = { healthCheck: { protocol: 'none' } };
const TCP = { protocol: 'TCP', ...UNCHECKED };
const MIB = 1024 * 1024;
/** Far more bytes than the sockets on the way can buffer. */
const ENDLESS_BYTES = 512 * MIB;
const BLOCK = Buffer.alloc(64 * 1024);

async function listening(t: TestContext, server: Server): Promise<{ address: string; port: number }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { address: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

function tcpTarget(t: TestContext, serve: (socket: Socket) => void) {
  return listening(t, createServer({ allowHalfOpen: true }, serve));
}

function client(t: TestContext, port: number): Socket {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true }).on('error', () => {});
  t.after(() => socket.destroy());
  return socket;
}

/** Reads exactly `text` from the socket; later bytes stay unread. */
async function heard(socket: Socket, text: string): Promise<void> {
  let got = '';
  while (got.length < text.length) {
    const piece = socket.read(Math.min(text.length - got.length, socket.readableLength || 1)) as Buffer | null;
    if (piece === null) await once(socket, 'readable', { signal: AbortSignal.timeout(15_000) });
    else got += piece.toString('latin1');
  }
  assert.equal(got, text);
}

/** Writes up to `ENDLESS_BYTES` at the receiver's pace, until the socket closes. */
function pour(socket: Socket): { sent: number } {
  const progress = { sent: 0 };
  const more = () => {
    while (progress.sent < ENDLESS_BYTES && !socket.destroyed) {
      progress.sent += BLOCK.length;
      if (!socket.write(BLOCK)) return;
    }
  };
  socket.on('drain', more);
  more();
  return progress;
}

/** Resolves when the sender makes no more progress, because all buffers on the way are full. */
async function stopped(progress: { sent: number }): Promise<void> {
  let last = -1;
  let looks = 0;
  await until('the sender to be held back', () => {
    looks = progress.sent === last ? looks + 1 : 0;
    last = progress.sent;
    return looks === 20 || undefined;
  });
  assert.ok(progress.sent < ENDLESS_BYTES / 8, `${progress.sent} bytes were sent to a receiver that reads none`);
}

const bodyScenarios = (['length', 'chunks'] as const).map(
  (framing): Scenario => ({
    name: `8 MiB in both directions arrive byte for byte, by ${framing}`,
    listener: UNCHECKED,
    run: async ({ bind, url }, t) => {
      const server = createHttpServer((incoming, response) => {
        const length = incoming.headers['content-length'];
        if (length !== undefined) response.setHeader('content-length', length);
        incoming.pipe(response);
      });
      await bind({ only: await listening(t, server) });
      const body = randomBytes(8 * MIB);
      const sent = request(url, {
        method: 'POST',
        headers: framing === 'length' ? { 'content-length': body.length } : { 'transfer-encoding': 'chunked' },
      });
      sent.end(body);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      assert.ok(body.equals(await buffer(response)));
      const isByLength = response.headers['content-length'] === `${body.length}`;
      assert.equal(isByLength, framing === 'length');
    },
  }),
);

testOnEachSocketKind([
  ...bodyScenarios,
  {
    name: 'TCP: 1 MB, a FIN and the response after it arrive byte for byte',
    listener: TCP,
    run: async ({ bind, port }, t) => {
      const got: Buffer[] = [];
      const target = await tcpTarget(t, (socket) => {
        socket.on('data', (chunk) => got.push(chunk));
        socket.on('end', () => socket.end(Buffer.concat(got)));
      });
      await bind({ only: target });
      const body = randomBytes(1_000_000);
      const socket = client(t, port);
      socket.end(body);
      assert.ok(body.equals(await buffer(socket)));
    },
  },
  {
    name: 'HTTP: 1 MB, a FIN and the response after it arrive byte for byte',
    listener: UNCHECKED,
    run: async ({ bind, port }, t) => {
      const body = randomBytes(1_000_000);
      const got: Buffer[] = [];
      const target = await tcpTarget(t, (socket) => {
        socket.on('data', (chunk) => got.push(chunk));
        socket.on('end', () => {
          const all = Buffer.concat(got);
          const echo = all.subarray(all.indexOf('\r\n\r\n') + 4);
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${echo.length}\r\n\r\n`);
          socket.end(echo);
        });
      });
      await bind({ only: target });
      const socket = client(t, port);
      socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.end(body);
      const response = await buffer(socket);
      assert.match(response.toString('latin1', 0, 20), /^HTTP\/1\.1 200 /);
      assert.ok(body.equals(response.subarray(response.indexOf('\r\n\r\n') + 4)));
    },
  },
  {
    name: 'server-sent events arrive one by one: each arrives before the next is sent',
    listener: UNCHECKED,
    run: async ({ bind, url }, t) => {
      const server = createHttpServer();
      const target = await listening(t, server);
      await bind({ only: target });
      const asked = once(server, 'request');
      const sent = request(url);
      t.after(() => sent.destroy());
      sent.end();
      const served = (await asked)[1];
      served.writeHead(200, { 'content-type': 'text/event-stream' });
      served.flushHeaders();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      for (let number = 0; number < 20; number++) {
        const event = `id: ${number}\ndata: x\n\n`;
        served.write(event);
        assert.equal(`${(await once(response, 'data'))[0]}`, event);
      }
    },
  },
  {
    name: 'an upgraded connection carries bytes and FIN both ways',
    listener: UNCHECKED,
    run: async ({ bind, port }, t) => {
      const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
      let ended = false;
      const target = await tcpTarget(t, (socket) => {
        socket.once('data', () => {
          socket.write(`HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\nfirst`);
          socket.on('data', (chunk) => socket.write(chunk));
          socket.on('end', () => {
            ended = true;
            socket.end('last');
          });
        });
      });
      await bind({ only: target });
      const socket = client(t, port);
      socket.write(`GET / HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n`);
      await heard(socket, `HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\nfirst`);
      for (const text of ['\0\xff', 'GET / HTTP/1.1\r\n\r\n', 'x'.repeat(100_000)]) {
        socket.write(text, 'latin1');
        await heard(socket, text);
      }
      socket.end();
      await heard(socket, 'last');
      assert.ok(ended);
    },
  },
  {
    name: "a client's abort reaches the backend, during the request and during the response",
    listener: UNCHECKED,
    run: async ({ bind, port }, t) => {
      let got = '';
      let ended = 0;
      const target = await tcpTarget(t, (socket) => {
        socket.on('data', (chunk) => {
          got += chunk;
          if (got.startsWith('GET')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhello');
        });
        socket.on('end', () => socket.destroy());
        socket.on('close', () => ended++);
      });
      await bind({ only: target });

      const asking = client(t, port);
      asking.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nhello');
      await until('the beginning of the request', () => got.endsWith('hello') || undefined);
      asking.destroy();
      await until('the abort of the request', () => ended === 1 || undefined);

      got = '';
      const reading = client(t, port);
      reading.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await heard(reading, 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n');
      reading.destroy();
      await until('the abort of the response', () => ended === 2 || undefined);
    },
  },
  {
    name: 'TCP: a receiver that does not read holds the sender back and loses nothing',
    listener: TCP,
    run: async ({ bind, port }, t) => {
      let progress = { sent: 0 };
      const target = await tcpTarget(t, (socket) => {
        progress = pour(socket);
      });
      await bind({ only: target });
      const socket = client(t, port);
      await once(socket, 'connect');
      await until('the backend to send', () => progress.sent > 0 || undefined);
      await stopped(progress);
      let got = 0;
      for await (const chunk of socket) {
        got += chunk.length;
        if (got === ENDLESS_BYTES) break;
      }
      assert.equal(got, ENDLESS_BYTES);
    },
  },
  {
    name: 'HTTP: a client that does not read holds the backend back, and a backend that does not read holds the client back',
    listener: UNCHECKED,
    run: async ({ bind, port }, t) => {
      let progress = { sent: 0 };
      const target = await tcpTarget(t, (socket) => {
        socket.once('data', (head) => {
          if (`${head}`.startsWith('POST')) {
            socket.pause();
            return;
          }
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${ENDLESS_BYTES}\r\n\r\n`);
          progress = pour(socket);
        });
      });
      await bind({ only: target });
      const reader = client(t, port);
      reader.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await until('the backend to send', () => progress.sent > 0 || undefined);
      await stopped(progress);
      const writer = client(t, port);
      writer.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${ENDLESS_BYTES}\r\n\r\n`);
      await stopped(pour(writer));
    },
  },
]);
