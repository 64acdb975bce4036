// Conformance scenarios of the client's origin: the PROXY protocol, and trusted proxies.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { freePort, headerBackend } from '../harness/backends/backends.ts';
import { readProxyHeader } from '../harness/backends/proxy-protocol.ts';
import { exchange } from '../harness/clients/load.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import type { Scenario, World } from '../harness/conformance/world.ts';
import { until } from '../harness/runtime/runtime.ts';

const UNCHECKED = { healthCheck: { protocol: 'none' } };
const LOOPBACK_6 = '0:0:0:0:0:0:0:1';

/**
 * Starts a backend that reads a PROXY header from each connection and responds to each head or line with the content of
 * that header.
 */
async function proxiedBackend(t: TestContext, response: (said: string) => string, end: string) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const number = ++accepted;
    sockets.add(socket);
    let text = '';
    let said: string | undefined;
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
      if (said === undefined) {
        const header = readProxyHeader(text);
        if (header === undefined) return;
        text = text.slice(header.length);
        said = `${header.version} ${header.source} -> ${header.destination} #${number}`;
      }
      for (let at = text.indexOf(end); at !== -1; at = text.indexOf(end)) {
        text = text.slice(at + end.length);
        socket.write(response(said));
      }
    });
  });
  let accepted = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { target: { address: '127.0.0.1', port: (server.address() as AddressInfo).port }, sockets };
}

/** Puts a second listener on ::1 with the same settings and target. Resolves with its port. */
async function listenOn6({ runtime }: World, listener: object, target: object): Promise<number> {
  const port = await freePort();
  await runtime.done('PUT', '/v1/load-balancers/lb6', { address: '::1' });
  await runtime.done('PUT', '/v1/listeners/web6', { loadBalancerId: 'lb6', port, ...listener });
  await runtime.done('PUT', '/v1/attachments/pool6', { listenerId: 'web6', targets: { a: target } });
  return port;
}

const httpRows = (['v1', 'v2'] as const).map((version): Scenario => {
  const listener = { protocol: 'HTTP', proxyProtocol: version, ...UNCHECKED };
  return {
    name: `HTTP, PROXY ${version}: each client has its own connection to the target, kept for this client only, IPv6 too`,
    listener,
    flags: ['--workers', '2'],
    run: async (world, t) => {
      const response = (said: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${said.length}\r\n\r\n${said}`;
      const backend = await proxiedBackend(t, response, '\r\n\r\n');
      await world.bind({ a: backend.target });
      const port6 = await listenOn6(world, listener, backend.target);
      const places = [
        { url: world.url, from: '127.0.0.1', to: `127.0.0.1 ${world.port}` },
        { url: `http://[::1]:${port6}/`, from: LOOPBACK_6, to: `${LOOPBACK_6} ${port6}` },
      ];
      for (const { url, from, to } of places) {
        const agents = Array.from({ length: 3 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
        const said = new Set<string>();
        for (let round = 0; round < 4; round++) {
          for (const agent of agents) {
            const { backend: text = '' } = await exchange(url, agent);
            const localPort = Object.values(agent.freeSockets)[0]?.[0]?.localPort;
            assert.equal(text.split(' #')[0], `${version} ${from} ${localPort} -> ${to}`);
            said.add(text);
          }
        }
        assert.equal(said.size, agents.length, 'each client has one connection to the target');
        for (const agent of agents) agent.destroy();
        await until('the connections to end with their clients', () => backend.sockets.size === 0 || undefined);
      }
    },
  };
});

const tcpRows = (['v1', 'v2'] as const).map((version): Scenario => {
  const listener = { protocol: 'TCP', proxyProtocol: version, ...UNCHECKED };
  return {
    name: `TCP, PROXY ${version}: the target receives the client's address and port before the client's bytes, IPv6 too`,
    listener,
    flags: ['--workers', '2'],
    run: async (world, t) => {
      const backend = await proxiedBackend(t, (said) => `${said}\n`, '?');
      await world.bind({ a: backend.target });
      const port6 = await listenOn6(world, listener, backend.target);
      const places: [string, string, number][] = [
        ['127.0.0.1', '127.0.0.1', world.port],
        ['::1', LOOPBACK_6, port6],
      ];
      for (const [host, address, port] of places) {
        const socket = connect({ host, port });
        t.after(() => socket.destroy());
        socket.setEncoding('latin1').write('who?');
        const [said] = (await once(socket, 'data')) as [string];
        assert.equal(said.split(' #')[0], `${version} ${address} ${socket.localPort} -> ${address} ${port}`);
      }
    },
  };
});

testOnEachEngine([
  ...httpRows,
  ...tcpRows,
  {
    name: 'forwarding fields of a trusted proxy are kept, those of other clients are replaced; the trusted proxies change in place',
    listener: { trustedProxies: ['127.0.0.2/32', '::/0'] },
    flags: ['--workers', '2'],
    run: async ({ bind, change, url, port }, t) => {
      await bind({ a: (await headerBackend(t)).target });
      const sent = {
        'X-Forwarded-For': ['192.0.2.1', '192.0.2.2'],
        'X-Forwarded-Proto': ['https', 'http'],
        'X-Forwarded-Port': '443',
        'X-Forwarded-Host': 'shop.example',
        'X-Real-IP': '192.0.2.1',
        Forwarded: 'for=192.0.2.1',
        'X-Forwarded-Ssl': 'on',
        'Client-IP': '192.0.2.1',
        SM_USER: 'alice',
        // What a proxy that sets the exact names passes on for its client.
        X_Forwarded_For: '192.0.2.9',
        'X.Forwarded.Proto': 'https',
        'X-Forwarded_Host': 'evil.example',
        X_Real_IP: '192.0.2.9',
      };
      const ask = async (localAddress: string) => {
        const headers = await headersSeen(url, localAddress, sent);
        return Object.keys(sent).map((name) => headers[name.toLowerCase()]);
      };
      const own = (address: string) => {
        return [address, 'http', `${port}`, `127.0.0.1:${port}`, address, ...Array(8)];
      };
      const passed = [
        'https, http',
        '443',
        'shop.example',
        '192.0.2.1',
        'for=192.0.2.1',
        'on',
        '192.0.2.1',
        'alice',
        ...Array(4),
      ];
      assert.deepEqual(await ask('127.0.0.2'), ['192.0.2.1, 192.0.2.2, 127.0.0.2', ...passed]);
      assert.deepEqual(await ask('127.0.0.3'), own('127.0.0.3'));
      await change({ trustedProxies: ['127.0.0.3/32'] });
      assert.deepEqual(await ask('127.0.0.2'), own('127.0.0.2'));
      assert.equal((await ask('127.0.0.3'))[0], '192.0.2.1, 192.0.2.2, 127.0.0.3');
    },
  },
]);

/** Makes a request on a new connection from `localAddress`. Returns the header fields that the backend received. */
async function headersSeen(
  url: string,
  localAddress: string,
  headers: Readonly<Record<string, string | string[]>>,
): Promise<Record<string, string | undefined>> {
  const sent = request(url, { agent: false, localAddress, headers }).end();
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return JSON.parse(text);
}
