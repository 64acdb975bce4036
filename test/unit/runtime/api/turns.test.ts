// Turns of the API's connections: one request under way each, and where each request ends in the bytes of its connection.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { RequestReader } from '../../../../provider/runtime/api/request-reader.ts';
import { startRuntime } from '../../../../provider/runtime/runtime.ts';
import { temporaryDirectory } from '../../../harness/runtime/runtime.ts';

async function start(t: TestContext) {
  const dataDirectory = temporaryDirectory(t);
  process.env.HOME = temporaryDirectory(t);
  const runtime = await startRuntime({
    ...{ dataDirectory, keyFile: undefined, apiHost: '127.0.0.1', apiPort: 0, apiNames: [], accessLog: undefined },
    ...{ workers: 1, ackTimeoutMs: 10_000, vipPool: '127.77.0.0/16', deniedTargets: [], allowedTargets: [] },
    certificate: undefined,
    logger: pino({ level: 'silent' }),
  });
  t.after(() => runtime.close(0));
  return {
    port: Number(new URL(runtime.url).port),
    token: readFileSync(join(dataDirectory, 'admin-token'), 'utf8').trim(),
  };
}

function caller(t: TestContext, port: number, text = '') {
  const socket = connect({ port, host: '127.0.0.1' });
  let received = '';
  socket.on('error', () => {});
  socket.setEncoding('latin1').on('data', (part) => {
    received += part;
  });
  socket.write(text);
  t.after(() => socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, closed, statuses: () => [...received.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status) };
}

const HOST = 'Host: localhost\r\n';
const HEALTHZ = `GET /healthz HTTP/1.1\r\n${HOST}\r\n`;
const UNKNOWN = `GET /none HTTP/1.1\r\n${HOST}\r\n`;

test('many requests in one write do not keep others out, and each is responded to in its turn', async (t) => {
  const { port } = await start(t);
  const count = 500;
  const [many, other] = [caller(t, port, HEALTHZ.repeat(count)), caller(t, port)];
  await Promise.all([once(many.socket, 'data'), once(other.socket, 'connect')]);
  other.socket.write(HEALTHZ);
  await once(other.socket, 'data');
  assert.ok(many.statuses().length < count / 2, `${many.statuses().length} responses came first`);
  while (many.statuses().length < count) await once(many.socket, 'data');
  assert.deepEqual(new Set(many.statuses()), new Set(['200']));
});

test('requests of any framing follow one another on a connection, however their bytes are split', async (t) => {
  const { port, token } = await start(t);
  const put = `PUT /v1/load-balancers/a HTTP/1.1\r\n${HOST}Authorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
  const all = [
    `\r\n${HEALTHZ}`,
    `${put}Content-Length: 2\r\n\r\n{}`,
    `${put}Transfer-Encoding: chunked\r\n\r\n1;a=b\r\n{\r\n01\r\n}\r\n0\r\nX-A: b\r\n\r\n`,
    UNKNOWN,
    `${HEALTHZ.slice(0, -2)}Connection: close\r\n\r\n`,
    UNKNOWN,
  ].join('');
  for (const size of [1, 7, 50, all.length]) {
    const { socket, closed, statuses } = caller(t, port);
    socket.setNoDelay(true);
    for (let from = 0; from < all.length && !socket.destroyed; from += size) {
      socket.write(all.slice(from, from + size));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    assert.deepEqual(statuses(), ['200', '200', '200', '401', '200'], `${size} bytes at a time`);
  }
});

test('what a connection left when it ended is never taken for a request of another one', async (t) => {
  const { port } = await start(t);
  const other = caller(t, port);
  for (let round = 0; round < 40; round++) {
    const { socket } = caller(t, port, HEALTHZ.repeat(50));
    socket.once('data', () => socket.resetAndDestroy());
    const next = caller(t, port, UNKNOWN);
    other.socket.write(UNKNOWN);
    await Promise.all([once(next.socket, 'data'), once(other.socket, 'data')]);
    assert.deepEqual(next.statuses(), ['401']);
    next.socket.destroy();
  }
  assert.deepEqual(new Set(other.statuses()), new Set(['401']));
});

/** Heads with faults that Node's parser hides, and chunked bodies with such faults. */
const FAULTS: Readonly<Record<string, string>> = {
  'a bare line feed before the request': `\n${HEALTHZ}`,
  'a bare carriage return before the request': `\r${HEALTHZ}`,
  'two empty lines before the request': `\r\n\r\n${HEALTHZ}`,
  'two spaces before the target': `GET  /healthz HTTP/1.1\r\n${HOST}\r\n`,
  'two spaces after the target': `GET /healthz  HTTP/1.1\r\n${HOST}\r\n`,
  'a tab': `GET\t/healthz HTTP/1.1\r\n${HOST}\r\n`,
  'a space after the version': `GET /healthz HTTP/1.1 \r\n${HOST}\r\n`,
  'another protocol': `GET /healthz RTSP/1.0\r\n${HOST}\r\n`,
  'a request line without carriage return': `GET /healthz HTTP/1.1\n${HOST}\r\n`,
};
const CHUNK_FAULTS: Readonly<Record<string, string>> = {
  'a size with many zeros': `${'0'.repeat(20)}2\r\n{}\r\n0\r\n\r\n`,
  'a long extension': `2;a=${'b'.repeat(15_000)}\r\n{}\r\n0\r\n\r\n`,
  'a size that no number holds': `${'f'.repeat(16)}\r\n{}\r\n0\r\n\r\n`,
  'a bare line feed': '2\n{}\r\n0\r\n\r\n',
};

test('a request with a fault that the parser hides gets a 400 and ends its connection', async (t) => {
  const { port, token } = await start(t);
  const put = `PUT /v1/load-balancers/a HTTP/1.1\r\n${HOST}Authorization: Bearer ${token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const chunked = Object.entries(CHUNK_FAULTS).map(([name, body]) => [name, put + body] as const);
  for (const [name, text] of [...Object.entries(FAULTS), ...chunked]) {
    for (const parts of [[text], [text.slice(0, 1), text.slice(1)]]) {
      const { socket, closed, statuses } = caller(t, port);
      for (const part of parts) {
        socket.write(part);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await closed;
      assert.deepEqual(statuses(), ['400'], name);
    }
  }
});

test('a reader takes no byte after its request, wherever the bytes are split', () => {
  const fields = { 'transfer-encoding': 'chunked' };
  const text = `PUT / HTTP/1.1\r\n${HOST}\r\na;b="\r\n0123456789\r\n0\r\nX: y\r\n\r\n`;
  const bytes = Buffer.from(`${text}GET`, 'latin1');
  for (let split = 0; split <= bytes.length; split++) {
    const reader = new RequestReader();
    let taken = 0;
    for (const part of [bytes.subarray(0, split), bytes.subarray(split)]) {
      for (let at = 0; at < part.length && !reader.hasEnded; ) {
        at += reader.take(part.subarray(at));
        if (reader.hasHeadOnly) reader.startBody(fields);
        if (at === part.length || reader.hasEnded) taken += at;
      }
    }
    assert.deepEqual([reader.hasEnded, reader.fault, taken], [true, undefined, text.length], `split at ${split}`);
  }
});
