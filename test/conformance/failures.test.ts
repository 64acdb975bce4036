// Conformance scenarios of targets that fail during a request: which requests are sent again, and which are not.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { openFlow } from '../harness/clients/flow.ts';
import { exchange } from '../harness/clients/load.ts';
import { testOnEachSocketKind } from '../harness/conformance/table.ts';
import { fullPort } from '../harness/machine/full-port.ts';
import { Chance, SEED } from '../harness/properties/seed.ts';
import { until } from '../harness/runtime/runtime.ts';

const UNCHECKED = { healthCheck: { protocol: 'none' } };

interface FragileBackend {
  readonly target: { address: string; port: number };
  /** Number of requests by the value of their `X-Id` field. */
  readonly seen: ReadonlyMap<string, number>;
}

/**
 * Starts a backend that responds with the request's body. `before` may prevent the response, `afterwards` may close the
 * connection.
 */
async function fragileBackend(
  t: TestContext,
  { before = () => false, afterwards = () => {} }: Partial<Fragility>,
): Promise<FragileBackend> {
  const seen = new Map<string, number>();
  const server = createServer(async (message, response) => {
    const id = String(message.headers['x-id']);
    seen.set(id, (seen.get(id) ?? 0) + 1);
    let body = '';
    for await (const chunk of message) body += chunk;
    if (before(message.socket)) return;
    response.end(body || 'nothing');
    response.once('finish', () => afterwards(message.socket));
  });
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { target: { address: '127.0.0.1', port: (server.address() as AddressInfo).port }, seen };
}

interface Fragility {
  /** Called when the backend has read a complete request. If it returns `true`, the backend sends no response. */
  before: (socket: Socket) => boolean;
  /** Called when the backend has sent its response. */
  afterwards: (socket: Socket) => void;
}

/** Sends a request; resolves with status and body of the response, and rejects if the connection fails. */
async function send(url: string, method: string, id: string, agent: Agent | false): Promise<[number, string]> {
  const sent = request(url, { method, agent, headers: { 'X-Id': id } });
  sent.end(method === 'POST' ? id : undefined);
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return [response.statusCode, text];
}

/** Sends `count` requests over 16 kept connections; resolves with a description of each wrong response. */
async function sendMany(t: TestContext, url: string, method: string, count: number): Promise<string[]> {
  const failures: string[] = [];
  let sent = 0;
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    while (sent < count) {
      const id = `${method} ${sent++}`;
      const [status, body] = await send(url, method, id, agent).catch((error) => [0, String(error)] as const);
      if (status !== 200 || body !== (method === 'POST' ? id : 'nothing')) failures.push(`${id}: ${status} ${body}`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, client));
  return failures;
}

testOnEachSocketKind([
  {
    name: 'a backend closes idle connections at random: 5,000 GET and 2,000 POST succeed, and each POST is seen once',
    listener: UNCHECKED,
    flags: ['--workers', '2'],
    run: async ({ bind, url }, t) => {
      let closed = 0;
      const chance = new Chance(SEED);
      // Half of the connections close after their response, at once or up to 9 ms later: while the next request is on
      // its way, or after the pool has the connection back.
      const afterwards = (socket: Socket) => {
        if (chance.below(2) === 0) return;
        const close = () => {
          closed++;
          if (chance.below(2) === 0) socket.end();
          else socket.destroy();
        };
        setTimeout(close, chance.below(2) * chance.below(10));
      };
      const backend = await fragileBackend(t, { afterwards });
      await bind({ a: backend.target });
      const failures = await Promise.all([sendMany(t, url, 'GET', 5_000), sendMany(t, url, 'POST', 2_000)]);
      assert.deepEqual(failures.flat().slice(0, 3), []);
      const posts = [...backend.seen].filter(([id]) => id.startsWith('POST'));
      const seenOnce = posts.filter(([, count]) => count === 1);
      assert.deepEqual([posts.length, seenOnce.length], [2_000, 2_000]);
      assert.ok(closed > 1_000, `${closed} connections were closed`);
    },
  },
  {
    name: 'a backend resets after it has read a request: a GET is sent to another target, a POST gets 502 and is seen once',
    listener: UNCHECKED,
    run: async ({ bind, url }, t) => {
      const before = (socket: Socket) => {
        socket.resetAndDestroy();
        return true;
      };
      const [resetting, sound] = [await fragileBackend(t, { before }), await fragileBackend(t, {})];
      await bind({ resetting: resetting.target, sound: sound.target });
      assert.deepEqual(await sendMany(t, url, 'GET', 20), []);
      assert.ok(resetting.seen.size > 0 && sound.seen.size === 20, 'both backends received requests');

      const responses: Record<string, number> = {};
      for (let index = 0; index < 20; index++) {
        const id = `POST ${index}`;
        const [status] = await send(url, 'POST', id, false);
        responses[status] = (responses[status] ?? 0) + 1;
        const seenBy = [resetting, sound].map(({ seen }) => seen.get(id) ?? 0);
        assert.deepEqual(seenBy, status === 502 ? [1, 0] : [0, 1]);
      }
      assert.deepEqual(responses, { 200: 10, 502: 10 });
    },
  },
  {
    name: 'the target is unbound while connects to it hang: the waiting HTTP clients get another target',
    listener: UNCHECKED,
    flags: ['--workers', '2'],
    run: async (world, t) => {
      const a = await world.httpBackend('a');
      await world.bind({ hanging: { address: '127.0.0.1', port: await fullPort(t) } });
      const waiting = Array.from({ length: 10 }, () => exchange(world.url));
      await until(
        'all wait',
        async () => (await world.runtime.metric('weir_http_requests_total{listener="web"}')) === 10 || undefined,
      );
      await world.patch({ hanging: null, a: a.target });
      for (const { backend } of await Promise.all(waiting)) assert.equal(backend, 'a');
    },
  },
  {
    name: 'the target is unbound while connects to it hang: the waiting TCP clients get another target',
    listener: { protocol: 'TCP', ...UNCHECKED },
    flags: ['--workers', '2'],
    run: async (world, t) => {
      const a = await world.tcpBackend('a');
      await world.bind({ hanging: { address: '127.0.0.1', port: await fullPort(t) } });
      const waiting = Array.from({ length: 10 }, () => openFlow(world.port));
      await until(
        'all wait',
        async () => (await world.runtime.metric('weir_listener_connections_total{listener="web"}')) === 10 || undefined,
      );
      await world.patch({ hanging: null, a: a.target });
      for (const { name, socket } of await Promise.all(waiting)) {
        assert.equal(name, 'a');
        socket.destroy();
      }
    },
  },
]);
