// What a plan reads from the runtime, with a token that may not read everything.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readRuntime } from '../../../../provider/cli/plan/runtime-view.ts';
import { clientOf } from '../../../../provider/client/connect.ts';
import { failure, scriptedRuntime } from '../../../harness/runtime/scripted-runtime.ts';

const STATUS = { version: 0, engines: [], workers: [], listeners: [] };
const NOTHING = { config: {}, steps: [], notes: [], hasDependencies: true };

/** Returns the plan's view of a runtime that has no objects and refuses to list the given kinds. */
async function viewWithout(t: TestContext, refused: readonly string[]) {
  const { url } = await scriptedRuntime(t, (seen) => {
    if (refused.some((kind) => seen.url === `/v1/${kind}`))
      return failure(403, 'Forbidden', 'The token does not allow this.');
    return { status: 200, body: seen.url === '/v1/status' ? STATUS : { items: [] } };
  });
  const config: Record<string, string> = { 'weir:endpoint': url, 'weir:token': 'weir_t' };
  return readRuntime(clientOf({ get: (key) => config[key] }), NOTHING);
}

test('a token for a load balancer is enough: servers and groups that it may not read count as none', async (t) => {
  const { objects } = await viewWithout(t, ['backend-servers', 'groups']);
  assert.deepEqual(objects.get('backend-servers'), []);
  assert.deepEqual(objects.get('groups'), []);
});

test('a token for a rule is enough: load balancers and listeners that it may not read count as none', async (t) => {
  const { objects } = await viewWithout(t, ['backend-servers', 'groups', 'load-balancers', 'listeners']);
  assert.deepEqual([objects.get('load-balancers'), objects.get('listeners')], [[], []]);
});

test('a token that may not read attachments gets no plan', async (t) => {
  await assert.rejects(viewWithout(t, ['attachments']), { code: 'Forbidden' });
});
