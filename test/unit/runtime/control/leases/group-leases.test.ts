// Leases of group members with one timer: those that end together are ended together, and tried again after a failure.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { WeirError } from '../../../../../provider/model/base/errors.ts';
import { GroupLeases } from '../../../../../provider/runtime/control/leases/group-leases.ts';
import { endLeases, joinGroup } from '../../../../../provider/runtime/control/write/members.ts';
import { Draft } from '../../../../../provider/runtime/stored/model.ts';
import { emptyDraft, put } from '../../../../harness/control/drafts.ts';

const TTL_SECONDS = 5;

/** Groups of two members with leases each, in a model that `remove` changes. The first `failures` removals fail. */
function shop(t: TestContext, groups: readonly string[], failures = 0) {
  let draft = emptyDraft();
  for (const id of ['i-1', 'i-2'])
    put(draft, 'backend-servers', id, { region: 'r', vpcId: 'v', addresses: [`10.0.0.${id.slice(-1)}`] });
  for (const group of groups) {
    put(draft, 'groups', group, {});
    for (const id of ['i-1', 'i-2']) joinGroup(draft, group, id, { ttlSeconds: TTL_SECONDS });
  }
  const removals: string[][] = [];
  const ended: string[] = [];
  const errors: unknown[] = [];
  const done = Promise.withResolvers<void>();
  let readings = 0;
  const leases = new GroupLeases({
    // Each reading is a second after the one before.
    monotonicMs: () => 1_000 * readings++,
    remove: async (groupId, ofGroup) => {
      removals.push([groupId, ...[...ofGroup.keys()].sort()]);
      if (removals.length <= failures) throw new WeirError('SystemBusy', 'The disk is full.');
      draft = new Draft(draft.toModel());
      endLeases(draft, groupId, ofGroup);
      leases.written(draft.changes);
    },
    onEnded: ({ groupId, serverId }) => {
      ended.push(`${groupId} ${serverId}`);
      if (ended.length === 2 * groups.length) done.resolve();
    },
    onError: (error) => errors.push(error),
  });
  t.after(() => leases.close());
  leases.start(draft.toModel());
  return {
    leases,
    removals,
    ended,
    errors,
    done: done.promise,
    joined: (id: string) => draft.get('groups', id)?.state,
  };
}

test('leases that end together are one removal for each group', async (t) => {
  const it = shop(t, ['g', 'h']);
  assert.equal(it.leases.count, 4);
  await it.done;
  assert.deepEqual(it.removals, [
    ['g', 'i-1', 'i-2'],
    ['h', 'i-1', 'i-2'],
  ]);
  assert.deepEqual([it.joined('g'), it.joined('h')], [{ joined: [] }, { joined: [] }]);
  assert.deepEqual([it.leases.count, it.leases.ended, it.errors], [0, 4, []]);
});

test('a removal that fails is tried again', async (t) => {
  const it = shop(t, ['g'], 1);
  await it.done;
  assert.equal(it.removals.length, 2);
  assert.equal(it.errors.length, 1);
  assert.deepEqual(it.ended.sort(), ['g i-1', 'g i-2']);
});

test('after the close no lease is renewed', (t) => {
  const { leases } = shop(t, ['g']);
  assert.equal(leases.renew('g', 'i-1', TTL_SECONDS), true);
  leases.close();
  assert.equal(leases.renew('g', 'i-1', TTL_SECONDS), false);
});
