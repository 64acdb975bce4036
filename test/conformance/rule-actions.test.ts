// Conformance scenarios of rules that act: redirects, fixed responses, rewriting and header edits.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { httpBackend } from '../harness/backends/backends.ts';
import { startLoad } from '../harness/clients/load.ts';
import { testOnEachSocketKind } from '../harness/conformance/table.ts';
import { targetsTo, type World } from '../harness/conformance/world.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { RawPeer, RecordingBackend } from '../harness/raw-http/raw.ts';
import { type ResponseMessage, readResponses, valuesOf } from '../harness/raw-http/reference.ts';
import { until } from '../harness/runtime/runtime.ts';

const UNCHECKED = { healthCheck: { protocol: 'none' } };

function putRule({ runtime }: World, id: string, properties: object): Promise<{ warnings?: string[] }> {
  return runtime.done('PUT', `/v1/rules/${id}`, { listenerId: 'web', ...UNCHECKED, ...properties });
}

function bindRule({ runtime }: World, id: string, targets: object): Promise<unknown> {
  return runtime.done('PUT', `/v1/attachments/${id}`, { ruleId: id, targets });
}

/** Puts a rule for the path `/` and binds a backend to it that records what it receives. */
async function recording(world: World, t: TestContext, properties: object): Promise<RecordingBackend> {
  const backend = await RecordingBackend.start(t);
  await putRule(world, 'all', { path: '/', ...properties });
  await bindRule(world, 'all', { only: backend.target });
  return backend;
}

interface Asked {
  readonly method?: string;
  readonly host?: string;
  /** Further field lines. */
  readonly lines?: string;
  readonly body?: string;
  readonly isSecure?: boolean;
}

/** Sends one request on a connection of its own, and returns the response, which the strict reader accepts. */
async function ask(
  t: TestContext,
  { port }: World,
  target: string,
  { method = 'GET', host = 'a', lines = '', body = '', isSecure = false }: Asked = {},
): Promise<ResponseMessage> {
  const peer = await RawPeer.connect(t, port, isSecure);
  await peer.play([`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${lines}Connection: close\r\n\r\n${body}`]);
  await peer.untilEnded();
  const { messages, end } = readResponses(peer.heard, [method], true);
  const last = messages.at(-1);
  assert.ok(last !== undefined && end !== 'invalid', JSON.stringify(peer.heard));
  return last;
}

/** The status of a redirect and its Location. */
async function locationOf(t: TestContext, world: World, target: string, asked: Asked = {}): Promise<string> {
  const { status, fields, body } = await ask(t, world, target, asked);
  if (status < 400) assert.equal(body, '');
  return [status, ...valuesOf(fields, 'location')].join(' ');
}

type Row = [redirect: object, target: string, expected: string, asked?: Asked];

const REDIRECTS: readonly Row[] = [
  [{ protocol: 'HTTPS' }, '/x?y=1', '301 https://a/x?y=1'],
  [{ protocol: 'HTTPS' }, '/x', '301 https://a:8080/x', { host: 'a:8080' }],
  [{ protocol: 'HTTPS' }, '/x', '301 https://a/x', { host: 'a:80' }],
  [{ protocol: 'HTTPS', port: '{port}' }, '/x', '301 https://a:80/x'],
  [{ protocol: 'HTTPS', port: 8443, status: 308 }, '/', '308 https://a:8443/', { host: 'a:1' }],
  [{ host: 'www.{host}', status: 302 }, '/x', '302 http://www.a:99/x', { host: 'a:99' }],
  [{ path: '/new{path}', status: 303 }, '/x/y?z', '303 http://a/new/x/y?z'],
  [{ path: '/at/{host}/{port}/{query}' }, '/x?a=/../?b', '301 http://a/at/a/80/%3Fb?a=/../?b'],
  [{ query: 'to={path}&{query}', status: 307 }, '/x?y', '307 http://a/x?to=/x&y'],
  [{ query: '' }, '/x?y', '301 http://a/x'],
  [{ path: '/z', query: '' }, '/x?y', '301 http://[::1]/z', { host: '[::1]' }],
  [{ path: '/z{path}' }, '/%0d%0aX:%20y"<>\\', '301 http://a/z/%0d%0aX:%20y%22%3C%3E%5C'],
  [{ path: '/z{path}' }, '//evil.example/', '301 http://a/z//evil.example/'],
  [{ protocol: 'HTTPS' }, '//evil.example/', '301 https://a//evil.example/'],
  [{ path: '/z' }, '/z', '508'],
  [{ path: '/%7a' }, '/z', '508'],
  [{ host: 'A.', port: 80 }, '/x', '508', { host: 'a' }],
  [{ query: '' }, '/x', '508'],
  [{ host: 'www.{host}' }, '/x', '400', { host: '[::1]' }],
  [{ protocol: 'HTTPS' }, '/x', '400', { host: 'a\tb' }],
  [{ protocol: 'HTTPS' }, '/x', '400', { host: 'a/@b' }],
  [{ protocol: 'HTTPS' }, '/x', '301 https://a/x', { method: 'HEAD' }],
  [{ protocol: 'HTTPS' }, '/x', '301 https://a/x', { method: 'POST', lines: 'Content-Length: 3\r\n', body: 'abc' }],
  [{ protocol: 'HTTPS' }, '/x', '301 https://a/x', { lines: 'Connection: Upgrade\r\nUpgrade: websocket\r\n' }],
];

testOnEachSocketKind([
  {
    name: 'a redirect keeps what it does not name, fills its placeholders in, and never leads to the URL it came from',
    run: async (world, t) => {
      for (const [redirect, target, expected, asked] of REDIRECTS) {
        await putRule(world, 'all', { path: '/', redirect });
        assert.equal(await locationOf(t, world, target, asked), expected, JSON.stringify([redirect, target, asked]));
      }
    },
  },
  {
    name: 'a redirect tells from HTTPS what it keeps, and behind a trusted proxy from what the proxy was asked for',
    listener: { trustedProxies: ['127.0.0.0/8'] },
    run: async (world, t) => {
      const forwarded = 'X-Forwarded-Proto: https\r\nX-Forwarded-Host: b.example:8443\r\n';
      await putRule(world, 'all', { path: '/', redirect: { path: '/z' } });
      assert.equal(await locationOf(t, world, '/x', { lines: forwarded }), '301 https://b.example:8443/z');
      assert.equal(await locationOf(t, world, '/x'), '301 http://a/z');
      await putRule(world, 'all', { path: '/', redirect: { protocol: 'HTTPS' } });
      assert.equal(await locationOf(t, world, '/x', { lines: forwarded }), '508');
      await world.change({ protocol: 'HTTPS', certificates: { both: makePair(['a']) } });
      await putRule(world, 'all', { path: '/', redirect: { protocol: 'HTTP' } });
      assert.equal(await locationOf(t, world, '/x', { isSecure: true }), '301 http://a/x');
      await putRule(world, 'all', { path: '/', redirect: { path: '/z' } });
      assert.equal(
        await locationOf(t, world, '/x', { isSecure: true, lines: forwarded }),
        '301 https://b.example:8443/z',
      );
    },
  },
  {
    name: 'values of clients that are no trusted proxies do not change a redirect',
    run: async (world, t) => {
      await putRule(world, 'all', { path: '/', redirect: { path: '/z' } });
      const lines = 'X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Port: 1\r\n';
      assert.equal(await locationOf(t, world, '/x', { lines }), '301 http://a/z');
    },
  },
  {
    name: 'a fixed response has its status, type and body, whose length is told; HEAD gets no body, and 204 has none',
    run: async (world, t) => {
      const body = '<h1>zurück um 9</h1>';
      const told = async (method: string) => {
        const response = await ask(t, world, '/', { method });
        const of = (name: string) => valuesOf(response.fields, name).join();
        return [response.status, of('content-type'), of('content-length'), response.body];
      };
      await putRule(world, 'all', { path: '/', fixedResponse: { status: 503, contentType: 'text/html', body } });
      const bytes = Buffer.from(body).toString('latin1');
      assert.deepEqual(await told('GET'), [503, 'text/html', String(bytes.length), bytes]);
      assert.deepEqual(await told('HEAD'), [503, 'text/html', String(bytes.length), '']);
      await putRule(world, 'all', { path: '/', fixedResponse: { status: 404, body: 'none' } });
      assert.deepEqual(await told('GET'), [404, 'text/plain; charset=utf-8', '4', 'none']);
      await putRule(world, 'all', { path: '/', fixedResponse: { status: 200 } });
      assert.deepEqual(await told('DELETE'), [200, '', '0', '']);
      await putRule(world, 'all', { path: '/', fixedResponse: { status: 204 } });
      assert.deepEqual(await told('GET'), [204, '', '', '']);
    },
  },
  {
    name: 'a rule that responds itself takes its requests before and after others on one kept connection, and reads their bodies',
    run: async (world, t) => {
      await world.bind(targetsTo([await httpBackend(t, 'own')]));
      await putRule(world, 'old', { path: '/old', redirect: { path: '/new' } });
      const peer = await RawPeer.connect(t, world.port);
      await peer.play([
        'POST /old HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
        'GET /x HTTP/1.1\r\nHost: a\r\n\r\n',
        'PUT /old/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
        'GET /old HTTP/1.0\r\nHost: a\r\n\r\n',
      ]);
      await peer.untilEnded();
      const { messages } = readResponses(peer.heard, ['POST', 'GET', 'PUT', 'GET'], true);
      assert.deepEqual(
        messages.map(({ status, fields }) => [status, ...valuesOf(fields, 'location')].join(' ')),
        ['301 http://a/new', '200', '301 http://a/new', '301 http://a/new'],
      );
      // A body that has not come whole is not awaited: the connection ends after the response.
      const slow = await RawPeer.connect(t, world.port);
      await slow.play(['POST /old HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nhello']);
      await slow.untilEnded();
      assert.match(slow.heard, /^HTTP\/1\.1 301 .*\r\nConnection: close\r\n/s);
    },
  },
  {
    name: 'the limit for waiting requests does not concern a rule that responds itself',
    listener: { maxPendingRequests: 1, ...UNCHECKED },
    run: async (world, t) => {
      const gate = Promise.withResolvers<void>();
      const backend = await httpBackend(t, 'own', 0, gate.promise);
      await world.bind(targetsTo([backend]));
      await putRule(world, 'old', { path: '/old', redirect: { path: '/new' } });
      const waiting = ask(t, world, '/x');
      await until('the first request', () => backend.count > 0 || undefined);
      assert.equal(await locationOf(t, world, '/old'), '301 http://a/new');
      gate.resolve();
      assert.equal((await waiting).status, 200);
    },
  },
  {
    name: 'a rewrite replaces the matched path of the rule and the host, and leaves the rest as it was sent',
    run: async (world, t) => {
      const backend = await RecordingBackend.start(t);
      const rows: readonly [rule: object, sent: string, received: string][] = [
        [{ path: '/api', rewrite: { path: '/v2' } }, '/api/x?y=/api', '/v2/x?y=/api'],
        [{ path: '/api', rewrite: { path: '/v2/' } }, '/%61pi/%2F//x/', '/v2/%2F//x/'],
        [{ path: '/api/', rewrite: { path: '/' } }, '/api', '/'],
        [{ path: '/api', rewrite: { path: '/' } }, '/api/?q', '/?q'],
        [{ path: '/api', rewrite: { path: '/' } }, '/api/x', '/x'],
        [{ path: '/', rewrite: { path: '/v2' } }, '/x', '/v2/x'],
        [{ path: '/a/b', pathMatch: 'exact', rewrite: { path: '/c' } }, '/a/%62?q', '/c?q'],
        [{ path: '/api', rewrite: { host: 'b.example:81' } }, '/api/../api/x', '/api/x'],
      ];
      await putRule(world, 'all', rows[0]?.[0] ?? {});
      await bindRule(world, 'all', { only: backend.target });
      for (const [rule, sent, received] of rows) {
        await putRule(world, 'all', rule);
        await ask(t, world, sent, { host: 'a:80' });
        const [request] = (await backend.take()).requests;
        assert.equal(request?.target, received, JSON.stringify([rule, sent]));
        const host = JSON.stringify(rule).includes('b.example') ? 'b.example:81' : 'a:80';
        assert.deepEqual(valuesOf(request?.fields ?? [], 'host'), [host]);
        assert.deepEqual(valuesOf(request?.fields ?? [], 'x-forwarded-host'), ['a:80']);
      }
    },
  },
  {
    name: 'edits of request headers replace every spelling of a name, add beside others, and leave bodies whole',
    run: async (world, t) => {
      const requestHeaders = { set: { 'X-User': 'rule' }, add: { Accept: 'text/x' }, remove: ['Cookie', 'X-Debug'] };
      const backend = await recording(world, t, { requestHeaders });
      const lines =
        'X-User: a\r\nx_user: b\r\nX.USER: c\r\nX-Users: d\r\nAccept: text/y\r\nCookie: e\r\nx-debug: f\r\n';
      const body = 'Cookie: kept\r\n\r\n';
      const { status } = await ask(t, world, '/', {
        method: 'POST',
        lines: `${lines}Content-Length: ${body.length}\r\n`,
        body,
      });
      assert.equal(status, 200);
      const { requests, faults } = await backend.take();
      assert.deepEqual(faults, []);
      const [request] = requests;
      const named = (request?.fields ?? []).filter(([name]) => /user|accept|cookie|debug/i.test(name));
      assert.deepEqual(named, [
        ['X-Users', 'd'],
        ['Accept', 'text/y'],
        ['X-User', 'rule'],
        ['Accept', 'text/x'],
      ]);
      assert.equal(request?.body, body);
    },
  },
  {
    name: 'edits of response headers apply to targets, redirects and fixed responses, and not to responses in place of a target',
    run: async (world, t) => {
      const responseHeaders = {
        set: { Server: 'shop' },
        add: { Vary: 'Cookie' },
        remove: ['X-Backend', 'Content-Type'],
      };
      const told = async () => {
        const { status, fields } = await ask(t, world, '/');
        return [
          status,
          ...['server', 'vary', 'x-backend', 'content-type'].map((name) => valuesOf(fields, name).join()),
        ];
      };
      await putRule(world, 'all', { path: '/', responseHeaders });
      await bindRule(world, 'all', targetsTo([await httpBackend(t, 'b')]));
      assert.deepEqual(await told(), [200, 'shop', 'Cookie', '', '']);
      await bindRule(world, 'all', {});
      assert.deepEqual(await told(), [503, '', '', '', 'text/plain; charset=utf-8']);
      await putRule(world, 'all', { path: '/', responseHeaders, redirect: { path: '/z' } });
      assert.deepEqual(await told(), [301, 'shop', 'Cookie', '', '']);
      await putRule(world, 'all', { path: '/', responseHeaders, fixedResponse: { status: 200, body: 'x' } });
      assert.deepEqual(await told(), [200, 'shop', 'Cookie', '', '']);
    },
  },
  {
    name: 'a rule turns into a redirect and back under load without a failure, whenever its attachment goes and comes',
    flags: ['--workers', '2'],
    run: async (world, t) => {
      const backend = await httpBackend(t, 'b');
      const rule = { path: '/shop', healthCheck: { intervalSeconds: 0.2, timeoutSeconds: 5 } };
      await putRule(world, 'new', { path: '/new', fixedResponse: { status: 200, body: 'new' } });
      await putRule(world, 'shop', rule);
      await bindRule(world, 'shop', targetsTo([backend]));
      const load = startLoad({ url: `${world.url}shop`, clients: 8, follows: true });
      t.after(() => load.stop());
      const seen = async () => {
        const from = performance.now();
        const later = () => load.exchanges.filter(({ startedAtMs }) => startedAtMs > from);
        await until('requests', () => later().length > 40 || undefined);
        return [...new Set(later().map(({ backend: by }) => by))];
      };
      await until('the target', () => load.exchanges.some(({ backend: by }) => by === 'b') || undefined);
      for (let round = 0; round < 3; round++) {
        const { warnings } = await putRule(world, 'shop', { ...rule, redirect: { path: '/new' } });
        assert.match(warnings?.[0] ?? '', /^has a redirect: attachment shop binds no targets to it/);
        assert.deepEqual(await seen(), ['new']);
        await world.runtime.done('DELETE', '/v1/attachments/shop');
        assert.deepEqual(await seen(), ['new']);
        const back = await putRule(world, 'shop', rule);
        assert.match(back.warnings?.[0] ?? '', /^goes on with its former redirect until/);
        assert.deepEqual(await seen(), ['new']);
        await bindRule(world, 'shop', targetsTo([backend]));
        await until('the target', () => load.exchanges.at(-1)?.backend === 'b' || undefined);
        assert.deepEqual(await seen(), ['b']);
      }
      await load.stop();
      assert.deepEqual(load.failures().slice(0, 3), []);
    },
  },
  {
    name: 'a rule that waits for its first attachment goes on with its former response after a restart, and not after its last attachment',
    run: async (world, t) => {
      await putRule(world, 'all', { path: '/', fixedResponse: { status: 404 } });
      await putRule(world, 'all', { path: '/' });
      assert.equal((await ask(t, world, '/')).status, 404);
      await world.restart();
      assert.equal((await ask(t, world, '/')).status, 404);
      await bindRule(world, 'all', targetsTo([await httpBackend(t, 'b')]));
      assert.equal((await ask(t, world, '/')).status, 200);
      await world.bind(targetsTo([await httpBackend(t, 'own')]));
      await world.runtime.done('DELETE', '/v1/attachments/all');
      assert.equal((await ask(t, world, '/')).body, 'own');
    },
  },
  {
    name: 'an attachment to a rule that responds itself is refused, and status and metrics tell its responses from failures',
    run: async (world, t) => {
      await putRule(world, 'old', { path: '/old', fixedResponse: { status: 503 } });
      const body = { ruleId: 'old', targets: {} };
      const { status, body: refused } = await world.runtime.call('PUT', '/v1/attachments/old', body);
      assert.equal(status, 400);
      assert.equal(refused.code, 'OperationFailed.ActionNotSupport');
      assert.match(refused.message, /^ruleId names a rule that has a fixedResponse, and so takes no targets/);
      assert.equal((await ask(t, world, '/old')).status, 503);
      const [web] = (await world.runtime.done('GET', '/v1/status')).listeners;
      assert.deepEqual([web.traffic.requests, web.traffic.errorResponses], [1, 0]);
      assert.deepEqual(web.rules, [
        { id: 'old', path: '/old', pathMatch: 'prefix', action: 'fixedResponse', isAttached: false },
      ]);
      const metrics = await world.runtime.metrics();
      assert.match(metrics, /^weir_http_responses_total\{listener="web",origin="rule",code="5xx"\} 1$/m);
      assert.match(metrics, /^weir_http_responses_total\{listener="web",origin="local",code="5xx"\} 0$/m);
    },
  },
]);
