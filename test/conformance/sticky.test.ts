// Conformance scenarios of sticky sessions.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { askTcp, type Backend, freePort } from '../harness/backends/backends.ts';
import { UdpBackend, UdpClient } from '../harness/backends/udp.ts';
import { exchange, shares } from '../harness/clients/load.ts';
import { backends, clientAddressOf, near, oneByOne } from '../harness/conformance/clients.ts';
import { testOnEachEngine } from '../harness/conformance/table.ts';
import { targetsTo, type World } from '../harness/conformance/world.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { until } from '../harness/runtime/runtime.ts';

const COOKIE = { stickySession: { type: 'cookie' } };
const SOURCE_IP = { stickySession: { type: 'source-ip' } };
const TCP = { protocol: 'TCP' };
/**
 * Without a health check, a refused connection isolates the target at once, and a restarted target need not wait for a
 * check.
 */
const UNCHECKED = { healthCheck: { protocol: 'none' } };

interface Visit {
  readonly backend: string;
  /** The cookie that a browser would send after this response. */
  readonly cookie: string | undefined;
  readonly setCookie: string | undefined;
}

/** Makes one request on a new connection, so that any worker may get it. */
async function visit(url: string, cookie?: string): Promise<Visit> {
  const { request } = url.startsWith('https:') ? https : http;
  const options = { agent: false, headers: cookie === undefined ? {} : { cookie }, rejectUnauthorized: false };
  const [response] = (await once(request(url, options).end(), 'response')) as [http.IncomingMessage];
  let backend = '';
  for await (const chunk of response.setEncoding('utf8')) backend += chunk;
  assert.equal(response.statusCode, 200, backend);
  const lines = response.headers['set-cookie'] ?? [];
  assert.ok(lines.length <= 1, `${lines}`);
  return { backend, setCookie: lines[0], cookie: lines[0]?.split(';')[0] ?? cookie };
}

async function visits(url: string, count: number, cookie?: string): Promise<Visit[]> {
  const all: Visit[] = [];
  for (let index = 0; index < count; index++) all.push(await visit(url, cookie));
  return all;
}

/** Makes requests until each backend has responded; returns the cookies by backend. */
async function clientsOf(url: string, names: string): Promise<Record<string, string>> {
  const cookies: Record<string, string> = {};
  await until(`a cookie of each backend of ${names}`, async () => {
    const { backend, cookie } = await visit(url);
    cookies[backend] ??= cookie ?? '';
    return Object.keys(cookies).length === names.length || undefined;
  });
  return cookies;
}

/** Asserts that requests with the cookie go to the backend every time and get no new cookie. */
async function staysAt(url: string, backend: string, cookie: string): Promise<void> {
  for (const one of await visits(url, 12, cookie)) assert.deepEqual(one, { backend, cookie, setCookie: undefined });
}

/** Connects 100 clients, each from its own address. Returns the name of the backend for each client. */
function clientsBySource({ port }: World): Promise<(string | undefined)[]> {
  return oneByOne(100, 20, (client) => askTcp('127.0.0.1', port, clientAddressOf(client)));
}

testOnEachEngine([
  {
    name: 'HTTP, cookie: clients are spread by weight and stay with their targets, across 4 workers and a restart',
    listener: COOKIE,
    flags: ['--workers', '4'],
    run: async (world) => {
      const { bind, restart, url } = world;
      await bind(targetsTo(await backends(world.httpBackend, 'abc'), [50, 30, 20]));
      const first = await visits(url, 100);
      const counts = shares(first);
      for (const [name, due] of Object.entries({ a: 50, b: 30, c: 20 })) {
        assert.ok(near(counts[name] ?? 0, due), JSON.stringify(counts));
      }
      for (const { setCookie } of first) {
        assert.match(setCookie ?? '', /^weir=[A-Za-z0-9_-]{22}; Path=\/; HttpOnly; SameSite=Lax$/);
      }
      // All workers make the same cookie value for a target.
      const cookies = new Map(first.map(({ backend, cookie }) => [backend, cookie ?? '']));
      assert.equal(new Set(first.map(({ cookie }) => cookie)).size, 3);
      for (const [backend, cookie] of cookies) await staysAt(url, backend, cookie);
      await restart();
      for (const [backend, cookie] of cookies) await staysAt(url, backend, `first=1; ${cookie}; last="2"`);
    },
  },
  {
    name: 'HTTP, cookie: an altered cookie and a cookie of another listener do not pick a target and are replaced',
    listener: { stickySession: { type: 'cookie', cookieKey: 'the key of the first one', lifetimeSeconds: 90 } },
    run: async ({ bind, change, runtime, url, httpBackend }) => {
      const targets = targetsTo(await backends(httpBackend, 'ab'));
      await bind(targets);
      const port = await freePort();
      const other = { stickySession: { type: 'cookie', cookieKey: 'the key of the second', lifetimeSeconds: 90 } };
      const body = { loadBalancerId: 'lb', protocol: 'HTTP', port, ...UNCHECKED, ...other };
      await runtime.done('PUT', '/v1/listeners/other', body);
      await runtime.done('PUT', '/v1/attachments/others', { listenerId: 'other', targets });
      const [{ a: cookie = '' }, { a: foreign = '' }] = [
        await clientsOf(url, 'ab'),
        await clientsOf(`http://127.0.0.1:${port}/`, 'ab'),
      ];
      assert.notEqual(foreign, cookie);
      const isNew = async (sent: string) => {
        const responses = await visits(url, 10, sent);
        assert.deepEqual(shares(responses), { a: 5, b: 5 });
        for (const { setCookie } of responses) assert.match(setCookie ?? '', /; Max-Age=90$/);
      };
      for (const altered of [`${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`, 'weir=', 'weir', foreign]) {
        await isNew(altered);
      }
      await staysAt(url, 'a', `${foreign}; ${cookie}`);
      // The cookie key of the listener is replaced, then removed, and then set again.
      await change(other);
      await isNew(cookie);
      await change({ stickySession: undefined });
      const responses = await visits(url, 10, cookie);
      assert.deepEqual(shares(responses), { a: 5, b: 5 });
      assert.ok(responses.every(({ setCookie }) => setCookie === undefined));
      await change({});
      await staysAt(url, 'a', cookie);
    },
  },
  {
    name: 'HTTP, cookie: the client of a target that gets weight 0, fails or is unbound moves and gets a new cookie',
    listener: { ...COOKIE, ...UNCHECKED },
    flags: ['--workers', '2'],
    run: async ({ bind, patch, url, httpBackend }) => {
      const all = await backends(httpBackend, 'abcd');
      await bind(targetsTo(all));
      const { a = '', b = '', c = '', d = '' } = await clientsOf(url, 'abcd');
      const moves = async (cookie: string, to: RegExp) => {
        const moved = await visit(url, cookie);
        assert.match(moved.backend, to);
        assert.ok(moved.setCookie !== undefined && moved.cookie !== cookie);
        await staysAt(url, moved.backend, moved.cookie ?? '');
      };
      await patch({ a: { weight: 0 } });
      await moves(a, /^[bcd]$/);
      await patch({ a: { weight: 100 } });
      await staysAt(url, 'a', a);
      // The runtime notices the failure when a connection to the target is refused. The new cookie names the target
      // that responded instead.
      await all[1]?.close();
      await moves(b, /^[acd]$/);
      await patch({ c: null });
      await moves(c, /^[ad]$/);
      await staysAt(url, 'd', d);
    },
  },
  {
    name: 'HTTP, cookie: one cookie keeps a client with a target of the listener and of each rule; over HTTPS it is Secure',
    listener: COOKIE,
    flags: ['--workers', '2'],
    run: async ({ bind, change, runtime, url, httpBackend }) => {
      await bind(targetsTo(await backends(httpBackend, 'ab')));
      for (const [id, names] of [
        ['api', 'cd'],
        ['app', 'ef'],
      ] as const) {
        await runtime.done('PUT', `/v1/rules/${id}`, { listenerId: 'web', path: `/${id}`, ...COOKIE, ...UNCHECKED });
        await runtime.done('PUT', `/v1/attachments/${id}`, {
          ruleId: id,
          targets: targetsTo(await backends(httpBackend, names)),
        });
      }
      let cookie: string | undefined;
      const round = async (base: string) => {
        const responses: Visit[] = [];
        for (const path of ['', 'api', 'app']) {
          const response = await visit(base + path, cookie);
          cookie = response.cookie;
          responses.push(response);
        }
        return responses;
      };
      const first = await round(url);
      assert.ok(first.every(({ setCookie }) => setCookie !== undefined));
      const names = first.map(({ backend }) => backend);
      assert.match(names.join(''), /^[ab][cd][ef]$/);
      const stays = async (base: string) => {
        for (let again = 0; again < 6; again++) {
          const responses = await round(base);
          assert.deepEqual(
            responses.map(({ backend, setCookie }) => [backend, setCookie]),
            names.map((name) => [name, undefined]),
          );
        }
      };
      await stays(url);

      await change({ ...COOKIE, protocol: 'HTTPS', certificates: { main: makePair(['a.test']) } });
      const secure = url.replace('http:', 'https:');
      await stays(secure);
      assert.match((await visit(secure)).setCookie ?? '', /; SameSite=Lax; Secure$/);
    },
  },
  {
    name: 'TCP, source IP: 100 clients keep their targets while others are bound, across 4 workers, and move when their target is unbound',
    listener: { ...TCP, ...SOURCE_IP, ...UNCHECKED },
    flags: ['--workers', '4'],
    run: async (world) => {
      const { bind, patch, change, runtime, tcpBackend } = world;
      const [a, b, c, d] = (await backends(tcpBackend, 'abcd')) as [Backend, Backend, Backend, Backend];
      await bind(targetsTo([a, b], [75, 25]));
      const first = await clientsBySource(world);
      const counts = shares(first.map((backend) => ({ backend })));
      assert.ok(near(counts.a ?? 0, 75) && near(counts.b ?? 0, 25), JSON.stringify(counts));

      await patch({ c: c.target, d: d.target });
      assert.deepEqual(await clientsBySource(world), first);
      await runtime.done('DELETE', '/v1/workers/0');
      assert.deepEqual(await clientsBySource(world), first, 'a replaced worker keeps the targets of the clients');
      await change({ ...TCP, ...SOURCE_IP, ...UNCHECKED, algorithm: 'source-ip-hash' });
      assert.deepEqual(await clientsBySource(world), first);

      const moveFrom = async (name: string, before: readonly (string | undefined)[]) => {
        const after = await clientsBySource(world);
        for (const [client, backend] of before.entries()) {
          if (backend === name) assert.notEqual(after[client], name);
          else assert.equal(after[client], backend, `client ${client}`);
        }
        assert.deepEqual(await clientsBySource(world), after);
        return after;
      };
      await patch({ b: null });
      const withoutB = await moveFrom('b', first);
      await patch({ a: { weight: 0 } });
      const withoutA = await moveFrom('a', withoutB);
      // A client that has moved to another target stays there when its first target takes traffic again.
      await patch({ a: { weight: 75 }, b: b.target });
      assert.deepEqual(await clientsBySource(world), withoutA);
    },
  },
  {
    name: 'HTTP, source IP: simultaneous requests of one client go to one target, and the client moves if this target refuses connections',
    listener: { ...SOURCE_IP, ...UNCHECKED },
    flags: ['--workers', '2'],
    run: async ({ bind, url, httpBackend }) => {
      const all = await backends(httpBackend, 'abc');
      await bind(targetsTo(all));
      const burst = async (client: number) => {
        const responses = await Promise.all(
          Array.from({ length: 8 }, () => exchange(url, false, { localAddress: clientAddressOf(client) })),
        );
        const [one, ...others] = Object.keys(shares(responses));
        assert.deepEqual(others, [], JSON.stringify(shares(responses)));
        return one;
      };
      const first = await oneByOne(30, 1, burst);
      assert.deepEqual([...new Set(first)].toSorted(), ['a', 'b', 'c']);
      await all[0]?.close();
      const visitOnce = async (client: number) =>
        (await exchange(url, false, { localAddress: clientAddressOf(client) })).backend;
      const after = await oneByOne(30, 5, visitOnce);
      for (const [client, backend] of first.entries()) {
        if (backend === 'a') assert.notEqual(after[client], 'a');
        else assert.equal(after[client], backend);
      }
      assert.deepEqual(await oneByOne(30, 5, visitOnce), after);
    },
  },
  {
    name: 'UDP, source IP: sessions of one address have one target while others are bound, and move when it is unbound',
    listener: { protocol: 'UDP', ...SOURCE_IP, ...UNCHECKED },
    run: async ({ bind, patch, port }, t) => {
      const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => UdpBackend.start(t, name)));
      await bind({ a: a?.target ?? {}, b: b?.target ?? {} });
      const ask = async (client: number) => {
        const session = await UdpClient.open(t, port, '127.0.0.1', clientAddressOf(client));
        return (await session.ask('x')).split(' ')[0];
      };
      const first = await oneByOne(10, 1, ask);
      assert.deepEqual(shares(first.map((backend) => ({ backend }))), { a: 5, b: 5 });
      await patch({ c: c?.target ?? {} });
      assert.deepEqual(await oneByOne(10, 1, ask), first);
      await patch({ a: null });
      const after = await oneByOne(10, 1, ask);
      for (const [client, backend] of first.entries()) {
        if (backend === 'a') assert.notEqual(after[client], 'a');
        else assert.equal(after[client], backend);
      }
    },
  },
  {
    name: 'source IP: a client that stays away for the lifetime gets a new target',
    listener: { ...TCP, ...UNCHECKED, stickySession: { type: 'source-ip', lifetimeSeconds: 0.05 } },
    run: async ({ bind, port, tcpBackend }) => {
      await bind(targetsTo(await backends(tcpBackend, 'ab')));
      const first = await askTcp('127.0.0.1', port);
      await until('the other target', async () => {
        // Each visit of a client renews the lifetime of the client's entry in the table.
        await new Promise((resolve) => setTimeout(resolve, 150));
        return (await askTcp('127.0.0.1', port)) !== first || undefined;
      });
    },
  },
]);
