// Conformance scenarios of the limits for clients: who may use a listener, and how often.
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { proxyHeader } from '../../provider/runtime/contract/proxy-protocol.ts';
import { UdpBackend, UdpClient } from '../harness/backends/udp.ts';
import { exchange } from '../harness/clients/load.ts';
import { testOnEachSocketKind } from '../harness/conformance/table.ts';
import { type Scenario, targetsTo } from '../harness/conformance/world.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { type RuntimeProcess, until } from '../harness/runtime/runtime.ts';

const UNCHECKED = { healthCheck: { protocol: 'none' } };
const CLIENT = { address: '192.0.2.7', port: 40_000 };
const FRONT = { address: '198.51.100.1', port: 443 };

interface Reply {
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
}

/** Makes a request on a kept connection from a local address. `forwardedFor` names the client, as a proxy does it. */
function ask(url: string, { agent, forwardedFor }: { agent: Agent; forwardedFor?: string }): Promise<Reply> {
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers }, (response) => {
      response.resume().on('end', () => {
        resolve({ status: response.statusCode, retryAfter: response.headers['retry-after'] });
      });
    });
    sent.on('error', reject).end();
  });
}

function agentFrom(t: TestContext, localAddress = '127.0.0.1', maxSockets = 1): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets, localAddress });
  t.after(() => agent.destroy());
  return agent;
}

/** Connects and sends bytes. Returns the name of the target, or '' if the connection ends without a response. */
async function tcp(t: TestContext, port: number, localAddress: string, bytes: string | Buffer): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  t.after(() => socket.destroy());
  let text = '';
  socket
    .on('error', () => {})
    .on('data', (data) => {
      text += data;
      socket.destroy();
    });
  socket.write(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  return text.split('\n')[0] ?? '';
}

function rejections(runtime: RuntimeProcess, reason: string): Promise<number> {
  return runtime.metric(`weir_rejected_total{listener="web",reason="${reason}"}`);
}

async function traffic(runtime: RuntimeProcess): Promise<Record<string, number>> {
  return (await runtime.done('GET', '/v1/status')).listeners[0].traffic;
}

/**
 * Runs a flood of `count` events. Asserts that as many passed as a bucket of `burst` tokens gives, of which `perSecond`
 * come back each second for as long as the flood took.
 */
async function floods(
  { perSecond, burst }: { perSecond: number; burst: number },
  count: number,
  event: (index: number) => Promise<boolean>,
): Promise<number> {
  const startedAtMs = performance.now();
  const passed = await Promise.all(Array.from({ length: count }, (_, index) => event(index)));
  const most = burst + Math.ceil(((performance.now() - startedAtMs) / 1000) * perSecond);
  const sum = passed.filter(Boolean).length;
  assert.ok(burst <= sum && sum <= most, `${sum} passed, of ${burst} to ${most}`);
  return sum;
}

const rows: readonly Scenario[] = [
  {
    name: 'HTTP: only allowed clients get to a target, deny comes before allow, and the client is the one that trusted proxies leave',
    listener: { ...UNCHECKED, allow: ['127.0.0.0/8', '192.0.2.0/24'], deny: ['127.0.0.3/32', '192.0.2.7/32'] },
    flags: ['--workers', '2'],
    run: async ({ bind, change, httpBackend, url, runtime }, t) => {
      const backend = await httpBackend('a');
      await bind(targetsTo([backend]));
      const [near, denied] = [agentFrom(t), agentFrom(t, '127.0.0.3')];
      const status = async (agent: Agent, forwardedFor?: string) => {
        return (await ask(url, { agent, ...(forwardedFor && { forwardedFor }) })).status;
      };
      assert.deepEqual([await status(near), await status(denied), await status(denied)], [200, 403, 403]);
      // Without trusted proxies, no header names a client.
      assert.equal(await status(near, '192.0.2.7'), 200);
      await change({ trustedProxies: ['127.0.0.0/8'] });
      // The kept connections follow the change.
      assert.equal(await status(near, '192.0.2.7'), 403);
      assert.equal(await status(near, '::ffff:192.0.2.7'), 403);
      assert.equal(await status(near, '192.0.2.8'), 200);
      assert.equal(await status(denied, '192.0.2.8'), 200);
      assert.equal(await status(near, '203.0.113.1'), 403);
      await change({ allow: [], deny: undefined });
      assert.equal(await status(near), 403);
      await change({ allow: undefined, deny: undefined });
      assert.equal(await status(denied), 200);
      assert.equal(backend.count, 5);
      assert.equal(await rejections(runtime, 'denied'), 6);
      assert.equal((await traffic(runtime)).denied, 6);
    },
  },
  {
    name: 'HTTPS: a denied client gets a 403 after the handshake',
    listener: { ...UNCHECKED, protocol: 'HTTPS', certificates: { a: makePair(['a.example']) }, deny: ['127.0.0.3/32'] },
    run: async ({ bind, httpBackend, port }) => {
      await bind(targetsTo([await httpBackend('a')]));
      const url = `https://127.0.0.1:${port}/`;
      assert.equal((await exchange(url)).backend, 'a');
      const { error } = await exchange(url, false, { localAddress: '127.0.0.3' });
      assert.match(error ?? '', /^403 /);
    },
  },
  {
    name: 'TCP: a denied client is reset without a connection to a target, also one that a PROXY header names',
    listener: {
      ...UNCHECKED,
      protocol: 'TCP',
      deny: ['127.0.0.3/32', '192.0.2.0/24'],
      acceptProxyProtocol: ['127.0.0.9/32'],
    },
    run: async ({ bind, change, tcpBackend, port, runtime }, t) => {
      const backend = await tcpBackend('a');
      await bind(targetsTo([backend]));
      assert.equal(await tcp(t, port, '127.0.0.1', 'x'), 'a');
      assert.equal(await tcp(t, port, '127.0.0.3', 'x'), '');
      assert.equal(await tcp(t, port, '127.0.0.9', proxyHeader('v2', CLIENT, FRONT)), '');
      const named = Buffer.concat([proxyHeader('v2', { ...CLIENT, address: '203.0.113.1' }, FRONT), Buffer.from('x')]);
      assert.equal(await tcp(t, port, '127.0.0.9', named), 'a');
      assert.deepEqual([backend.count, await rejections(runtime, 'denied')], [2, 2]);
      await change({ allow: ['127.0.0.3/32'], deny: [] });
      assert.equal(await tcp(t, port, '127.0.0.3', 'x'), 'a');
      assert.equal(await tcp(t, port, '127.0.0.1', 'x'), '');
    },
  },
  {
    name: 'UDP: datagrams of denied clients are dropped, those of open sessions too',
    listener: { ...UNCHECKED, protocol: 'UDP', allow: ['127.0.0.0/8'] },
    run: async ({ bind, change, port, runtime }, t) => {
      const target = await UdpBackend.start(t, 'a');
      await bind(targetsTo([target]));
      const client = await UdpClient.open(t, port);
      assert.equal(await client.ask('one'), 'a one');
      await change({ deny: ['127.0.0.1/32'] });
      client.send('two');
      await until('a denied datagram', async () => (await rejections(runtime, 'denied')) === 1 || undefined);
      await change({ deny: [] });
      assert.equal(await client.ask('three'), 'a three');
      assert.deepEqual(target.texts, ['one', 'three']);
    },
  },
  {
    name: 'requestsPerSecond: all workers together let exactly the burst pass and what comes back, for each client and for all; others get a 429',
    listener: { ...UNCHECKED, requestsPerSecond: { perClient: 1, burst: 40 } },
    flags: ['--workers', '2'],
    run: async ({ bind, change, httpBackend, url, runtime }, t) => {
      await bind(targetsTo([await httpBackend('a')]));
      const [one, two] = [agentFrom(t, '127.0.0.1', 16), agentFrom(t, '127.0.0.2', 16)];
      const replies: Reply[] = [];
      const by = (agent: Agent) => async () => {
        const reply = await ask(url, { agent });
        replies.push(reply);
        return reply.status === 200;
      };
      const first = await floods({ perSecond: 1, burst: 40 }, 200, by(one));
      const second = await floods({ perSecond: 1, burst: 40 }, 200, by(two));
      const limited = replies.filter(({ status }) => status !== 200);
      assert.equal(limited.length, 400 - first - second);
      for (const { status, retryAfter } of limited) assert.deepEqual([status, retryAfter], [429, '1']);
      assert.equal(await rejections(runtime, 'requestsPerSecond'), limited.length);
      assert.equal((await traffic(runtime)).limitedRequests, limited.length);
      await change({ requestsPerSecond: { total: 1, burst: 30 } });
      await floods({ perSecond: 1, burst: 30 }, 200, (index) => by(index % 2 === 0 ? one : two)());
      await change({ requestsPerSecond: undefined });
      assert.equal((await ask(url, { agent: one })).status, 200);
    },
  },
  {
    name: 'connectionsPerSecond: HTTP connections above it get a 429 and are closed, and requests on kept ones pass',
    listener: { ...UNCHECKED, connectionsPerSecond: { total: 1, burst: 10 } },
    flags: ['--workers', '2'],
    run: async ({ bind, httpBackend, url, runtime }, t) => {
      await bind(targetsTo([await httpBackend('a')]));
      const agent = agentFrom(t);
      assert.equal((await ask(url, { agent })).status, 200);
      const errors: (string | undefined)[] = [];
      await floods({ perSecond: 1, burst: 9 }, 60, async () => {
        const { error } = await exchange(url);
        errors.push(error);
        return error === undefined;
      });
      for (const error of errors) if (error !== undefined) assert.match(error, /^429 /);
      for (let i = 0; i < 20; i++) assert.equal((await ask(url, { agent })).status, 200);
      assert.equal(await rejections(runtime, 'connectionsPerSecond'), errors.filter(Boolean).length);
    },
  },
  {
    name: 'connectionsPerSecond: TCP connections above it are reset',
    listener: { ...UNCHECKED, protocol: 'TCP', connectionsPerSecond: { total: 1, burst: 10 } },
    flags: ['--workers', '2'],
    run: async ({ bind, tcpBackend, port }, t) => {
      await bind(targetsTo([await tcpBackend('a')]));
      await floods({ perSecond: 1, burst: 10 }, 60, async () => (await tcp(t, port, '127.0.0.1', 'x')) === 'a');
    },
  },
];

testOnEachSocketKind(rows);
