// `create`, `read`, `update` and `delete` as Pulumi calls them: ids, incarnations, state, and the outcome of failures.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { methods } from '../../../provider/index.ts';
import {
  failure,
  type Reply,
  RUNTIME_ID,
  type SeenRequest,
  scriptedRuntime,
  stored,
} from '../../harness/runtime/scripted-runtime.ts';

const OWNER = 'urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:TargetAttachment::web';
const INPUTS = {
  listenerId: 'http-1',
  targets: { b1: { address: '10.0.0.1', port: 80 } },
  owner: OWNER,
  __provider: 'shim',
};
const BOUND = { b1: { address: '10.0.0.1', port: 80, weight: 100, health: 'checking' } };

async function attachment(t: TestContext, reply: (seen: SeenRequest, index: number) => Reply) {
  const runtime = await scriptedRuntime(t, (seen, index) =>
    seen.url === '/healthz' ? { status: 200, body: {} } : reply(seen, index),
  );
  const config: Record<string, string> = { 'weir:endpoint': runtime.url, 'weir:token': 'weir_t' };
  return { runtime, provider: methods('TargetAttachment', { get: (key) => config[key] }) };
}

/** The runtime's response to a PUT: the written properties with defaults and outputs. */
const accepted = ({ body }: SeenRequest) =>
  stored({ manageWeights: true, handoverSeconds: 30, ...body, boundTargets: BOUND });

test('create puts the written inputs with owner and a new incarnation, and returns every output', async (t) => {
  const { runtime, provider } = await attachment(t, accepted);
  const first = await provider.create(INPUTS);
  const second = await provider.create(INPUTS);
  const { __provider, ...written } = INPUTS;
  const incarnation = runtime.seen[0]?.body?.incarnation;
  assert.deepEqual(runtime.seen[0]?.body, { ...written, incarnation });
  assert.deepEqual(first.outs, {
    ...written,
    boundTargets: BOUND,
    incarnation,
    runtimeId: RUNTIME_ID,
    runtimeEndpoint: runtime.url,
  });
  assert.equal(first.id, second.id);
  assert.notEqual(incarnation, runtime.seen[1]?.body?.incarnation);
});

test('a create whose response was lost is repeated with the same id and incarnation', async (t) => {
  const { runtime, provider } = await attachment(t, (seen, index) => (index === 0 ? 'reset' : accepted(seen)));
  await provider.create(INPUTS);
  assert.deepEqual([runtime.seen[0]?.url, runtime.seen[0]?.body], [runtime.seen[1]?.url, runtime.seen[1]?.body]);
});

test('a create that is stored but not confirmed leaves the object in the state as it is in the runtime', async (t) => {
  let put: Record<string, unknown> | undefined;
  const { provider } = await attachment(t, ({ method, body }) => {
    if (method === 'GET') return stored({ ...put, boundTargets: BOUND });
    put = body;
    return failure(504, 'Timeout', 'worker 2 is late');
  });
  await assert.rejects(provider.create(INPUTS), (error: Error & Record<string, unknown>) => {
    assert.match(String(error.id), /^web-[0-9a-f]{8}$/);
    assert.deepEqual(error.reasons, ['worker 2 is late (Timeout, request req-1)']);
    const properties = error.properties as Record<string, unknown>;
    assert.equal(properties.__provider, 'shim');
    assert.equal(properties.incarnation, put?.incarnation);
    assert.deepEqual(properties.boundTargets, BOUND);
    return true;
  });
});

test('a create that stored nothing leaves no object in the state', async (t) => {
  for (const reply of [failure(409, 'OwnedByOther', 'belongs to another'), failure(504, 'Timeout', 'late')]) {
    const { provider } = await attachment(t, ({ method }) =>
      method === 'GET' ? stored({ incarnation: 'of another create' }) : reply,
    );
    await assert.rejects(provider.create(INPUTS), (error: Error) => !('id' in error));
  }
});

test('a create takes the next id if another owner has its own id, and each time the same one', async (t) => {
  const replies = [
    failure(409, 'OwnedByOther', 'belongs to another'),
    failure(403, 'Forbidden', 'not for that owner', [{ path: '', message: 'x', code: 'OwnedByOther' }]),
  ];
  const taken = new Map<string, SeenRequest['body']>();
  const { runtime, provider } = await attachment(t, (seen) => {
    const id = seen.url.split('/').at(-1) ?? '';
    if (!taken.has(id) && taken.size < 2) taken.set(id, { owner: `${OWNER}2` });
    if (seen.method === 'GET') return stored(taken.get(id) ?? {});
    return taken.has(id) ? (replies[[...taken.keys()].indexOf(id)] ?? 'reset') : accepted(seen);
  });
  const { id } = await provider.create(INPUTS);
  assert.equal((await provider.create(INPUTS)).id, id);
  assert.match(id, /^web-[0-9a-f]{8}$/);
  assert.deepEqual([taken.size, taken.has(id)], [2, false]);
  assert.equal(runtime.seen.at(-1)?.url, `/v1/attachments/${id}`);
});

test('a target that another stack has bound is refused, and no other id is tried', async (t) => {
  const { runtime, provider } = await attachment(t, ({ method }) =>
    method === 'GET' ? failure(404, 'NotFound', 'no') : failure(409, 'OwnedByOther', 'targets.b1 is bound by another'),
  );
  await assert.rejects(provider.create(INPUTS), { message: /bound by another \(OwnedByOther/ });
  assert.equal(runtime.seen.filter(({ method }) => method === 'PUT').length, 1);
});

test('update keeps the incarnation', async (t) => {
  const { runtime, provider } = await attachment(t, accepted);
  const { outs } = await provider.update('web-1', { ...INPUTS, incarnation: 'i-7', runtimeId: RUNTIME_ID }, INPUTS);
  assert.equal(runtime.seen[0]?.url, '/v1/attachments/web-1');
  assert.equal(runtime.seen[0]?.body?.incarnation, 'i-7');
  assert.equal(outs?.incarnation, 'i-7');
});

test('read shows drift as inputs and outputs, and health as in the state', async (t) => {
  const targets = { b1: { address: '10.0.0.1', port: 80, weight: 7 } };
  const boundTargets = { b1: { ...BOUND.b1, weight: 7, health: 'unhealthy' } };
  const { runtime, provider } = await attachment(t, () =>
    stored({ listenerId: 'http-1', targets, manageWeights: true, handoverSeconds: 30, owner: OWNER, boundTargets }),
  );
  const state = { ...INPUTS, boundTargets: BOUND, incarnation: 'i-1', runtimeId: RUNTIME_ID };
  const { id, inputs, props } = await provider.read('web-1', state);
  assert.equal(id, 'web-1');
  assert.deepEqual(inputs, { listenerId: 'http-1', targets, owner: OWNER });
  assert.deepEqual(props, {
    ...inputs,
    boundTargets: { b1: { ...BOUND.b1, weight: 7 } },
    incarnation: 'i-1',
    runtimeId: RUNTIME_ID,
    runtimeEndpoint: runtime.url,
  });
});

test('read of a deleted object returns an empty id, and read of another runtime fails', async (t) => {
  const { provider } = await attachment(t, () => failure(404, 'NotFound', 'no'));
  assert.equal((await provider.read('web-1', { runtimeId: RUNTIME_ID })).id, '');
  await assert.rejects(provider.read('web-1', { runtimeId: 'rt-0' }), { message: /\(RuntimeMismatch\)$/ });
});

test('read of a missing object fails for `get`, which has no state', async (t) => {
  const { runtime, provider } = await attachment(t, () => failure(404, 'NotFound', 'no'));
  const message = `the runtime at ${runtime.url} has no attachment web-1 (NotFound)`;
  await assert.rejects(provider.read('web-1', { __provider: 'shim' }), { message });
});

test('delete names its incarnation, a missing object is a success, and an object in use is an error', async (t) => {
  const gone = await attachment(t, () => failure(404, 'NotFound', 'no'));
  await gone.provider.delete('web-1', { incarnation: 'i-1', runtimeId: RUNTIME_ID });
  assert.equal(gone.runtime.seen[0]?.url, '/v1/attachments/web-1?incarnation=i-1');
  const used = await attachment(t, () => failure(409, 'InUse', 'is used by listener x of urn:y: delete those first.'));
  await assert.rejects(used.provider.delete('web-1', {}), { message: /used by listener x of urn:y.*\(InUse, / });
});

test('an object that was recreated under its id keeps the owner and incarnation of the state in a read', async (t) => {
  for (const owner of [OWNER, `${OWNER}2`]) {
    const { provider } = await attachment(t, () =>
      stored({ listenerId: 'http-1', targets: {}, owner, incarnation: 'i-2' }),
    );
    const { props } = await provider.read('web-1', { ...INPUTS, incarnation: 'i-1', runtimeId: RUNTIME_ID });
    assert.deepEqual([props?.owner, props?.incarnation], [OWNER, 'i-1']);
  }
});

test('delete also deletes the newer object of its own owner, unless the program has the resource or others use the object', async (t) => {
  let count = 0;
  const deleted = async (parts: object, newer: Reply, isOfProgram = false) => {
    const urn = `${OWNER}-${count++}`;
    const { runtime, provider } = await attachment(t, ({ method, url }) => {
      if (method === 'GET') return stored({ owner: urn, ...parts, incarnation: 'i-2' });
      return url.endsWith('i-2') ? newer : { status: 204 };
    });
    if (isOfProgram) await provider.check({}, { ...INPUTS, owner: urn });
    await provider.delete('web-1', { owner: urn, incarnation: 'i-1', runtimeId: RUNTIME_ID });
    return runtime.seen.filter(({ method }) => method === 'DELETE').map(({ url }) => url.split('=')[1]);
  };
  assert.deepEqual(await deleted({}, { status: 204 }), ['i-1', 'i-2']);
  assert.deepEqual(await deleted({}, failure(409, 'InUse', 'is used')), ['i-1', 'i-2']);
  assert.deepEqual(await deleted({ owner: `${OWNER}2` }, { status: 204 }), ['i-1']);
  assert.deepEqual(await deleted({}, { status: 204 }, true), ['i-1']);
  await assert.rejects(deleted({}, failure(403, 'Forbidden', 'no')), { message: /\(Forbidden/ });
});

test('delete takes along what its stack has below the object, unless the program still has it', async (t) => {
  const stack = 'urn:pulumi:dev::cascades';
  const urn = (type: string, name: string) => `${stack}::pulumi-nodejs:dynamic/weir:${type}::${name}`;
  const pool = { ...INPUTS, listenerId: 'web-1', owner: urn('TargetAttachment', 'pool') };
  const runtime = await scriptedRuntime(t, ({ method, url }) => {
    if (method === 'GET') {
      const object = { ...pool, id: 'pool-1', incarnation: 'i-1', version: 1 };
      return { status: 200, body: { items: url.startsWith('/v1/attachments') ? [object] : [] } };
    }
    return url.includes('cascade=stack') ? { status: 204 } : failure(409, 'InUse', 'is used by attachment pool-1');
  });
  const config: Record<string, string> = { 'weir:endpoint': runtime.url, 'weir:token': 'weir_t' };
  const of = (type: string) => methods(type, { get: (key) => config[key] });
  const remove = () => of('Listener').delete('web-1', { owner: urn('Listener', 'web'), incarnation: 'i-1' });
  await remove();
  assert.deepEqual(runtime.seen.map(({ method, url }) => `${method} ${url}`).slice(0, 2), [
    'DELETE /v1/listeners/web-1?incarnation=i-1',
    'DELETE /v1/listeners/web-1?incarnation=i-1&cascade=stack',
  ]);
  // In an update, an object of the program that failed to move elsewhere keeps its parent.
  await of('TargetAttachment').check({}, pool);
  await assert.rejects(remove(), { message: /InUse/ });
  await of('TargetAttachment').diff('pool-1', { ...pool }, pool);
  await assert.rejects(remove(), { message: /InUse/ });
  // The object that was replaced is no part of the program.
  await of('TargetAttachment').diff('pool-2', { ...pool }, pool);
  await remove();
});

test('customTimeouts limit a create, an update and a delete, each with its own time', async (t) => {
  const { runtime, provider } = await attachment(t, ({ method, url }) => {
    if (method === 'GET') return failure(404, 'NotFound', 'no');
    return url.includes('quick') ? accepted({ method, url, headers: {}, body: INPUTS }) : 'silence';
  });
  const of = (operation: string) => ({ ...INPUTS, incarnation: 'i-1', customTimeouts: { [operation]: '150ms' } });
  const exceeded = (operation: string) => ({
    message: new RegExp(`the customTimeouts\\.${operation} of 150ms: .*\\(Timeout\\)`),
  });
  await assert.rejects(provider.create(of('create')), exceeded('create'));
  await assert.rejects(provider.update('web-1', of('delete'), of('update')), exceeded('update'));
  await assert.rejects(provider.delete('web-1', of('delete')), exceeded('delete'));
  const timeouts = { update: '1m', delete: '0' };
  const news = { ...INPUTS, customTimeouts: timeouts, retainOnDelete: true };
  const { outs } = await provider.update('quick', of('delete'), news);
  assert.deepEqual(outs.customTimeouts, timeouts);
  // A retained object says so to the runtime by its incarnation, and only a change of that makes another one.
  assert.match(String(runtime.seen.at(-1)?.body?.incarnation), /^retained-/);
});

test('a WeirError reaches the terminal without a stack trace', async (t) => {
  const { provider } = await attachment(t, () => failure(409, 'InUse', 'is used'));
  await assert.rejects(provider.delete('web-1', {}), (error: Error) => {
    // Pulumi prints this text in addition to the error's message.
    assert.equal(`${error}: ${error.stack}`, 'weir: delete of web-1 failed (InUse)');
    return true;
  });
});

test('the error for an unknown resource type says that a newer version wrote the state', () => {
  assert.throws(() => methods('Nonsense', { get: () => undefined }), /written by a newer version/);
});
