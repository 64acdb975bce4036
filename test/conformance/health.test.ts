// Conformance scenarios of health: every protocol of a check, thresholds, history and isolation.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { TestContext } from 'node:test';
import { askTcp, freePort } from '../harness/backends/backends.ts';
import { exchange } from '../harness/clients/load.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import type { Scenario, World } from '../harness/conformance/world.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { type RuntimeProcess, until } from '../harness/runtime/runtime.ts';

const TCP = { protocol: 'TCP' };
const FAST = { intervalSeconds: 0.1, timeoutSeconds: 5, healthyThreshold: 2, unhealthyThreshold: 2 };

/** A server that receives the checks of a target. A test can make it fail the checks and pass them again. */
interface Checked {
  readonly port: number;
  fail(): Promise<void> | void;
  recover(): Promise<void> | void;
}

async function listening(t: TestContext, server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const CHECKED: Readonly<Record<string, (t: TestContext) => Promise<Checked>>> = {
  TCP: async (t) => {
    let server = createServer((socket) => socket.resume());
    const port = await listening(t, server);
    return {
      port,
      fail: async () => {
        server.close();
        await once(server, 'close');
      },
      recover: async () => {
        server = createServer((socket) => socket.resume());
        await listening(t, server, port);
      },
    };
  },
  HTTP: (t) => checkedServer(t, (reply) => createHttpServer(reply)),
  HTTPS: (t) => checkedServer(t, (reply) => createHttpsServer(keyPair(), reply)),
  UDP: async (t) => {
    let reply = 'a pong';
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    t.after(() => socket.close());
    await once(socket, 'listening');
    socket.on('message', (message, { port }) => {
      if (message.equals(Buffer.from('ping\0'))) socket.send(reply, port, '127.0.0.1');
    });
    return {
      port: socket.address().port,
      fail: () => {
        reply = 'no';
      },
      recover: () => {
        reply = 'pong again';
      },
    };
  },
};

function keyPair(): { cert: string; key: string } {
  const { certificate, privateKey } = makePair(['shop.example']);
  return { cert: certificate, key: privateKey };
}

async function checkedServer(t: TestContext, create: (reply: RequestListener) => Server): Promise<Checked> {
  let status = 200;
  const port = await listening(
    t,
    create((_request, response) => response.writeHead(status).end('a body')),
  );
  return {
    port,
    fail: () => {
      status = 500;
    },
    recover: () => {
      status = 302;
    },
  };
}

/** Health checks: protocol, further properties, and the problem that a failed check reports. */
const CHECKS: readonly (readonly [protocol: string, properties: object, problem: RegExp])[] = [
  ['TCP', {}, /ECONNREFUSED/],
  ['HTTP', { path: '/healthz' }, /responded with 500/],
  ['HTTPS', { host: 'other.example' }, /responded with 500/],
  ['UDP', { send: 'ping\\x00', expect: 'pong' }, /does not contain/],
];

interface TargetStatus {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
  readonly lastCheckAt?: string;
  readonly history: readonly { readonly at: string; readonly health: string; readonly error?: string }[];
}

async function statusOf(runtime: RuntimeProcess, name: string): Promise<TargetStatus> {
  const [listener] = (await runtime.done('GET', '/v1/status')).listeners;
  return listener.targets.find((target: TargetStatus) => target.name === name);
}

/** Waits until the target has the given health, and returns its status. */
function untilHealth({ runtime }: World, name: string, health: string): Promise<TargetStatus> {
  return until(`${name} to be ${health}`, async () => {
    const status = await statusOf(runtime, name);
    return status.health === health ? status : undefined;
  });
}

const protocolScenarios = CHECKS.map(
  ([protocol, properties, problem]): Scenario => ({
    name: `${protocol} check of another port: a failing target takes no traffic, returns when the check passes, and has both in its history`,
    listener: TCP,
    flags: ['--workers', '2'],
    run: async (world, t) => {
      const { bind, change, port, runtime, tcpBackend } = world;
      const checked = await (CHECKED[protocol] as (typeof CHECKED)[string])(t);
      await change({ healthCheck: { ...FAST, protocol, port: checked.port, ...properties } });
      await bind({ a: (await tcpBackend('a')).target });
      assert.equal(await askTcp('127.0.0.1', port), 'a');
      await checked.fail();
      const failed = await untilHealth(world, 'a', 'unhealthy');
      assert.match(failed.lastError ?? '', problem);
      assert.match(failed.history[0]?.error ?? '', problem);
      await until('no more traffic', async () => (await askTcp('127.0.0.1', port)) === undefined);
      await checked.recover();
      await untilHealth(world, 'a', 'healthy');
      await until('traffic again', async () => (await askTcp('127.0.0.1', port)) === 'a');
      const { history, lastCheckAt = '', lastError } = await statusOf(runtime, 'a');
      assert.deepEqual(
        history.map(({ health }) => health),
        ['healthy', 'unhealthy', 'healthy', 'checking'],
      );
      const times = history.map(({ at }) => Date.parse(at));
      assert.deepEqual(
        times.toSorted((a, b) => b - a),
        times,
      );
      assert.ok(Date.parse(lastCheckAt) >= (times[0] ?? 0));
      assert.equal(lastError, undefined);
    },
  }),
);

/** Starts a server that records the bytes of each connection and responds to HTTP requests. */
async function recorder(t: TestContext): Promise<{ port: number; received: string[] }> {
  const received: string[] = [];
  const server = createServer((socket) => {
    const index = received.push('') - 1;
    socket.on('error', () => {}).setEncoding('latin1');
    socket.on('data', (text) => {
      received[index] = `${received[index]}${text}`;
      if (received[index]?.endsWith('\r\n\r\n')) socket.end('HTTP/1.1 200 OK\r\n\r\n');
    });
  });
  return { port: await listening(t, server), received };
}

const proxyScenarios = [
  ['v1', 'PROXY UNKNOWN\r\n'],
  ['v2', '\r\n\r\n\0\r\nQUIT\n\x20\0\0\0'],
].map(
  ([proxyProtocol, header]): Scenario => ({
    name: `PROXY protocol ${proxyProtocol}: checks begin with a header for a connection without a client`,
    listener: { ...TCP, proxyProtocol },
    run: async ({ bind, change, tcpBackend }, t) => {
      const { port, received } = await recorder(t);
      await change({ healthCheck: { ...FAST, protocol: 'TCP', port } });
      await bind({ a: (await tcpBackend('a')).target });
      await until('the header', () => received.includes(header ?? ''));
      await change({ healthCheck: { ...FAST, protocol: 'HTTP', port } });
      await until('the header and a request', () =>
        received.some((text) => text.startsWith(`${header}GET / HTTP/1.1\r\n`)),
      );
    },
  }),
);

testOnEachEngine([
  ...protocolScenarios,
  ...proxyScenarios,
  {
    name: 'only enough equal results in a row cause a health change, and one pass is enough for a new target',
    run: async (world, t) => {
      // The check needs two failures in a row or three passes in a row. A health change at any other result would
      // appear in the history.
      const statuses = [200, 500, 200, 500, 500, 200, 200, 500, 500, 200, 200, 200];
      let checks = 0;
      const server = createHttpServer((_request, response) => response.writeHead(statuses[checks++] ?? 200).end());
      const port = await listening(t, server);
      const thresholds = { healthyThreshold: 3, unhealthyThreshold: 2 };
      await world.change({ healthCheck: { ...FAST, ...thresholds, protocol: 'HTTP' } });
      await world.bind({ a: { address: '127.0.0.1', port } });
      await until('all responses', () => checks > statuses.length);
      const { history } = await statusOf(world.runtime, 'a');
      assert.deepEqual(
        history.map(({ health }) => health),
        ['healthy', 'unhealthy', 'healthy', 'checking'],
      );
    },
  },
  {
    name: 'an HTTP check sends its method, path and host, and passes only with its expected codes',
    run: async (world, t) => {
      const seen = new Set<string>();
      let status = 204;
      const server = createHttpServer(({ method, url, headers }, response) => {
        seen.add(`${method} ${url} ${headers.host}`);
        response.writeHead(status).end();
      });
      const port = await listening(t, server);
      const asked = { method: 'HEAD', path: '/up?full=1', host: 'shop.example', expectedCodes: '204,300-301' };
      await world.change({ healthCheck: { ...FAST, protocol: 'HTTP', ...asked } });
      await world.bind({ a: { address: '127.0.0.1', port } });
      status = 200;
      assert.match((await untilHealth(world, 'a', 'unhealthy')).lastError ?? '', /responded with 200/);
      status = 301;
      await untilHealth(world, 'a', 'healthy');
      assert.deepEqual([...seen], ['HEAD /up?full=1 shop.example']);
    },
  },
  {
    name: 'only one worker checks a target',
    flags: ['--workers', '4'],
    run: async (world, t) => {
      let isHeld = false;
      let held = 0;
      const checked = createHttpServer((_request, response) => {
        if (isHeld) held++;
        else response.end();
      });
      let others = 0;
      const other = createHttpServer((_request, response) => {
        others++;
        response.end();
      });
      const ports = await Promise.all([checked, other].map((server) => listening(t, server)));
      const [a, b] = ports.map((port) => ({ address: '127.0.0.1', port }));
      await world.change({ healthCheck: { ...FAST, timeoutSeconds: 60, protocol: 'HTTP' } });
      await world.bind({ a: a ?? {}, b: b ?? {} });
      // A checker waits for the response to a check before it sends the next one. One held response therefore stops all
      // checks, unless other workers check too.
      isHeld = true;
      await until('the check that is held', () => held > 0 || undefined);
      others = 0;
      await until('20 intervals', () => others > 20 || undefined);
      assert.equal(held, 1);
    },
  },
  {
    name: 'a target that passes checks but refuses three connections is isolated, and returns after its next passed check',
    flags: ['--workers', '4'],
    run: async (world) => {
      const [a, checked] = [await world.httpBackend('a'), await world.httpBackend('checked')];
      const check = { protocol: 'HTTP', port: checked.port, intervalSeconds: 0.1 };
      // A healthy threshold of 100 passes keeps the target isolated until the check is changed.
      await world.change({ healthCheck: { ...check, healthyThreshold: 100 } });
      const dead = { address: '127.0.0.1', port: await freePort() };
      await world.bind({ a: a.target, dead });
      await until('the isolation', async () => {
        assert.equal((await exchange(world.url)).backend, 'a');
        return (await statusOf(world.runtime, 'dead')).health === 'unhealthy';
      });
      const { history } = await statusOf(world.runtime, 'dead');
      assert.match(history[0]?.error ?? '', /ECONNREFUSED/);
      const revived = await world.httpBackend('revived', dead.port);
      await world.change({ healthCheck: { ...check, healthyThreshold: 2 } });
      await until('traffic', async () => (await exchange(world.url)).backend === revived.name);
    },
  },
  {
    name: 'an isolated target without a check is tried again after 10 s',
    listener: { healthCheck: { protocol: 'none' } },
    flags: ['--workers', '4'],
    run: async (world) => {
      const dead = { address: '127.0.0.1', port: await freePort() };
      await world.bind({ a: (await world.httpBackend('a')).target, dead });
      await until('the isolation', async () => {
        assert.equal((await exchange(world.url)).backend, 'a');
        return (await statusOf(world.runtime, 'dead')).health === 'unhealthy';
      });
      await world.httpBackend('revived', dead.port);
      await until('traffic', async () => (await exchange(world.url)).backend === 'revived');
      const { history } = await statusOf(world.runtime, 'dead');
      assert.deepEqual(
        history.map(({ health }) => health),
        ['unchecked', 'unhealthy', 'unchecked'],
      );
      const [back, isolated] = history.map(({ at }) => Date.parse(at)) as [number, number];
      assert.ok(back - isolated >= 9_900, `the target was tried again after ${back - isolated} ms`);
    },
  },
]);
