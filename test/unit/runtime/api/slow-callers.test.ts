// Slow callers of the API: which limit ends which of them. In each test, every other limit is longer than the test.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import type { Patience } from '../../../../provider/runtime/api/server.ts';
import { startRuntime } from '../../../../provider/runtime/runtime.ts';
import { makePair } from '../../../harness/machine/certificates.ts';
import { temporaryDirectory } from '../../../harness/runtime/runtime.ts';

const LONG_MS = 300_000;
const SHORT_MS = 250;
const LONG: Patience = { headMs: LONG_MS, requestMs: LONG_MS, readingMs: LONG_MS, idleMs: LONG_MS, lookMs: 50 };

interface Api {
  readonly port: number;
  readonly token: string;
}

async function start(t: TestContext, patience: Partial<Patience>, isTls = false): Promise<Api> {
  const [dataDirectory, home] = [temporaryDirectory(t), temporaryDirectory(t)];
  process.env.HOME = home;
  const [certificate, privateKey] = [join(home, 'api.crt'), join(home, 'api.key')];
  if (isTls) {
    const pair = makePair(['localhost']);
    writeFileSync(certificate, pair.certificate);
    writeFileSync(privateKey, pair.privateKey);
  }
  const runtime = await startRuntime({
    ...{ dataDirectory, keyFile: undefined, apiHost: '127.0.0.1', apiPort: 0, apiNames: [], accessLog: undefined },
    ...{ workers: 1, ackTimeoutMs: 10_000, vipPool: '127.77.0.0/16', deniedTargets: [], allowedTargets: [] },
    certificate: isTls ? { certificate, privateKey } : undefined,
    logger: pino({ level: 'silent' }),
    patience: { ...LONG, ...patience },
  });
  t.after(() => runtime.close(0));
  return {
    port: Number(new URL(runtime.url).port),
    token: readFileSync(join(dataDirectory, 'admin-token'), 'utf8').trim(),
  };
}

/** A connection to the API, with what it has received. `drip` is sent again and again until the connection is closed. */
function caller(t: TestContext, { port }: Api, first: string, drip = '') {
  const socket = connect({ port, host: '127.0.0.1' });
  let received = '';
  socket.on('error', () => {});
  socket.setEncoding('latin1').on('data', (part) => {
    received += part;
  });
  socket.write(first);
  const timer = drip === '' ? undefined : setInterval(() => socket.write(drip), 20);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  t.after(() => {
    clearInterval(timer);
    socket.destroy();
  });
  return { socket, received: () => received, closed };
}

const HEALTHZ = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n';
const put = (token: string, framing: string) =>
  `PUT /v1/load-balancers/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`;

test('a head that does not arrive in time is given up, and so is a connection on which nothing arrives', async (t) => {
  const api = await start(t, { headMs: SHORT_MS });
  const dripping = caller(t, api, HEALTHZ, 'a: b\r\n');
  const silent = caller(t, api, '');
  await Promise.all([dripping.closed, silent.closed]);
  assert.match(dripping.received(), /^HTTP\/1\.1 400 [\s\S]*the request did not arrive in time/);
});

test('a TLS handshake that does not come is given up', async (t) => {
  const api = await start(t, { headMs: SHORT_MS }, true);
  await Promise.all([caller(t, api, '').closed, caller(t, api, '\x16\x03\x01').closed]);
});

test('a body that does not arrive in time is given up, whatever its framing', async (t) => {
  const api = await start(t, { headMs: SHORT_MS, requestMs: SHORT_MS });
  const callers = [
    caller(t, api, put(api.token, 'Content-Length: 100000'), ' '),
    caller(t, api, put(api.token, 'Transfer-Encoding: chunked'), '1\r\n \r\n'),
    caller(t, api, `${put(api.token, 'Transfer-Encoding: chunked')}2\r\n{}\r\n0\r\n`, 'a: b\r\n'),
  ];
  await Promise.all(callers.map(({ closed }) => closed));
  for (const { received } of callers) assert.match(received(), /^HTTP\/1\.1 400 [\s\S]*did not arrive in time/);
});

test('a client that does not read its responses is given up', async (t) => {
  const api = await start(t, { readingMs: SHORT_MS });
  const { socket, closed } = caller(t, api, '', 'x');
  socket.pause();
  // More than the buffers of two sockets hold.
  for (let count = 0; count < 500; count++) socket.write('GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await closed;
});

test('an idle connection without a token is given up, and one with a token is kept', async (t) => {
  const api = await start(t, { idleMs: SHORT_MS });
  const authorization = `Authorization: Bearer ${api.token}\r\n`;
  const withToken = caller(t, api, `GET /v1/status HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\n`);
  await once(withToken.socket, 'data');
  const callers = ['', 'Authorization: Bearer weir_x\r\n'].map((line) =>
    caller(t, api, `GET /${line === '' ? 'healthz' : 'v1/status'} HTTP/1.1\r\nHost: localhost\r\n${line}\r\n`),
  );
  await Promise.all(callers.map(({ closed }) => closed));
  assert.deepEqual(
    callers.map(({ received }) => received().slice(9, 12)),
    ['200', '401'],
  );
  assert.equal(withToken.socket.closed, false);
});

test('a response that precedes the end of its request is the only one, and closes the connection', async (t) => {
  const api = await start(t, {});
  const body = 'Content-Length: 1000000\r\n\r\n';
  for (const head of [
    HEALTHZ,
    'POST /healthz HTTP/1.1\r\nHost: localhost\r\n',
    'PUT /v1/%ff HTTP/1.1\r\nHost: localhost\r\n',
  ]) {
    const { received, closed } = caller(t, api, head + body, 'x');
    await closed;
    assert.equal(received().match(/HTTP\/1\.1 /g)?.length, 1, head);
    assert.match(received(), /\r\nconnection: close\r\n/i, head);
  }
});
