// How strictly the API reads requests: ambiguous HTTP, names of the API, pages of other origins, coded bodies.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { makePair } from '../harness/machine/certificates.ts';
import { RuntimeProcess, temporaryDirectory } from '../harness/runtime/runtime.ts';

/** Sends one request as it is. Resolves with everything that comes back once the connection is closed. */
async function closedAfter(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1').on('data', (part) => {
    received += part;
  });
  socket.on('error', () => {});
  socket.write(text, 'latin1');
  await once(socket, 'close');
  return received;
}

const CHUNKED = '\r\n2\r\n{}\r\n0\r\n\r\n';
/** Lines after the token, and the version if it is not 1.1, of requests that two readers may read in two ways. */
const AMBIGUOUS: readonly [fault: string, lines: string, version?: string][] = [
  ['two hosts', 'Host: localhost\r\nHost: localhost\r\n\r\n'],
  ['no host', '\r\n'],
  ['two tokens', 'Host: localhost\r\nAuthorization: Bearer x\r\n\r\n'],
  ['an unknown coding', `Host: localhost\r\nTransfer-Encoding: gzip, chunked\r\n${CHUNKED}`],
  ['a coding that is not the last', `Host: localhost\r\nTransfer-Encoding: chunked, gzip\r\n${CHUNKED}`],
  ['identity', 'Host: localhost\r\nTransfer-Encoding: identity\r\n\r\n'],
  ['chunked twice', `Host: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n${CHUNKED}`],
  ['chunked in HTTP/1.0', `Host: localhost\r\nTransfer-Encoding: chunked\r\n${CHUNKED}`, '1.0'],
  ['a length before chunks', `Host: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n${CHUNKED}`],
  ['a length after chunks', `Host: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n${CHUNKED}`],
  ['two lengths', 'Host: localhost\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}'],
  ['a folded line', 'Host: localhost\r\nX-A: a\r\n b\r\n\r\n'],
  ['a space before the colon', 'Host : localhost\r\n\r\n'],
  ['a bare CR', 'Host: localhost\rX-A: b\r\n\r\n'],
  ['a length with zeros before it', 'Host: localhost\r\nContent-Length: 002\r\n\r\n{}'],
  ['a length spelt otherwise', 'Host: localhost\r\nContent_Length: 2\r\n\r\n{}'],
  ['a coding spelt otherwise', `Host: localhost\r\nTransfer.Encoding: chunked\r\n${CHUNKED}`],
  ['fields after those that Node keeps', `Host: localhost\r\n${'a:\r\n'.repeat(2500)}Host: localhost\r\n\r\n`],
  ['HTTP/2.0', 'Host: localhost\r\n\r\n', '2.0'],
  ['HTTP/0.9', 'Host: localhost\r\n\r\n', '0.9'],
];

test('an ambiguous request gets a 400, and its connection is closed', async (t) => {
  const { url, token } = await RuntimeProcess.start(t);
  for (const [fault, lines, version = '1.1'] of AMBIGUOUS) {
    const head = `PUT /v1/load-balancers/x HTTP/${version}\r\nContent-Type: application/json\r\nAuthorization: Bearer ${token}\r\n`;
    assert.match(await closedAfter(url, head + lines), /^HTTP\/1\.1 400 [\s\S]*InvalidParameter/, fault);
  }
  const lines = `Host: localhost\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`;
  for (const target of [
    'http://other/v1/status',
    'https://localhost/v1/status',
    'ws://localhost/v1/status',
    '/v1/status#a',
  ])
    assert.match(await closedAfter(url, `GET ${target} HTTP/1.1\r\n${lines}`), /^HTTP\/1\.1 400 /, target);
  assert.match(await closedAfter(url, `SOURCE /v1/status ICE/1.0\r\n${lines}`), /^HTTP\/1\.1 400 /);
  assert.match(await closedAfter(url, `GET http://localhost/v1/status HTTP/1.1\r\n${lines}`), /^HTTP\/1\.1 200 /);
  assert.match(await closedAfter(url, 'CONNECT a:80 HTTP/1.1\r\nHost: localhost\r\n\r\n'), /^HTTP\/1\.1 400 /);
  const old = `GET /v1/status HTTP/1.0\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  assert.match(await closedAfter(url, old), /^HTTP\/1\.1 200 /);
});

test('a name that is none of the API, or a page of another origin, gets no response of the API', async (t) => {
  const runtime = await RuntimeProcess.start(t, { args: ['--api-name', 'weir.test', '--api-name', 'lb.test'] });
  const port = new URL(runtime.url).port;
  const statusFor = async (lines: string) => {
    const text = `GET /healthz HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`;
    return Number((await closedAfter(runtime.url, text)).slice(9, 12));
  };
  for (const host of [
    'localhost',
    `LOCALHOST:${port}`,
    '127.0.0.1',
    '[::1]:7400',
    '10.0.0.1',
    'weir.test',
    'lb.test.:80',
  ])
    assert.equal(await statusFor(`Host: ${host}\r\n`), 200, host);
  for (const host of [
    'evil.test',
    'localhost.evil.test',
    'xweir.test',
    '127.0.0.1.evil.test',
    'localhost, evil.test',
    'localhost:65536',
    '',
  ])
    assert.equal(await statusFor(`Host: ${host}\r\n`), 421, host);
  // A path that cannot be decoded is no way around the checks.
  const undecodable = await closedAfter(runtime.url, 'GET /v1/%ff HTTP/1.1\r\nHost: evil.test\r\n\r\n');
  assert.match(undecodable, /^HTTP\/1\.1 421 [\s\S]*connection: close/i);
  const host = `Host: localhost:${port}\r\n`;
  assert.equal(await statusFor(`${host}Origin: http://localhost:${port}\r\n`), 200);
  for (const origin of ['http://evil.test', 'null', 'http://127.0.0.1:1', `http://localhost:${port}0`, ''])
    assert.equal(await statusFor(`${host}Origin: ${origin}\r\n`), 403, origin);
});

test('over TLS, the names of the certificate are names of the API', async (t) => {
  const directory = temporaryDirectory(t);
  const { certificate, privateKey } = makePair(['api.test', '*.pool.test']);
  const files = { cert: join(directory, 'api.crt'), key: join(directory, 'api.key') };
  writeFileSync(files.cert, certificate);
  writeFileSync(files.key, privateKey);
  const { url } = await RuntimeProcess.start(t, { args: ['--api-cert', files.cert, '--api-key', files.key] });
  const statusFor = async (host: string) => {
    const sent = request(`${url}/healthz`, { headers: { host }, rejectUnauthorized: false, agent: false }).end();
    const [response] = await once(sent, 'response');
    response.resume();
    return response.statusCode;
  };
  for (const host of ['api.test', 'a.pool.test:7400', 'localhost']) assert.equal(await statusFor(host), 200, host);
  for (const host of ['other.test', 'a.b.pool.test', 'pool.test']) assert.equal(await statusFor(host), 421, host);
});

test('a coded body is refused, and an uncoded one is not', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  for (const coding of ['gzip', 'br', 'identity, gzip', 'X-Unknown']) {
    const response = await runtime.call('PUT', '/v1/load-balancers/a', {}, { 'content-encoding': coding });
    assert.deepEqual([response.status, response.body.code], [415, 'UnsupportedEncoding'], coding);
  }
  for (const coding of ['Identity', '', ', identity,'])
    assert.equal(
      (await runtime.call('PUT', '/v1/load-balancers/a', {}, { 'content-encoding': coding })).status,
      200,
      coding,
    );
});
