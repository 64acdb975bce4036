// The error table: each code is provoked through the real API, has its status, and changes nothing.
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { json } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { RuntimeClient } from '../../provider/client/client.ts';
import { settingsOf } from '../../provider/client/settings.ts';
import { ERRORS, type ErrorCode, isWeirError } from '../../provider/model/base/errors.ts';
import { freePort, httpBackend } from '../harness/backends/backends.ts';
import { type ReceivedResponse, RuntimeProcess, until } from '../harness/runtime/runtime.ts';

/**
 * A runtime with load balancer `lb`, HTTP listener `web` on `port` and attachment `pool` with the target `a`, all of
 * the stack `dev`.
 */
interface Setting {
  runtime: RuntimeProcess;
  port: number;
  target: { address: string; port: number };
  t: TestContext;
}

const PLACE = { region: 'here', vpcId: 'vpc-1', zoneId: 'here-a' };
const OWNER = 'urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:TargetAttachment::pool';

const CASES: Readonly<
  Record<ErrorCode, (setting: Setting) => Promise<ReceivedResponse | { body: { code: string }; status: number }>>
> = {
  InvalidParameter: ({ runtime }) => runtime.call('PUT', '/v1/listeners/x', { protocol: 'TCP' }),
  'InvalidBackendServers.ServerIpConflict': ({ runtime, target }) =>
    runtime.call('PUT', '/v1/attachments/pool', { listenerId: 'web', targets: { a: target, b: target } }),
  'IncorrectStatus.RSByPassToas': async ({ runtime, target }) => {
    const targets = { a: { ...target, port: await freePort() } };
    return runtime.call('PUT', '/v1/attachments/pool', { listenerId: 'web', targets, handoverSeconds: 0.1 });
  },
  NetworkConflict: (setting) => bindServer(setting, { region: 'elsewhere' }),
  'Mismatched.ZoneId': (setting) => bindServer(setting, { zoneId: 'elsewhere' }),
  BackendServerProcessing: (setting) => bindServer(setting, { status: 'Starting' }),
  'OperationUnsupported.AddBackendServers': (setting) => bindServer(setting, { kind: 'eni' }),
  'OperationFailed.ActionNotSupport': async ({ runtime }) => {
    await runtime.done('PUT', '/v1/load-balancers/kept', { deletionProtection: true });
    return runtime.call('DELETE', '/v1/load-balancers/kept');
  },
  Unauthenticated: ({ runtime }) => runtime.call('GET', '/v1/status', undefined, { authorization: 'Bearer weir_no' }),
  Forbidden: async ({ runtime }) => {
    const statements = [{ actions: ['slb:Describe*'], resources: ['loadbalancer/lb'] }];
    const { token } = await runtime.done('POST', '/v1/tokens', { name: 'reader', statements });
    return runtime.call('DELETE', '/v1/attachments/pool', undefined, { authorization: `Bearer ${token}` });
  },
  NotFound: ({ runtime }) => runtime.call('DELETE', '/v1/listeners/none'),
  UnknownRoute: ({ runtime }) => runtime.call('GET', '/v1/unicorns/a'),
  MethodNotAllowed: ({ runtime }) => runtime.call('DELETE', '/v1/status'),
  InUse: ({ runtime }) => runtime.call('DELETE', '/v1/load-balancers/lb'),
  RuntimeMismatch: ({ runtime }) => runtime.call('GET', '/v1/status', undefined, { 'x-weir-runtime': 'other' }),
  PortInUse: async ({ runtime, t }) => {
    const { port } = await httpBackend(t, 'stranger');
    return runtime.call('PUT', '/v1/listeners/x', { loadBalancerId: 'lb', protocol: 'HTTP', port });
  },
  OwnedByOther: ({ runtime, target }) => {
    const owner = OWNER.replace('dev', 'prod');
    return runtime.call('PUT', '/v1/attachments/pool', { listenerId: 'web', targets: { a: target }, owner });
  },
  LimitExceeded: async ({ runtime, t }) => {
    const statements = [{ actions: ['slb:Describe*'], resources: ['*'] }];
    const { token } = await runtime.done('POST', '/v1/tokens', { name: 'reader', statements });
    const headers = { authorization: `Bearer ${token}` };
    const ended = new AbortController();
    t.after(() => ended.abort());
    // Node.js cancels the body of a response that nothing refers to any more, and its place would be free again.
    const streams: Response[] = [];
    t.after(() => streams.splice(0));
    for (let i = 0; i < 16; i++) {
      const stream = await fetch(`${runtime.url}/v1/events`, { headers, signal: ended.signal });
      assert.equal(stream.status, 200);
      streams.push(stream);
    }
    return runtime.call('GET', '/v1/events', undefined, headers);
  },
  Superseded: async ({ runtime, target }) => {
    const dead = await freePort();
    const put = (port: number) =>
      runtime.call('PUT', '/v1/attachments/pool', { listenerId: 'web', targets: { a: { ...target, port } } });
    const waiting = put(dead);
    const isOver = waiting.then(() => true);
    await until('the newer write to supersede the older one', async () => {
      await put(target.port);
      return Promise.race([isOver, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 50))]);
    });
    return waiting;
  },
  PreconditionFailed: ({ runtime }) =>
    runtime.call('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' }, { 'if-match': '"older"' }),
  UnsupportedEncoding: ({ runtime }) => runtime.call('PUT', '/v1/load-balancers/x', {}, { 'content-encoding': 'gzip' }),
  Misdirected: ({ runtime }) =>
    new Promise((resolve, reject) => {
      // `fetch` does not let a caller choose the Host header.
      get(`${runtime.url}/v1/status`, { headers: { host: 'rebound.example' } }, async (response) => {
        resolve({ status: response.statusCode ?? 0, body: (await json(response)) as { code: string } });
      }).on('error', reject);
    }),
  Internal: async ({ runtime, t }) => {
    // Another program has changed the tables of the database.
    const database = new DatabaseSync(join(runtime.dataDirectory, 'weir.db'));
    t.after(() => database.close());
    database.exec('alter table objects rename to others');
    const response = await runtime.call('PUT', '/v1/load-balancers/new', {});
    database.exec('alter table others rename to objects');
    return response;
  },
  SystemBusy: async ({ runtime }) => {
    await runtime.done('PUT', '/v1/load-balancers/one', {});
    await runtime.done('PUT', '/v1/load-balancers/two', {});
    return runtime.call('PUT', '/v1/load-balancers/three', {});
  },
  Timeout: async ({ runtime: { dataDirectory }, t }) => {
    // Applying a change of 2,000 targets takes the workers longer than the timeout of a millisecond.
    const hasty = await RuntimeProcess.start(t, { args: ['--ack-timeout', '0.001'] });
    assert.notEqual(hasty.dataDirectory, dataDirectory);
    await hasty.call('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
    for (const id of ['a', 'b', 'c', 'd']) {
      const body = { loadBalancerId: 'lb', protocol: 'TCP', port: await freePort(), healthCheck: { protocol: 'none' } };
      await hasty.call('PUT', `/v1/listeners/${id}`, body);
    }
    const targets = Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [`t${i}`, { address: `127.1.${i >> 8}.${i & 255}`, port: 80 }]),
    );
    const response = await hasty.call('PUT', '/v1/attachments/many', { loadBalancerId: 'lb', targets });
    assert.equal((await hasty.call('GET', '/v1/attachments/many')).status, 200, 'it stays stored');
    return response;
  },
  Unreachable: async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const config = { get: (key: string) => (key === 'weir:endpoint' ? endpoint : undefined) };
    const client = new RuntimeClient(settingsOf(config as never, { WEIR_TOKEN: 'weir_x' }));
    try {
      await client.runtimeId();
    } catch (error) {
      if (isWeirError(error)) return { status: error.status, body: { code: error.code } };
      throw error;
    }
    throw new Error('the request got a response');
  },
};

/** Binds, in addition to the bound target, a server that differs from what the load balancer requires. */
async function bindServer({ runtime, target }: Setting, difference: object): Promise<ReceivedResponse> {
  await runtime.done('PUT', '/v1/backend-servers/i-1', { ...PLACE, addresses: ['127.0.0.1'], ...difference });
  const type = 'kind' in difference ? difference.kind : 'ecs';
  const targets = { a: target, b: { serverId: 'i-1', type, port: 9 } };
  return runtime.call('PUT', '/v1/attachments/pool', { listenerId: 'web', targets });
}

for (const [code, provoke] of Object.entries(CASES)) {
  test(`${code} is the response of its case and has its status`, async (t) => {
    const runtime = await RuntimeProcess.start(t, { args: ['--vip-pool', '127.78.0.0/30'] });
    const { target } = await httpBackend(t, 'a');
    const port = await freePort();
    await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1', ...PLACE });
    await runtime.done('PUT', '/v1/listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port });
    const body = { listenerId: 'web', targets: { a: target }, owner: OWNER, awaitHealthySeconds: 5 };
    await runtime.done('PUT', '/v1/attachments/pool', body);
    const response = await provoke({ runtime, port, target, t });
    assert.equal(response.body.code, code, JSON.stringify(response.body));
    assert.equal(response.status, ERRORS[code as ErrorCode].status);
    assert.deepEqual((await runtime.done('GET', '/v1/attachments/pool')).targets, { a: target });
  });
}
