// Targets that leave the body of a request unread on its connection, where it would be the next client's request.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { get, ok, ScriptedBackend } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';

/** The beginning of a request, which the head of the next request on the same connection would complete. */
const FORGED = 'GET /forged HTTP/1.1\r\nHost: a\r\nX: ';
const LENGTH = `Content-Length: ${FORGED.length}\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const CHUNKS = `${FORGED.length.toString(16)}\r\n${FORGED}\r\n0\r\n\r\n`;

/** A target that never reads a body: it responds to each head with its path, or later than the test takes. */
function careless(t: TestContext, version = 'HTTP/1.1'): Promise<ScriptedBackend> {
  return ScriptedBackend.start(t, async (peer) => {
    for (;;) {
      await peer.until(() => peer.isClosed || peer.isEnded || peer.received.includes('\r\n\r\n'), 'a request');
      if (!peer.received.includes('\r\n\r\n')) break;
      const line = (await peer.head()).split('\r\n')[0] ?? '';
      const path = line.split(' ')[1];
      if (path === undefined) continue;
      const response = ok(path, 'Connection: keep-alive\r\n').replace('HTTP/1.1', version);
      peer.write(line.startsWith('HEAD ') ? response.slice(0, -path.length) : response);
    }
    peer.socket.end();
  });
}

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE', 'get', 'post', 'COPY', 'UNLOCK', 'PURGE', 'M-SEARCH'];
const UNREAD: [what: string, head: string, body: string, version?: string][] = [
  ...METHODS.map((method): [string, string, string] => [method, `${method} /first HTTP/1.1\r\n${LENGTH}`, FORGED]),
  ['GET with chunks', `GET /first HTTP/1.1\r\n${CHUNKED}`, CHUNKS],
  ['GET of HTTP/1.0', `GET /first HTTP/1.0\r\nConnection: keep-alive\r\n${LENGTH}`, FORGED],
  ['PUT that is not asked to continue', `PUT /first HTTP/1.1\r\nExpect: 100-continue\r\n${LENGTH}`, FORGED],
  ['chunks to HTTP/1.0', `PUT /first HTTP/1.1\r\n${CHUNKED}`, CHUNKS, 'HTTP/1.0'],
];

for (const [what, head, body, version] of UNREAD) {
  test(`a body that may be unread is never the next client's request: ${what}`, async (t) => {
    const backend = await careless(t, version);
    const proxy = await HttpProxy.start(t, [backend.port]);
    const client = await proxy.connect(t);
    client.write(`${head}Host: a\r\n\r\n${body}`);
    const { status, body: first } = await client.response(head.startsWith('HEAD '));
    assert.deepEqual([status, first], [200, head.startsWith('HEAD ') ? '' : '/first']);
    const next = await proxy.connect(t);
    next.write(get('/next'));
    assert.equal((await next.response()).body, '/next');
    assert.equal(backend.peers.length, 2);
    await (await backend.peer(0)).untilEnded();
  });
}

const READ: [what: string, head: string][] = [
  ['PUT', 'PUT /first HTTP/1.1\r\n'],
  ['POST', 'POST /first HTTP/1.1\r\n'],
  ['PROPFIND', 'PROPFIND /first HTTP/1.1\r\n'],
  ['PUT that is asked to continue', 'PUT /first HTTP/1.1\r\nExpect: 100-continue\r\n'],
];

for (const [what, head] of READ) {
  test(`the connection is kept after a body that the target expects: ${what}`, async (t) => {
    const backend = await ScriptedBackend.start(t, async (peer) => {
      if (/^expect:/im.test(await peer.head())) peer.write('HTTP/1.1 100 Continue\r\n\r\n');
      peer.write(ok(await peer.body(FORGED.length)));
      await peer.head();
      peer.write(ok('/next'));
    });
    const proxy = await HttpProxy.start(t, [backend.port]);
    const client = await proxy.connect(t);
    client.write(`${head}Host: a\r\n${LENGTH}\r\n${FORGED}`);
    let response = await client.response();
    if (response.status === 100) response = await client.response();
    assert.equal(response.body, FORGED);
    const next = await proxy.connect(t);
    next.write(get('/next'));
    assert.equal((await next.response()).body, '/next');
    assert.equal(backend.peers.length, 1);
  });
}

test("the HTTP server of Python, which leaves the body of a GET unread, mixes no clients' requests", async (t) => {
  const args = ['-u', '-m', 'http.server', '0', '--bind', '127.0.0.1', '--protocol', 'HTTP/1.1'];
  const server = spawn('python3', args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => server.kill());
  const [said] = await once(server.stdout.setEncoding('utf8'), 'data');
  const proxy = await HttpProxy.start(t, [Number(/port (\d+)/.exec(said)?.[1])]);
  for (const method of ['GET', 'HEAD']) {
    const client = await proxy.connect(t);
    client.write(`${method} / HTTP/1.1\r\nHost: a\r\n${LENGTH}\r\n${FORGED}`);
    assert.equal((await client.response(method === 'HEAD')).status, 200);
    const next = await proxy.connect(t);
    next.write(get('/'));
    assert.equal((await next.response()).status, 200);
  }
});
