// `create` and `read` as Pulumi calls them, limits for each operation, and errors that reach the terminal.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { methods } from '../../../provider/index.ts';
import { accepted, BOUND, INPUTS, OWNER, scriptedAttachment } from '../../harness/runtime/scripted-attachment.ts';
import {
  failure,
  RUNTIME_ID,
  type SeenRequest,
  scriptedRuntime,
  stored,
} from '../../harness/runtime/scripted-runtime.ts';

test('create puts the written inputs with owner and a new incarnation, and returns every output', async (t) => {
  const { runtime, provider } = await scriptedAttachment(t, accepted);
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
  const { runtime, provider } = await scriptedAttachment(t, (seen, index) => (index === 0 ? 'reset' : accepted(seen)));
  await provider.create(INPUTS);
  assert.deepEqual([runtime.seen[0]?.url, runtime.seen[0]?.body], [runtime.seen[1]?.url, runtime.seen[1]?.body]);
});

test('a create that is stored but not confirmed leaves the object in the state as it is in the runtime', async (t) => {
  let put: Record<string, unknown> | undefined;
  const { provider } = await scriptedAttachment(t, ({ method, body }) => {
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
    const { provider } = await scriptedAttachment(t, ({ method }) =>
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
  const { runtime, provider } = await scriptedAttachment(t, (seen) => {
    const id = seen.url.split(/[/?]/).at(-2) ?? '';
    if (!taken.has(id) && taken.size < 2) taken.set(id, { owner: `${OWNER}2` });
    if (seen.method === 'GET') return stored(taken.get(id) ?? {});
    return taken.has(id) ? (replies[[...taken.keys()].indexOf(id)] ?? 'reset') : accepted(seen);
  });
  const { id } = await provider.create(INPUTS);
  assert.equal((await provider.create(INPUTS)).id, id);
  assert.match(id, /^web-[0-9a-f]{8}$/);
  assert.deepEqual([taken.size, taken.has(id)], [2, false]);
  assert.equal(runtime.seen.at(-1)?.url, `/v1/attachments/${id}?by=stack`);
});

test('a target that another stack has bound is refused, and no other id is tried', async (t) => {
  const { runtime, provider } = await scriptedAttachment(t, ({ method }) =>
    method === 'GET' ? failure(404, 'NotFound', 'no') : failure(409, 'OwnedByOther', 'targets.b1 is bound by another'),
  );
  await assert.rejects(provider.create(INPUTS), { message: /bound by another \(OwnedByOther/ });
  assert.equal(runtime.seen.filter(({ method }) => method === 'PUT').length, 1);
});

/** The provider of a runtime that has the object already, with the owner and, unless it is older, since some time. */
async function present(t: TestContext, parts: object, settings: Record<string, string> = {}) {
  const config: Record<string, string> = { 'weir:token': 'weir_t', ...settings };
  const runtime = await scriptedRuntime(t, (seen) => {
    if (seen.headers['if-none-match'] === '*') return failure(412, 'PreconditionFailed', 'exists already');
    return seen.method === 'GET' ? stored({ incarnation: 'i-0', owner: OWNER, ...parts }) : accepted(seen);
  });
  const provider = methods('TargetAttachment', { get: (key) => ({ 'weir:endpoint': runtime.url, ...config })[key] });
  const { mock } = t.mock.method(process.stdout, 'write');
  const lines = () =>
    mock.calls.map(({ arguments: [text] }) => String(text)).filter((text) => text.startsWith('web: '));
  return { runtime, provider, lines };
}

test('a create tells that it reuses an object of its own owner, and since when that is there', async (t) => {
  const { provider, lines, runtime } = await present(t, { stack: { createdAt: '2026-11-30T10:00:00.000Z' } });
  const { id } = await provider.create(INPUTS);
  assert.deepEqual(lines(), [
    `web: reuses the attachment ${id}, which exists since 2026-11-30T10:00:00.000Z: that is right with --replace or after an interrupted up; otherwise another state has the same project and stack names\n`,
  ]);
  assert.notEqual(runtime.seen.at(-1)?.body?.incarnation, 'i-0');
});

test('a create that reuses an object tells what others changed since its stack wrote it', async (t) => {
  const targets = { b1: { ...INPUTS.targets.b1, weight: 0 } };
  const stack = { createdAt: '2026-11-30T10:00:00.000Z', written: { targets: { b1: { weight: null } } } };
  const { provider, lines } = await present(t, { ...INPUTS, targets, stack });
  await provider.create(INPUTS);
  assert.deepEqual(lines().slice(1), [
    'web: b1 has weight 0 in the runtime, 100 in the state: changed outside; the replacement has the value of the program\n',
  ]);
});

test('weir:reuseObjects false refuses that, with and without adopt, and nothing is written', async (t) => {
  const { provider, runtime } = await present(t, { ...INPUTS }, { 'weir:reuseObjects': 'false' });
  for (const more of [{}, { adopt: 'web-7' }]) {
    const message =
      /^The create would reuse the attachment web-\w+, which exists already: .* rename the stack, or set weir:reuseObjects to true\. \(PreconditionFailed\)$/;
    await assert.rejects(provider.create({ ...INPUTS, ...more }), { message });
  }
  assert.ok(runtime.seen.every(({ method, headers }) => method === 'GET' || headers['if-none-match'] === '*'));
  const unclear = () => methods('TargetAttachment', { get: (key) => (key === 'weir:reuseObjects' ? 'no' : undefined) });
  assert.throws(unclear, { message: /weir:reuseObjects is "no": it must be true or false/ });
});

test('a replacement is neither told nor refused, and tells what others changed in the object that it replaces', async (t) => {
  const inputs = { ...INPUTS, owner: OWNER.replace('dev', 'replaced') };
  const changed = { ...inputs, targets: { b1: { ...INPUTS.targets.b1, weight: 0 } } };
  const { provider, lines } = await present(t, changed, { 'weir:reuseObjects': 'false' });
  const { __provider, ...olds } = inputs;
  await provider.check(olds, inputs);
  await provider.check({}, inputs);
  await provider.create(inputs);
  assert.deepEqual(lines(), [
    'web: b1 has weight 0 in the runtime, 100 in the state: changed outside; the replacement has the value of the program\n',
  ]);
});

test('read shows drift as inputs and outputs, and health as in the state', async (t) => {
  const targets = { b1: { address: '10.0.0.1', port: 80, weight: 7 } };
  const boundTargets = { b1: { ...BOUND.b1, weight: 7, health: 'unhealthy' } };
  const { runtime, provider } = await scriptedAttachment(t, () =>
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
  const { provider } = await scriptedAttachment(t, () => failure(404, 'NotFound', 'no'));
  assert.equal((await provider.read('web-1', { runtimeId: RUNTIME_ID })).id, '');
  await assert.rejects(provider.read('web-1', { runtimeId: 'rt-0' }), { message: /\(RuntimeMismatch\)$/ });
});

test('read of a missing object fails for `get`, which has no state', async (t) => {
  const { runtime, provider } = await scriptedAttachment(t, () => failure(404, 'NotFound', 'no'));
  const message = `the runtime at ${runtime.url} has no attachment web-1 (NotFound)`;
  await assert.rejects(provider.read('web-1', { __provider: 'shim' }), { message });
});

test('an object that was recreated under its id keeps the owner and incarnation of the state in a read', async (t) => {
  for (const owner of [OWNER, `${OWNER}2`]) {
    const { provider } = await scriptedAttachment(t, () =>
      stored({ listenerId: 'http-1', targets: {}, owner, incarnation: 'i-2' }),
    );
    const { props } = await provider.read('web-1', { ...INPUTS, incarnation: 'i-1', runtimeId: RUNTIME_ID });
    assert.deepEqual([props?.owner, props?.incarnation], [OWNER, 'i-1']);
  }
});

test('customTimeouts limit a create, an update and a delete, each with its own time', async (t) => {
  const { runtime, provider } = await scriptedAttachment(t, ({ method, url }) => {
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
  const { provider } = await scriptedAttachment(t, () => failure(409, 'InUse', 'is used'));
  await assert.rejects(provider.delete('web-1', {}), (error: Error) => {
    // Pulumi prints this text in addition to the error's message.
    assert.equal(`${error}: ${error.stack}`, 'weir: delete of web-1 failed (InUse)');
    return true;
  });
});

test('the error for an unknown resource type says that a newer version wrote the state', () => {
  assert.throws(() => methods('Nonsense', { get: () => undefined }), /written by a newer version/);
});
