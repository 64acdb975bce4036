// Bodies of any size over real sockets: byte for byte, with slow readers, and in any split of a pipelined stream.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import * as v8 from 'node:v8';
import * as vm from 'node:vm';
import fc from 'fast-check';
import { untilTrue } from '../../../../../harness/engine/fixtures.ts';
import { get, ok, ScriptedBackend } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';
import { assertHolds } from '../../../../../harness/properties/properties.ts';
import { Chance, SEED } from '../../../../../harness/properties/seed.ts';

const MIB = 1024 * 1024;

/** A backend that echoes each request's body in the framing that the path names, with Node's own HTTP. */
async function echoServer(t: TestContext): Promise<number> {
  const server = http.createServer((request, response) => {
    if (request.url === '/length') response.setHeader('Content-Length', request.headers['x-length'] as string);
    request.pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

for (const framing of ['length', 'chunked']) {
  test(`1 MiB bodies by ${framing} pass byte for byte both ways with readers that pause`, async (t) => {
    const proxy = await HttpProxy.start(t, [await echoServer(t)]);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
    t.after(() => agent.destroy());
    const chance = new Chance(SEED);
    const exchange = async (): Promise<void> => {
      const body = randomBytes(MIB + chance.below(1000));
      const headers = framing === 'length' ? { 'Content-Length': body.length } : {};
      const request = http.request({
        port: proxy.port,
        host: '127.0.0.1',
        agent,
        method: 'POST',
        path: `/${framing}`,
        headers: { ...headers, 'X-Length': body.length },
      });
      const responded = once(request, 'response') as Promise<[http.IncomingMessage]>;
      const sent = (async () => {
        for (let at = 0; at < body.length; ) {
          const size = 1 + chance.below(60_000);
          if (!request.write(body.subarray(at, at + size))) await once(request, 'drain');
          at += size;
        }
        request.end();
      })();
      const [response] = await responded;
      const hash = createHash('sha256');
      for await (const chunk of response) {
        hash.update(chunk);
        // The reader pauses for an event-loop iteration, so that the buffers on the way fill.
        await new Promise((resolve) => setImmediate(resolve));
      }
      await sent;
      assert.equal(hash.digest('hex'), createHash('sha256').update(body).digest('hex'));
    };
    await Promise.all(Array.from({ length: 8 }, exchange));
  });
}

/** Collects garbage at once, so that memory is what is held. */
function collectGarbage(): void {
  v8.setFlagsFromString('--expose-gc');
  vm.runInNewContext('gc')();
}

test('a client that does not read stops the target, and gets everything after it reads again', async (t) => {
  const size = 64 * MIB;
  const block = Buffer.alloc(MIB, 'x');
  const server = http.createServer((_request, response) => {
    response.setHeader('Content-Length', size);
    let left = size / MIB;
    const more = (): void => {
      while (left > 0) {
        left--;
        if (!response.write(block)) break;
      }
      if (left > 0) response.once('drain', more);
      else response.end();
    };
    more();
    state.left = () => left;
  });
  const state = { left: () => size / MIB };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const proxy = await HttpProxy.start(t, [(server.address() as AddressInfo).port]);
  const request = http.get({ port: proxy.port, host: '127.0.0.1', agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  // The target counts as stopped if it makes no progress over many iterations: most of the body is still there.
  let seen = -1;
  await untilTrue(() => {
    const isSame = state.left() === seen;
    seen = state.left();
    return isSame;
  }, 'the target to stop');
  assert.ok(state.left() > 0, 'the whole body was taken from the target');
  // Blocks of the target that were sent already are garbage.
  collectGarbage();
  const memory = process.memoryUsage().arrayBuffers;
  assert.ok(memory < 40 * MIB, `${memory} bytes are held in buffers`);
  let length = 0;
  for await (const chunk of response) length += chunk.length;
  assert.equal(length, size);
});

test('any split of a pipelined stream gives the same requests and responses', async (t) => {
  const seen: string[] = [];
  const backend = await ScriptedBackend.start(t, async (peer) => {
    for (;;) {
      const head = await peer.head();
      let body = '';
      if (/^Content-Length/m.test(head)) body = await peer.body(5);
      if (/^Transfer-Encoding/m.test(head)) {
        await peer.untilReceived('0\r\n\r\n');
        body = peer.take(peer.received.indexOf('0\r\n\r\n') + 5).replaceAll(/[0-9a-f]+\r\n|\r\n/g, '');
      }
      seen.push(`${head.slice(0, head.indexOf(' HTTP'))} ${body}`);
      peer.write(ok(`${seen.length}`));
    }
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const post = 'POST /b HTTP/1.1\r\nHost: a\r\n';
  const raw = Buffer.from(
    `${get('/a')}${post}Content-Length: 5\r\n\r\nhello\r\n${get('/c')}` +
      `${post}Transfer-Encoding: chunked\r\n\r\n2;x\r\nwo\r\n3\r\nrst\r\n0\r\n\r\n${get('/d', 'Connection: close\r\n')}`,
  );
  await assertHolds(
    fc.asyncProperty(fc.array(fc.nat(raw.length), { maxLength: 12 }), async (cuts) => {
      seen.length = 0;
      const client = await proxy.connect(t);
      let from = 0;
      for (const to of [...cuts.sort((a, b) => a - b), raw.length]) {
        client.socket.write(raw.subarray(from, to));
        from = to;
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (let response = 1; response <= 5; response++) assert.equal((await client.response()).body, `${response}`);
      await client.untilEnded();
      assert.deepEqual(seen, ['GET /a ', 'POST /b hello', 'GET /c ', 'POST /b worst', 'GET /d ']);
    }),
    { numRuns: 60 },
  );
});
