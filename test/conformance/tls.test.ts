// Conformance scenarios of HTTPS: certificates, session resumption, changes in place, and the traffic over TLS.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import type { TestContext } from 'node:test';
import * as tls from 'node:tls';
import { promisify } from 'node:util';
import { listen } from '../harness/backends/backends.ts';
import { exchange } from '../harness/clients/load.ts';
import { testOnEachSocketKind } from '../harness/conformance/table.ts';
import { type Scenario, targetsTo, type World } from '../harness/conformance/world.ts';
import { makePair, type Pair } from '../harness/machine/certificates.ts';
import { type RuntimeProcess, until } from '../harness/runtime/runtime.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

/** Properties of an HTTPS listener with these certificates by name. */
function httpsWith(certificates: Readonly<Record<string, object>>): object {
  return { protocol: 'HTTPS', certificates };
}

function urlOf(port: number): string {
  return `https://127.0.0.1:${port}/`;
}

/** Connects a TLS client; resolves after the handshake, and rejects with the error of the handshake. */
async function connect(t: TestContext, port: number, options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
  const client = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  client.on('error', () => {});
  t.after(() => client.destroy());
  await once(client, 'secureConnect');
  return client;
}

async function servedName(t: TestContext, port: number, servername: string): Promise<string> {
  const client = await connect(t, port, { servername });
  const { subject } = client.getPeerCertificate();
  client.destroy();
  return String(subject.CN);
}

/** Reads from the connection until the text contains `end`. */
async function read(client: net.Socket, end: string): Promise<string> {
  let text = '';
  while (!text.includes(end)) text += String((await once(client, 'data'))[0]);
  return text;
}

async function eachWorkerHasClients(runtime: RuntimeProcess): Promise<true | undefined> {
  const { workers } = await runtime.done('GET', '/v1/status');
  return workers.every(({ connections }: { connections: number }) => connections > 0) || undefined;
}

/** Connects clients with the session until every worker has one, and asserts that each client resumes the session. */
async function resumeOnEach(t: TestContext, { runtime, port }: World, options: tls.ConnectionOptions): Promise<void> {
  const clients: tls.TLSSocket[] = [];
  await until('clients of every worker', async () => {
    const client = await connect(t, port, options);
    assert.ok(client.isSessionReused(), `client ${clients.length} resumed the session`);
    clients.push(client);
    return await eachWorkerHasClients(runtime);
  });
  for (const client of clients) client.destroy();
}

const first = makePair(['first.example']);
const second = makePair(['second.example', '*.wild.example']);
const rsa = makePair(['first.example'], { key: 'rsa:2048' });

const PLAIN = '400 Bad Request: this is an HTTPS port, and the request came without TLS';

/** Makes a handshake with openssl. Resolves with the kind of key by which the server has signed. */
async function handshake(port: number, name: string, ...options: string[]): Promise<string> {
  const sni = name === '' ? ['-noservername'] : ['-servername', name];
  const connecting = run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...sni, ...options]);
  connecting.child.stdin?.end();
  const { stdout } = await connecting;
  return /Peer signature type: (RSA|ECDSA)/.exec(stdout)?.[1] ?? assert.fail(stdout);
}

/** The TCP connection of a TLS client after its handshake. */
async function rawTls(t: TestContext, port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  const client = tls.connect({ socket, rejectUnauthorized: false }).on('error', () => {});
  t.after(() => client.destroy());
  await once(client, 'secureConnect');
  return socket;
}

/** Resolves with the bytes that come until the connection closes. */
async function untilClosed(socket: net.Socket): Promise<string> {
  let text = '';
  socket.on('data', (part) => {
    text += part.toString('latin1');
  });
  await once(socket, 'close');
  return text;
}

const resumptionScenarios = VERSIONS.map(
  (version): Scenario => ({
    name: `HTTPS, ${version}: a session is resumed by every worker, and by a worker that replaced another one`,
    listener: httpsWith({ first }),
    flags: ['--workers', '2'],
    run: async (world, t) => {
      const { bind, runtime, port, httpBackend } = world;
      await bind(targetsTo([await httpBackend('a')]));
      const only = { minVersion: version, maxVersion: version };
      const client = await connect(t, port, only);
      let session: Buffer | undefined;
      // Session tickets of TLS 1.3 arrive after the handshake.
      client.on('session', (ticket: Buffer) => {
        session = ticket;
      });
      client.write('GET / HTTP/1.1\r\nHost: first.example\r\n\r\n');
      await read(client, '\r\n\r\na');
      assert.equal(client.isSessionReused(), false);
      session ??= client.getSession() ?? assert.fail('the client got no session');
      await resumeOnEach(t, world, { ...only, session });
      await runtime.done('DELETE', '/v1/workers/0');
      await resumeOnEach(t, world, { ...only, session });
    },
  }),
);

testOnEachSocketKind([
  ...resumptionScenarios,
  {
    name: 'HTTPS: each server name gets its certificate; an unknown or missing server name gets the first certificate in order of name',
    listener: httpsWith({ b: first, a: { ...makePair(['cn.example']), serverNames: ['given.example'] }, c: second }),
    run: async ({ port }, t) => {
      const rows = [
        ['first.example', 'first.example'],
        ['FIRST.example', 'first.example'],
        ['x.wild.example', 'second.example'],
        ['given.example', 'cn.example'],
        ['cn.example', 'cn.example'],
        ['x.y.wild.example', 'cn.example'],
        ['unknown.example', 'cn.example'],
        ['', 'cn.example'],
      ] as const;
      for (const [name, expected] of rows) assert.equal(await servedName(t, port, name), expected, name);
    },
  },
  {
    name: 'HTTPS: TLS 1.2 and 1.3 are accepted, 1.1 is not; ALPN selects http/1.1',
    listener: httpsWith({ first }),
    run: async ({ bind, port, httpBackend }, t) => {
      await bind(targetsTo([await httpBackend('a')]));
      for (const version of VERSIONS) {
        const client = await connect(t, port, {
          ...{ minVersion: version, maxVersion: version },
          ALPNProtocols: ['h2', 'http/1.1'],
        });
        assert.deepEqual([client.getProtocol(), client.alpnProtocol], [version, 'http/1.1']);
        client.write('GET / HTTP/1.1\r\nHost: first.example\r\n\r\n');
        assert.match(await read(client, '\r\n\r\na'), /^HTTP\/1\.1 200 /);
      }
      const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
      await assert.rejects(connect(t, port, old), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
    },
  },
  {
    name: 'HTTPS: X-Forwarded fields name https and its port; an absolute target must have this scheme, with 443 as the default port',
    listener: httpsWith({ first }),
    run: async ({ bind, port, runtime }, t) => {
      const heard: string[] = [];
      const server = createServer(({ url, headers }, response) => {
        heard.push(
          `${url} ${headers['x-forwarded-proto']} ${headers['x-forwarded-port']} ${headers['x-forwarded-for']}`,
        );
        response.end('a');
      });
      await bind({ a: { ...(await listen(t, 'a', server)).target } });
      heard.length = 0;
      const client = await connect(t, port);
      for (const target of ['/', 'https://first.example/x', 'https://first.example:443/y']) {
        client.write(`GET ${target} HTTP/1.1\r\nHost: first.example\r\nX-Forwarded-Proto: http\r\n\r\n`);
        assert.match(await read(client, '\r\n\r\n'), /^HTTP\/1\.1 200 /);
      }
      const told = `https ${port} 127.0.0.1`;
      assert.deepEqual(
        heard.filter((line) => !line.includes('undefined')),
        [`/ ${told}`, `/x ${told}`, `/y ${told}`],
      );
      client.write('GET http://first.example/ HTTP/1.1\r\nHost: first.example\r\n\r\n');
      assert.match(await read(client, '\r\n\r\n'), /^HTTP\/1\.1 400 /);
      assert.equal((await runtime.done('GET', '/v1/listeners/web')).endpoint, `https://127.0.0.1:${port}`);
    },
  },
  {
    name: 'HTTPS: a client that sends plain HTTP gets a 400 that says so, and no other client notices',
    listener: httpsWith({ first }),
    run: async ({ bind, port, httpBackend, runtime }, t) => {
      const backend = await httpBackend('a');
      await bind(targetsTo([backend]));
      const { count } = backend;
      const { stdout } = await run('curl', ['-s', '-w', ' %{http_code}', `http://127.0.0.1:${port}/`]);
      assert.equal(stdout, `${PLAIN}\n 400`);
      for (const method of ['DELETE', 'PROPFIND', 'CONNECT']) {
        const client = net.connect(port, '127.0.0.1').on('error', () => {});
        t.after(() => client.destroy());
        client.write(`${method} / HTTP/1.1\r\nHost: first.example\r\n\r\n`);
        const response = await untilClosed(client);
        assert.match(response, /^HTTP\/1\.1 400 Bad Request\r\n/);
        assert.ok(response.endsWith(`\r\n\r\n${PLAIN}\n`), response);
      }
      // A client that has begun with TLS gets no text between its records.
      const secure = await rawTls(t, port);
      secure.write('GET / HTTP/1.1\r\n\r\n');
      assert.doesNotMatch(await untilClosed(secure), /HTTP/);
      assert.equal(await runtime.metric('weir_tls_handshake_failures_total{listener="web"}'), 5);
      assert.equal(backend.count, count);
      assert.equal((await exchange(urlOf(port))).backend, 'a');
    },
  },
  {
    name: 'HTTPS: each client gets the certificate that it can take, if one name has an RSA and an ECDSA certificate',
    listener: httpsWith({ ecdsa: first, rsa, wild: { ...second, serverNames: ['*.first.example'] } }),
    run: async ({ port, change, runtime }) => {
      const connects = (name: string, ...options: string[]) => handshake(port, name, ...options);
      const only12 = ['-tls1_2', '-cipher'];
      for (const name of ['first.example', '']) {
        assert.equal(await connects(name, ...only12, 'ECDHE-RSA-AES128-GCM-SHA256'), 'RSA');
        assert.equal(await connects(name, ...only12, 'ECDHE-ECDSA-AES128-GCM-SHA256'), 'ECDSA');
        assert.equal(await connects(name, '-tls1_3', '-sigalgs', 'rsa_pss_rsae_sha256'), 'RSA');
        assert.equal(await connects(name, '-tls1_3', '-sigalgs', 'ecdsa_secp256r1_sha256'), 'ECDSA');
      }
      // A wildcard fills in for the exact name that has no certificate of the other kind.
      assert.equal(await connects('x.first.example', '-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256'), 'ECDSA');
      await assert.rejects(connects('x.first.example', ...only12, 'ECDHE-RSA-AES128-GCM-SHA256'));
      await change(
        httpsWith({
          ecdsa: { ...first, serverNames: ['x.first.example'] },
          wild: { ...rsa, serverNames: ['*.first.example'] },
        }),
      );
      assert.equal(await connects('x.first.example', ...only12, 'ECDHE-RSA-AES128-GCM-SHA256'), 'RSA');
      assert.equal(await connects('x.first.example', ...only12, 'ECDHE-ECDSA-AES128-GCM-SHA256'), 'ECDSA');
      assert.equal((await runtime.done('GET', '/v1/listeners/web')).warnings, undefined);
      await change(httpsWith({ a: first, b: { ...first }, rsa }));
      assert.deepEqual((await runtime.done('GET', '/v1/listeners/web')).warnings, [
        'certificates.b is never served: certificates.a comes first and has the same kind of key (ECDSA)',
      ]);
    },
  },
  {
    name: 'HTTPS: a certificate with another key is refused with its path and not stored, and the old one stays in use',
    listener: httpsWith({ first }),
    run: async ({ runtime, port }, t) => {
      const { version, ...before } = await runtime.done('GET', '/v1/listeners/web');
      const weak = makePair(['weak.example'], { key: 'rsa:1024' });
      const rows: readonly [Pair, string][] = [
        [{ ...second, privateKey: first.privateKey }, 'certificates["b.c"].privateKey'],
        [{ ...second, certificate: 'x' }, 'certificates["b.c"].certificate'],
        [weak, 'certificates["b.c"].certificate'],
      ];
      for (const [pair, path] of rows) {
        const body = { loadBalancerId: 'lb', port, ...httpsWith({ a: second, 'b.c': pair }) };
        const response = await runtime.call('PUT', '/v1/listeners/web', body);
        assert.equal(response.status, 400);
        assert.deepEqual(
          response.body.details.map((detail: { path: string }) => detail.path),
          [path],
        );
      }
      assert.deepEqual(await runtime.done('GET', '/v1/listeners/web'), { ...before, version });
      assert.equal(await servedName(t, port, ''), 'first.example');
    },
  },
  {
    name: 'HTTPS: a certificate changes under load: new connections get the new one, open connections stay, none fails',
    listener: httpsWith({ main: first }),
    flags: ['--workers', '2'],
    run: async ({ bind, change, port, httpBackend, startLoad }, t) => {
      await bind(targetsTo([await httpBackend('a')]));
      const open = await connect(t, port);
      const load = startLoad({ url: urlOf(port), clients: 8 });
      await until('requests', () => load.exchanges.length > 100 || undefined);
      for (const [pair, name] of [
        [second, 'second.example'],
        [first, 'first.example'],
        [second, 'second.example'],
      ] as const) {
        await change(httpsWith({ main: pair }));
        for (let client = 0; client < 8; client++) assert.equal(await servedName(t, port, ''), name);
        const fresh = await Promise.all(Array.from({ length: 8 }, () => exchange(urlOf(port))));
        assert.deepEqual(
          fresh.map(({ error }) => error),
          fresh.map(() => undefined),
        );
      }
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
      assert.equal(load.exchanges.filter(({ isReused }) => !isReused).length, 8, 'each client kept its connection');
      open.write('GET / HTTP/1.1\r\nHost: first.example\r\n\r\n');
      await read(open, '\r\n\r\na');
    },
  },
  {
    name: 'HTTP becomes HTTPS on its port under load, and HTTP again: an old client fails only when it reconnects',
    flags: ['--workers', '2'],
    run: async ({ bind, change, url, port, httpBackend, startLoad }) => {
      await bind(targetsTo([await httpBackend('a')]));
      for (const [before, to, after] of [
        [url, httpsWith({ first }), urlOf(port)],
        [urlOf(port), {}, url],
      ] as const) {
        const old = startLoad({ url: before, clients: 8, maxRequests: 2_000 });
        await until('requests', () => old.exchanges.length > 100 || undefined);
        await change(to);
        const load = startLoad({ url: after, clients: 8 });
        await until('requests over the new protocol', () => load.exchanges.length > 100 || undefined);
        await Promise.all([old.stop(), load.stop()]);
        // Kept connections of old clients do not fail, because the responses tell the clients to close. New connections
        // with the old protocol are rejected.
        assert.deepEqual(
          old.failures().filter(({ isReused }) => isReused),
          [],
        );
        assert.ok(old.failures().length > 0);
        assert.deepEqual(load.failures().slice(0, 3), []);
      }
    },
  },
  {
    name: 'HTTP becomes HTTPS: an open plain connection gets Connection: close with its next response',
    run: async ({ bind, change, port, httpBackend }, t) => {
      await bind(targetsTo([await httpBackend('a')]));
      const client = net.connect(port, '127.0.0.1');
      t.after(() => client.destroy());
      const request = 'GET / HTTP/1.1\r\nHost: first.example\r\n\r\n';
      client.write(request);
      assert.doesNotMatch(await read(client, '\r\n\r\na'), /Connection: close/);
      await change(httpsWith({ first }));
      client.write(request);
      assert.match(await read(client, '\r\n\r\na'), /Connection: close/);
      await once(client, 'end');
    },
  },
  {
    name: 'HTTPS: an upgraded connection carries bytes both ways and closes each direction separately',
    listener: httpsWith({ first }),
    run: async ({ bind, port }, t) => {
      const server = createServer((_request, response) => response.end());
      server.on('upgrade', (_request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
        socket.on('error', () => {});
        socket.pipe(socket);
      });
      await bind({ a: (await listen(t, 'a', server)).target });
      const client = await connect(t, port);
      client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      assert.match(await read(client, '\r\n\r\n'), /^HTTP\/1\.1 101 /);
      const sent = randomBytes(MIB);
      const parts: Buffer[] = [];
      client.on('data', (part) => parts.push(part));
      client.end(sent);
      await once(client, 'end');
      assert.ok(Buffer.concat(parts).equals(sent));
    },
  },
  {
    name: 'HTTPS: 8 MiB in both directions arrive byte for byte, by length and in chunks',
    listener: httpsWith({ first }),
    flags: ['--workers', '2'],
    run: async ({ bind, port }, t) => {
      const server = createServer((request, response) => {
        const { 'content-length': length } = request.headers;
        if (length !== undefined) response.setHeader('content-length', length);
        request.pipe(response);
      });
      await bind({ a: (await listen(t, 'a', server)).target });
      const body = randomBytes(8 * MIB);
      const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
      const echo = async (headers: Record<string, string>) => {
        const sent = https.request(urlOf(port), { method: 'POST', headers, rejectUnauthorized: false, agent: false });
        sent.end(body);
        const [response] = await once(sent, 'response');
        return sum(Buffer.concat(await response.toArray()));
      };
      const length = { 'content-length': String(body.length) };
      const chunked = { 'transfer-encoding': 'chunked' };
      const sums = await Promise.all([length, chunked, length, chunked].map(echo));
      assert.deepEqual(
        sums,
        sums.map(() => sum(body)),
      );
    },
  },
  {
    name: 'HTTPS: 300 unfinished handshakes do not hold up other clients, and are closed after the idle timeout',
    listener: { ...httpsWith({ first }), idleTimeoutSeconds: 2 },
    run: async ({ bind, port, httpBackend, startLoad }, t) => {
      await bind(targetsTo([await httpBackend('a')]));
      const slow = Array.from({ length: 300 }, () => net.connect(port, '127.0.0.1').on('error', () => {}));
      t.after(() => {
        for (const client of slow) client.destroy();
      });
      const closed = Promise.all(slow.map((client) => once(client.resume(), 'close')));
      // The client sends the header of a TLS record and the first byte of a ClientHello, and then nothing more.
      for (const client of slow) client.write(Buffer.from([0x16, 3, 1, 2, 0, 1]));
      const load = startLoad({ url: urlOf(port), clients: 4 });
      await closed;
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
      assert.ok(load.exchanges.length > 0);
    },
  },
]);
