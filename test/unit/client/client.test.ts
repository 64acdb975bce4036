// The client of the API against scripted responses: which requests it repeats, when it considers an object deleted, and
// what its errors advise.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Call, RuntimeClient } from '../../../provider/client/client.ts';
import { RuntimeConnection } from '../../../provider/client/connection.ts';
import { settingsOf } from '../../../provider/client/settings.ts';
import { freePort } from '../../harness/machine/free-port.ts';
import {
  failure,
  type Reply,
  RUNTIME_ID,
  type SeenRequest,
  scriptedRuntime,
  stored,
} from '../../harness/runtime/scripted-runtime.ts';

const CALL: Call = { kind: 'attachments', id: 'web-1', expectedRuntime: undefined };

function clientFor(endpoint: string, env: Record<string, string> = { WEIR_TOKEN: 'weir_t' }): RuntimeClient {
  return new RuntimeClient(settingsOf({ get: () => undefined }, { ...env, WEIR_ENDPOINT: endpoint }));
}

async function scripted(
  t: TestContext,
  reply: (seen: SeenRequest, index: number) => Reply,
  env?: Record<string, string>,
) {
  const runtime = await scriptedRuntime(t, reply);
  return { runtime, client: clientFor(runtime.url, env) };
}

test('a write carries token, runtime and body, and the client asks only once for the id of the runtime', async (t) => {
  const { runtime, client } = await scripted(t, () => stored({ vip: '127.0.0.1' }));
  const response = await client.put({ ...CALL, id: 'a b' }, { weight: 1 }, 0);
  await client.get(CALL);
  assert.equal(response.vip, '127.0.0.1');
  assert.equal(runtime.preflights(), 1);
  const [put] = runtime.seen;
  assert.deepEqual([put?.method, put?.url, put?.body], ['PUT', '/v1/attachments/a%20b?by=stack', { weight: 1 }]);
  assert.equal(put?.headers.authorization, 'Bearer weir_t');
  assert.equal(put?.headers['x-weir-runtime'], RUNTIME_ID);
});

test('a missing object is undefined for get, and deleted for delete', async (t) => {
  const { runtime, client } = await scripted(t, () => failure(404, 'NotFound', 'There is no attachment web-1.'));
  assert.equal(await client.get(CALL), undefined);
  await client.delete(CALL, 'i/1');
  assert.equal(runtime.seen[1]?.url, '/v1/attachments/web-1?incarnation=i%2F1');
});

test('a write has time for its waits in addition to its own, by default for first checks', async (t) => {
  const send = t.mock.method(RuntimeConnection.prototype, 'send');
  const { client } = await scripted(t, () => stored({}));
  await client.get(CALL);
  await client.put({ ...CALL, kind: 'listeners' }, {});
  await client.put(CALL, {}, 5_000);
  await client.delete(CALL, undefined);
  const [, ...given] = send.mock.calls.map((call) => call.arguments[0].timeoutMs);
  assert.deepEqual(given, [30_000, 60_000, 35_000, 60_000]);
});

test('a list follows the cursor of each page to the last one', async (t) => {
  const object = (id: string) => ({ id, incarnation: 'i-1', version: 1 });
  const { runtime, client } = await scripted(t, ({ url }) => ({
    status: 200,
    body: url.includes('cursor') ? { items: [object('c')] } : { items: [object('a'), object('b')], cursor: 'b&' },
  }));
  assert.deepEqual(
    (await client.list('rules')).map(({ id }) => id),
    ['a', 'b', 'c'],
  );
  assert.deepEqual(
    runtime.seen.map(({ url }) => url),
    ['/v1/rules', '/v1/rules?cursor=b%26'],
  );
});

for (const [trouble, reply] of [
  ['the connection is lost', 'reset'],
  ['not every data plane serves it', failure(504, 'Timeout', 'late')],
  ['the runtime is busy', failure(503, 'SystemBusy', 'busy')],
] as const satisfies readonly (readonly [string, Reply])[]) {
  test(`a write is sent again if ${trouble}, twice at most`, async (t) => {
    const recovering = await scripted(t, ({ url }, index) => (url !== '/healthz' && index === 0 ? reply : stored({})));
    await recovering.client.put(CALL, { incarnation: 'i-1' }, 0);
    assert.deepEqual(
      recovering.runtime.seen.map((seen) => seen.body),
      [{ incarnation: 'i-1' }, { incarnation: 'i-1' }],
    );
    const failing = await scripted(t, ({ url }) => (url === '/healthz' ? stored({}) : reply));
    await assert.rejects(failing.client.put(CALL, {}, 0), { name: 'WeirError' });
    assert.equal(failing.runtime.seen.length, 3);
  });
}

test('an error response is not repeated, and keeps code, details and request id', async (t) => {
  const details = [{ path: 'targets.b1.port', message: 'is required' }];
  const { runtime, client } = await scripted(t, () => failure(400, 'InvalidParameter', 'Refused:', details));
  await assert.rejects(client.put(CALL, {}, 0), {
    name: 'WeirError',
    code: 'InvalidParameter',
    message: 'Refused: targets.b1.port is required',
    requestId: 'req-1',
    details,
  });
  assert.equal(runtime.seen.length, 1);
});

test('an error code of a newer runtime keeps its message', async (t) => {
  const { client } = await scripted(t, () => failure(418, 'NewCode', 'what it means'));
  await assert.rejects(client.put(CALL, {}, 0), { code: 'Internal', message: 'what it means' });
});

test('the error for a dead endpoint says where, why and what to do, and is repeated without another request', async () => {
  const client = clientFor(`http://127.0.0.1:${await freePort()}`);
  const expected = {
    code: 'Unreachable',
    message:
      /^no Weir runtime responds at http:\/\/127\.0\.0\.1:\d+ \(connection refused\): start it with `npx pulumi-weir serve`, or set weir:endpoint \/ WEIR_ENDPOINT$/,
  };
  await assert.rejects(client.put(CALL, {}, 0), expected);
  await assert.rejects(client.delete(CALL, undefined), expected);
});

test('the error for https to a port that speaks http says that the scheme is wrong', async (t) => {
  const { runtime } = await scripted(t, () => stored({}));
  const client = clientFor(runtime.url.replace('http:', 'https:'));
  await assert.rejects(client.get(CALL), {
    code: 'Unreachable',
    message: /\(the TLS handshake failed\): .*check the scheme/,
  });
});

test('a server without X-Weir-Runtime is not a Weir runtime', async (t) => {
  const { runtime, client } = await scripted(t, () => ({ status: 200, body: {}, runtimeId: undefined }));
  await assert.rejects(client.get(CALL), { code: 'Unreachable', message: /but is not a Weir runtime/ });
  assert.equal(runtime.seen.length, 0);
});

test('a path under which the runtime has no API is a wrong endpoint, never a missing object', async (t) => {
  for (const reply of [failure(404, 'NotFound', 'no route'), failure(401, 'Unauthenticated', 'no')]) {
    const { runtime } = await scripted(t, () => reply);
    const client = clientFor(`${runtime.url}/v1`);
    const expected = {
      code: 'Unreachable',
      message: /\/v1 responds .*, but is not a Weir runtime: check port and path/,
    };
    await assert.rejects(client.get(CALL), expected);
    await assert.rejects(client.delete(CALL, 'i-1'), expected);
  }
});

test('a route that the runtime does not know is not a missing object', async (t) => {
  const { client } = await scripted(t, () => failure(404, 'UnknownRoute', 'This runtime has no route GET /v1/x.'));
  await assert.rejects(client.get(CALL), { code: 'UnknownRoute' });
  await assert.rejects(client.delete(CALL, undefined), { code: 'UnknownRoute' });
});

test('another runtime than the state names is refused before a request is sent, and never taken for gone', async (t) => {
  const { runtime, client } = await scripted(t, () => failure(404, 'NotFound', 'no'));
  const call = { ...CALL, expectedRuntime: 'rt-0' };
  const expected = {
    code: 'RuntimeMismatch',
    message: /runtime rt-0, .* is runtime rt-1: .*`WEIR_ACCEPT_RUNTIME=rt-1 pulumi destroy`/,
  };
  await assert.rejects(client.get(call), expected);
  await assert.rejects(client.put(call, {}, 0), expected);
  await assert.rejects(client.delete(call, 'i-1'), expected);
  assert.equal(runtime.seen.length, 0);
});

test('an accepted runtime replaces the one in the state', async (t) => {
  const env = { WEIR_TOKEN: 'weir_t', WEIR_ACCEPT_RUNTIME: RUNTIME_ID };
  const { client } = await scripted(t, () => failure(404, 'NotFound', 'no'), env);
  assert.equal(await client.get({ ...CALL, expectedRuntime: 'rt-0' }), undefined);
});

test('a runtime that is exchanged after the first contact is another runtime, not a missing object', async (t) => {
  const { client } = await scripted(t, ({ url }) =>
    url === '/healthz'
      ? { status: 200, body: {} }
      : { ...(failure(404, 'NotFound', 'no') as object), status: 404, runtimeId: 'rt-2' },
  );
  await assert.rejects(client.get({ ...CALL, expectedRuntime: RUNTIME_ID }), {
    code: 'RuntimeMismatch',
    message: /state belongs to runtime rt-1, .* is runtime rt-2/,
  });
});

test('the error for a refused token names its source, and the error for a missing one says where to put it', async (t) => {
  const refused = failure(401, 'Unauthenticated', 'no');
  const given = await scripted(t, () => refused);
  await assert.rejects(given.client.get(CALL), {
    code: 'Unauthenticated',
    message: /refused the token from WEIR_TOKEN: give one with WEIR_TOKEN or `pulumi config set --secret weir:token`/,
  });
  const missing = await scripted(t, () => refused, {});
  await assert.rejects(missing.client.get(CALL), { message: /requires a token, and none was found in WEIR_TOKEN/ });
});

test('the error for a refused permission names what is missing and the token, and says if that is of the last up', async (t) => {
  const details = [{ path: 'targets.b7', message: 'needs slb:AddBackendServers on instance/i-7', code: 'Forbidden' }];
  const refused = failure(403, 'Forbidden', 'The token "ci" does not allow this:', details);
  const given = await scripted(t, () => refused);
  await assert.rejects(given.client.put(CALL, {}, 0), {
    code: 'Forbidden',
    message: /targets\.b7 needs slb:AddBackendServers on instance\/i-7 The token is the one from WEIR_TOKEN\.$/,
  });
  const config: Record<string, string> = { 'weir:endpoint': given.runtime.url, 'weir:token': 'weir_t' };
  const client = new RuntimeClient(settingsOf({ get: (key) => config[key] }, {}));
  await assert.rejects(client.put(CALL, {}, 0), { message: /one from weir:token \(refresh .*--run-program/ });
});

test('a token is requested once, because a repeated request would make another one', async (t) => {
  const { runtime, client } = await scripted(t, ({ url }) => (url === '/healthz' ? stored({}) : 'reset'));
  const statements = [{ actions: ['slb:*'], resources: ['*'] }];
  await assert.rejects(client.createToken({ name: 'ci', statements }), { code: 'Unreachable' });
  assert.equal(runtime.seen.length, 1);
});

test('the error for a configured endpoint says that it may be the one of the last up', async () => {
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const config: Record<string, string> = { 'weir:endpoint': endpoint };
  const client = new RuntimeClient(settingsOf({ get: (key) => config[key] }, {}));
  await assert.rejects(client.get(CALL), { message: /WEIR_ENDPOINT \(refresh .*: add --run-program/ });
});
