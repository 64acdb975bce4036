// Conformance scenarios of addresses: IPv6 on both sides, wildcard addresses, and a VIP that changes in place.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import type { TestContext } from 'node:test';
import { targetKey } from '../../provider/model/base/target-key.ts';
import { askTcp } from '../harness/backends/backends.ts';
import { UdpBackend, UdpClient } from '../harness/backends/udp.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import { targetsTo } from '../harness/conformance/world.ts';
import { until } from '../harness/runtime/runtime.ts';

const UNCHECKED = { healthCheck: { protocol: 'none' } };
const CHECKED_BY_HTTP = { healthCheck: { protocol: 'HTTP', intervalSeconds: 0.2, timeoutSeconds: 5 } };

interface Recorder {
  readonly name: string;
  readonly target: { address: string; port: number };
  readonly requests: IncomingHttpHeaders[];
  readonly checks: IncomingHttpHeaders[];
}

/** Starts an HTTP backend that records the headers of client requests and of health checks. */
async function recorder(t: TestContext, address: string): Promise<Recorder> {
  const [requests, checks]: [IncomingHttpHeaders[], IncomingHttpHeaders[]] = [[], []];
  const server = createServer(({ headers }, response) => {
    (headers['user-agent'] === 'weir-health-check' ? checks : requests).push(headers);
    response.end('recorded');
  });
  server.listen(0, address);
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  return { name: 'a', target: { address, port: (server.address() as AddressInfo).port }, requests, checks };
}

/** Makes a request and returns the status of the response. Returns `undefined` if the connection fails. */
function visit(host: string, port: number, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve) => {
    const sent = request({ host, port, headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    sent.on('error', () => resolve(undefined));
    sent.end();
  });
}

testOnEachEngine([
  {
    name: 'IPv6, HTTP: Host has brackets, X-Forwarded-For has none, and the check of a target on ::1 sends Host [::1]',
    listener: CHECKED_BY_HTTP,
    address: '::1',
    run: async ({ bind, runtime, port, url }, t) => {
      const backend = await recorder(t, '::1');
      await bind(targetsTo([backend]));
      assert.equal(url, `http://[::1]:${port}/`);
      assert.equal((await runtime.done('GET', '/v1/listeners/web')).endpoint, `http://[::1]:${port}`);
      assert.equal(await (await fetch(url)).text(), 'recorded');
      const [{ host, ...headers }] = backend.requests as [IncomingHttpHeaders];
      assert.deepEqual(
        [host, headers['x-forwarded-for'], headers['x-forwarded-port']],
        [`[::1]:${port}`, '::1', `${port}`],
      );
      assert.equal(backend.checks[0]?.host, `[::1]:${backend.target.port}`);
      assert.equal(await visit('::1', port, { host: '[::1' }), 400);
      const [{ targets }] = (await runtime.done('GET', '/v1/status')).listeners;
      assert.deepEqual([targets[0].address, targets[0].health], ['::1', 'healthy']);
    },
  },
  {
    name: 'IPv6, TCP and UDP: clients and targets on ::1 are served, and so are targets of the other address family',
    listener: { protocol: 'TCP', ...UNCHECKED },
    address: '::1',
    flags: ['--workers', '2'],
    run: async ({ bind, patch, change, runtime, port, tcpBackend }, t) => {
      const tcp = await tcpBackend('six', '::1');
      const udp = await UdpBackend.start(t, 'six', '::1', tcp.port);
      await bind(targetsTo([tcp]));
      assert.equal(await askTcp('::1', port), 'six');
      await change({ protocol: 'UDP' });
      assert.equal((await runtime.done('GET', '/v1/listeners/web')).endpoint, `udp://[::1]:${port}`);
      const client = await UdpClient.open(t, port, '::1');
      assert.equal(await client.ask('x'), 'six x');
      const four = await UdpBackend.start(t, 'four');
      await patch({ six: null, four: four.target });
      assert.equal(await client.ask('x'), 'four x');
      assert.equal(udp.datagrams.length, 1);
    },
  },
  {
    name: '[::] accepts both address families: an IPv4 client appears with its IPv4 address and keeps its source-IP target',
    listener: { algorithm: 'source-ip-hash', ...UNCHECKED },
    address: '::',
    flags: ['--workers', '2'],
    run: async ({ bind, runtime, port, httpBackend }, t) => {
      const backend = await recorder(t, '127.0.0.1');
      await bind(targetsTo([backend]));
      for (const host of ['127.0.0.1', '::1']) assert.equal(await visit(host, port), 200);
      assert.deepEqual(
        backend.requests.map((headers) => headers['x-forwarded-for']),
        ['127.0.0.1', '::1'],
      );
      const all = await Promise.all([...'abcdefgh'].map((name) => httpBackend(name)));
      await bind(targetsTo(all));
      const namesOf = async () => {
        const hosts = Array.from({ length: 20 }, (_, index) => `127.0.0.${index + 1}`);
        return Promise.all(hosts.map((localAddress) => nameFor(port, localAddress)));
      };
      const names = await namesOf();
      assert.ok(new Set(names).size > 3, 'the clients have several targets');
      assert.deepEqual(await namesOf(), names);
      // A client keeps its target when the listener moves to an IPv4 address.
      await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
      assert.deepEqual(await namesOf(), names);
    },
  },
  {
    name: 'an IPv4-mapped IPv6 address counts as the IPv4 address, for a VIP and for the uniqueness of targets',
    address: '::ffff:127.0.0.1',
    listener: UNCHECKED,
    run: async ({ bind, runtime, port, httpBackend }) => {
      const [a] = [await httpBackend('a')];
      assert.equal((await runtime.done('GET', '/v1/load-balancers/lb')).vip, '127.0.0.1');
      await bind({ a: { address: '::ffff:7f00:1', port: a.port } });
      assert.equal(await visit('127.0.0.1', port), 200);
      const { boundTargets } = await runtime.done('GET', '/v1/attachments/pool');
      assert.deepEqual([boundTargets.a.address, boundTargets.a.health], ['127.0.0.1', 'unchecked']);
      const targets = { a: { address: '::ffff:127.0.0.1', port: a.port }, again: a.target };
      const { status, body } = await runtime.call('PUT', '/v1/attachments/pool', { listenerId: 'web', targets });
      assert.deepEqual([status, body.code], [400, 'InvalidBackendServers.ServerIpConflict']);
    },
  },
  {
    name: 'a VIP changes to a wildcard address and back under load: no connection is refused, no request on an open connection fails',
    flags: ['--workers', '2'],
    run: async ({ bind, runtime, port, httpBackend, startLoad }) => {
      await bind(targetsTo([await httpBackend('a')]));
      const load = startLoad({ clients: 8 });
      const move = (address: string) => runtime.done('PUT', '/v1/load-balancers/lb', { address });
      for (const address of ['0.0.0.0', '127.0.0.1', '::', '127.0.0.1', '0.0.0.0']) {
        const { length } = load.exchanges;
        await move(address);
        assert.equal((await runtime.done('GET', '/v1/listeners/web')).endpoint, `http://${targetKey(address, port)}`);
        await until('requests after the change', () => load.exchanges.length > length + 100);
      }
      await load.stop();
      // A connection that reaches the old socket while it closes may be reset; a request on an established connection
      // may not fail.
      const failed = load.failures().filter(({ error, isReused }) => isReused || !/ECONNRESET/.test(error ?? ''));
      assert.deepEqual(failed.slice(0, 3), []);
    },
  },
  {
    name: "a wildcard address is refused if another process has the port on one of its addresses, and the error names the load balancer's address",
    run: async ({ bind, runtime, port, httpBackend }, t) => {
      await bind(targetsTo([await httpBackend('a')]));
      const other = createTcpServer().listen({ host: '127.0.0.2', port, reusePort: true });
      await once(other, 'listening');
      t.after(() => other.close());
      const { status, body } = await runtime.call('PUT', '/v1/load-balancers/lb', { address: '0.0.0.0' });
      assert.deepEqual([status, body.code, body.details[0].path], [409, 'PortInUse', 'address']);
      assert.equal((await runtime.done('GET', '/v1/load-balancers/lb')).vip, '127.0.0.1');
      assert.equal(await visit('127.0.0.1', port), 200);
    },
  },
]);

/** Returns the name of the backend that serves a client with this source address. */
function nameFor(port: number, localAddress: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', reject).on('close', () => resolve(/x-backend: (\w+)/i.exec(text)?.[1] ?? ''));
    socket.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  });
}
