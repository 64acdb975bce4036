// `update` as Pulumi calls it: patches, whole objects for runtimes without patches, and writes that fail in part.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { accepted, BOUND, INPUTS, OWNER, scriptedAttachment } from '../../harness/runtime/scripted-attachment.ts';
import { failure, type Reply, RUNTIME_ID, stored } from '../../harness/runtime/scripted-runtime.ts';

const STATE = { ...INPUTS, incarnation: 'i-7', runtimeId: RUNTIME_ID };
const B1 = { address: '10.0.0.1', port: 80 };
const B2 = { address: '10.0.0.2', port: 80 };
/** The attachment of `STATE` in the runtime, with a weight that others have changed. */
const CHANGED = {
  ...INPUTS,
  incarnation: 'i-7',
  targets: { b1: { ...B1, weight: 0 } },
  boundTargets: BOUND,
  stack: {},
};
const NEWS = { ...INPUTS, targets: { b1: B1, b2: B2 } };

test('an update patches what the program changed, with the entity tag that it has read, and the state has the program', async (t) => {
  const { runtime, provider } = await scriptedAttachment(t, ({ method }) => {
    const object = stored({ ...CHANGED, stack: { writtenVersion: 8 } });
    return method === 'GET' ? { ...object, headers: { etag: '"i-7.5"' } } : object;
  });
  const { outs } = await provider.update('web-1', STATE, NEWS);
  const [read, patch, ...more] = runtime.seen;
  assert.deepEqual([read?.method, read?.url], ['GET', '/v1/attachments/web-1?by=stack']);
  assert.deepEqual([patch?.method, patch?.url, patch?.headers['if-match']], ['PATCH', read?.url, '"i-7.5"']);
  assert.equal(patch?.headers['content-type'], 'application/merge-patch+json');
  assert.deepEqual(patch?.body, { targets: { b2: B2 }, owner: OWNER, incarnation: 'i-7' });
  assert.deepEqual(more, []);
  assert.deepEqual([outs?.targets, outs?.incarnation, outs?.writtenVersion], [NEWS.targets, 'i-7', 8]);
});

test('an update reads the object again if others changed it meanwhile, and says so after four times', async (t) => {
  const lost = failure(412, 'PreconditionFailed', 'changed');
  for (const times of [3, 4]) {
    let patches = 0;
    const { runtime, provider } = await scriptedAttachment(t, ({ method }) => {
      return method === 'PATCH' && ++patches <= times ? lost : stored(CHANGED);
    });
    const update = provider.update('web-1', STATE, NEWS);
    if (times === 3) await update;
    else
      await assert.rejects(update, {
        message: /attachment web-1 was changed by others 4 times .* \(PreconditionFailed\)/,
      });
    assert.equal(runtime.seen.length, 8);
  }
});

test('a runtime of an earlier release, which has no patches, gets the whole object with what others changed', async (t) => {
  const { stack: _, ...old } = CHANGED;
  const { runtime, provider } = await scriptedAttachment(t, () =>
    stored({ ...old, manageWeights: true, handoverSeconds: 30 }),
  );
  const { outs } = await provider.update('web-1', STATE, NEWS);
  assert.deepEqual(
    runtime.seen.map(({ method }) => method),
    ['GET', 'PUT'],
  );
  assert.deepEqual(runtime.seen[1]?.body, {
    ...{
      listenerId: 'http-1',
      targets: { b1: { ...B1, weight: 0 }, b2: B2 },
      manageWeights: true,
      handoverSeconds: 30,
    },
    ...{ owner: OWNER, incarnation: 'i-7' },
  });
  assert.deepEqual(outs?.targets, NEWS.targets);
});

test('an update with a token that may not read patches what differs from the state, or writes the whole to an old runtime', async (t) => {
  for (const refused of [undefined, failure(405, 'MethodNotAllowed', 'no'), failure(404, 'NotFound', 'no')]) {
    const { runtime, provider } = await scriptedAttachment(t, ({ method }) => {
      if (method === 'GET') return failure(403, 'Forbidden', 'not permitted');
      return method === 'PATCH' && refused ? refused : stored(CHANGED);
    });
    await provider.update('web-1', STATE, NEWS);
    const [, patch, put] = runtime.seen;
    assert.deepEqual(patch?.body, { targets: { b2: B2 }, owner: OWNER, incarnation: 'i-7' });
    assert.deepEqual(put?.body?.targets, refused && NEWS.targets);
  }
});

test('an update of an object that was deleted outside writes it whole, and so does one of a stack that moves', async (t) => {
  const gone = await scriptedAttachment(t, (seen) =>
    seen.method === 'GET' ? failure(404, 'NotFound', 'no') : accepted(seen),
  );
  await gone.provider.update('web-1', STATE, NEWS);
  const { runtime } = gone;
  assert.deepEqual([runtime.seen[1]?.method, runtime.seen[1]?.body?.targets], ['PUT', NEWS.targets]);
});

test('after an update that fails in part, the state has the program where it changed nothing, and else the runtime', async (t) => {
  const { provider } = await scriptedAttachment(t, ({ method }) =>
    method === 'GET' ? stored(CHANGED) : failure(409, 'Superseded', 'a newer write'),
  );
  const failed = provider.update('web-1', STATE, { ...NEWS, handoverSeconds: 5 });
  await assert.rejects(failed, (error: Error & Record<string, unknown>) => {
    const { targets, handoverSeconds } = error.properties as Record<string, unknown>;
    assert.deepEqual([targets, handoverSeconds], [{ b1: B1 }, 30]);
    return true;
  });
});

/** The lines that an update of the object in `CHANGED` shows. `parts`: what the object has instead. */
async function linesOf(t: TestContext, news: object, reply: () => Reply = () => stored(CHANGED), parts: object = {}) {
  const there = stored({ ...CHANGED, ...parts });
  const { provider } = await scriptedAttachment(t, ({ method }) => (method === 'GET' ? there : reply()));
  const { mock } = t.mock.method(process.stdout, 'write');
  await provider.update('web-1', STATE, { ...NEWS, ...news }).catch(() => {});
  const lines = mock.calls.map(({ arguments: [text] }) => String(text)).filter((text) => text.startsWith('web: '));
  mock.restore();
  return lines.map((text) => text.trimEnd());
}

test('a new incarnation that the stack itself gives is no other object, and a refused write overwrites nothing', async (t) => {
  const kept = 'web: b1 has weight 0 in the runtime, 100 in the state: changed outside; pulumi refresh shows it';
  assert.deepEqual(await linesOf(t, { retainOnDelete: true }), [kept]);
  const change = { targets: { b1: { ...B1, weight: 7 } } };
  const overwritten = kept.replace('pulumi refresh shows it', 'this up overwrites it');
  assert.deepEqual(await linesOf(t, change), [overwritten]);
  assert.deepEqual(await linesOf(t, change, () => failure(400, 'InvalidParameter', 'no')), []);
  const foreign = () => failure(409, 'OwnedByOther', 'belongs to nobody');
  assert.deepEqual(await linesOf(t, change, foreign, { owner: undefined, incarnation: 'i-8' }), [
    'web: the attachment web-1 was made again outside, without an owner: pulumi up --refresh takes it over, unless you delete it there',
  ]);
});
