// `delete` as Pulumi calls it: by incarnation, with the newer object of a replacement, and with what is below.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methods } from '../../../provider/index.ts';
import { INPUTS, OWNER, scriptedAttachment } from '../../harness/runtime/scripted-attachment.ts';
import { failure, type Reply, RUNTIME_ID, scriptedRuntime, stored } from '../../harness/runtime/scripted-runtime.ts';

test('delete names its incarnation, a missing object is a success, and an object in use is an error', async (t) => {
  const gone = await scriptedAttachment(t, () => failure(404, 'NotFound', 'no'));
  await gone.provider.delete('web-1', { incarnation: 'i-1', runtimeId: RUNTIME_ID });
  assert.equal(gone.runtime.seen[0]?.url, '/v1/attachments/web-1?incarnation=i-1');
  const used = await scriptedAttachment(t, () =>
    failure(409, 'InUse', 'is used by listener x of urn:y: delete those first.'),
  );
  await assert.rejects(used.provider.delete('web-1', {}), { message: /used by listener x of urn:y.*\(InUse, / });
});

test('delete also deletes the newer object of its own owner, unless the program has the resource or others use the object', async (t) => {
  let count = 0;
  const deleted = async (parts: object, newer: Reply, isOfProgram = false) => {
    const urn = `${OWNER}-${count++}`;
    const { runtime, provider } = await scriptedAttachment(t, ({ method, url }) => {
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

test('an object in use that the program makes again under its id is not deleted first, and any other is an error', async (t) => {
  const owner = `${OWNER}-again`;
  const { provider } = await scriptedAttachment(t, () => failure(409, 'InUse', 'is used by another stack'));
  const state = { ...INPUTS, owner, incarnation: 'i-1', runtimeId: RUNTIME_ID };
  await provider.check(state, { ...INPUTS, owner });
  await provider.delete('web-1', state);
  await provider.check(state, { ...INPUTS, owner, listenerId: 'http-2' });
  await assert.rejects(provider.delete('web-1', state), { message: /InUse/ });
});
