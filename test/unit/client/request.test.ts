// Every request of the client settles, however an endpoint ends its exchange.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { RuntimeConnection } from '../../../provider/client/connection.ts';

type Ending = (socket: Socket) => void;

async function endpoint(t: TestContext, ending: Ending): Promise<URL> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.once('data', () => ending(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`);
}

/** Resets the connection once the client has received the text. */
const resetAfter = (text: string) => (socket: Socket) => {
  socket.write(text, () => setTimeout(() => socket.resetAndDestroy(), 50));
};

const ENDINGS: Readonly<Record<string, Ending>> = {
  'the end of the connection': (socket) => socket.end(),
  'a reset': (socket) => socket.resetAndDestroy(),
  'another protocol': (socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nx'),
  'another protocol, and the end': (socket) =>
    socket.end('HTTP/1.1 101 X\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n'),
  'another protocol without a name, and the end': (socket) => socket.end('HTTP/1.1 101 X\r\n\r\n'),
  'an interim response, and the end': (socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n'),
  'an interim response, and a reset': resetAfter('HTTP/1.1 100 Continue\r\n\r\n'),
  'half a head, and the end': (socket) => socket.end('HTTP/1.1 200 OK\r\nX-We'),
  'half a head, and a reset': resetAfter('HTTP/1.1 200 OK\r\nX-We'),
  'half a body, and the end': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab'),
  'half a body, and a reset': resetAfter('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab'),
  'a broken chunk': (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
  'something else than HTTP': (socket) => socket.write('\u001b[2J pwned\r\n\r\n'),
  'a body above the limit': (socket) =>
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n${'x'.repeat(20_000)}`),
};

const LARGE = 'x'.repeat(20_000);
/** Responses above the limit that come whole in one write, so that the exchange has ended when their size is known. */
const TOO_LARGE: Readonly<Record<string, string>> = {
  'a length': `HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n${LARGE}`,
  'a length, and another status': `HTTP/1.1 503 X\r\nContent-Length: 20000\r\n\r\n${LARGE}`,
  chunks: `HTTP/1.1 503 X\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n${LARGE}\r\n0\r\n\r\n`,
  'a length, and the end of the connection': `HTTP/1.1 503 X\r\nConnection: close\r\nContent-Length: 20000\r\n\r\n${LARGE}`,
  'the end of the connection': `HTTP/1.1 503 X\r\nConnection: close\r\n\r\n${LARGE}`,
};

for (const [name, response] of Object.entries(TOO_LARGE)) {
  test(`a response above the limit that comes at once with ${name} is refused, and nothing else fails`, async (t) => {
    const closes = response.includes('Connection: close');
    const url = await endpoint(t, (socket) => (closes ? socket.end(response) : socket.write(response)));
    const request = { url, method: 'GET', headers: {}, timeoutMs: 600_000, maxBytes: 10_000 };
    // The runner reports an error that nobody listens to as a failure of this test.
    for (let round = 0; round < 5; round++) {
      const sent = new RuntimeConnection(url, undefined).send(request);
      await assert.rejects(sent, /its response is larger than 10000 bytes/);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
}

for (const [name, ending] of Object.entries(ENDINGS)) {
  test(`a request and a stream settle after ${name}`, async (t) => {
    const url = await endpoint(t, ending);
    // The limit on the time would settle them too, therefore it is longer than the test.
    const request = { url, method: 'GET', headers: {}, timeoutMs: 600_000, maxBytes: 10_000 };
    const connection = new RuntimeConnection(url, undefined);
    const status = await connection.send(request).then(
      (response) => response.status,
      () => undefined,
    );
    assert.ok(status === undefined || status === 101, `${status}`);
    const { signal } = new AbortController();
    const streaming = new RuntimeConnection(url, undefined);
    t.after(() => streaming.close());
    // A stream that begins may break for its reader.
    await streaming.stream(url, {}, signal).catch(() => {});
  });
}

test('the time for a request begins anew with each interim response of which its caller says so', async (t) => {
  const interim = 'HTTP/1.1 102 Processing\r\nX-Part: 1\r\n\r\n';
  const url = await endpoint(t, (socket) => {
    const sending = setInterval(() => socket.write(interim), 100);
    socket.on('close', () => clearInterval(sending));
    setTimeout(() => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), 4_000);
  });
  const request = { url, method: 'GET', headers: {}, timeoutMs: 2_000, maxBytes: 10_000 };
  const sent = (isExtended: boolean) =>
    new RuntimeConnection(url, undefined).send({ ...request, onInterim: () => isExtended });
  const [extended, limited] = await Promise.allSettled([sent(true), sent(false)]);
  assert.equal(extended.status === 'fulfilled' && extended.value.status, 200);
  assert.equal(limited.status, 'rejected');
});
