// The difference of two snapshots: it contains only changes, and applying it to the first gives the second.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Snapshot, TargetSnapshot } from '../../../../../provider/runtime/contract/snapshot.ts';
import { VersionedMap } from '../../../../../provider/runtime/contract/versioned-map.ts';
import { difference } from '../../../../../provider/runtime/embedded/main-thread/difference.ts';
import { listenerSnapshot, snapshot, target, targetGroupSettings } from '../../../../harness/engine/fixtures.ts';
import { assertHolds } from '../../../../harness/properties/properties.ts';

test('the difference from nothing is the whole snapshot, and the difference to itself is empty', () => {
  const web = listenerSnapshot('web', 80, [target(1), target(2)]);
  const next = snapshot(1, [web]);
  const whole = difference(undefined, next);
  assert.deepEqual(whole, {
    upserted: [
      {
        listener: web,
        targetGroups: [{ targetGroup: web.targetGroup, upserted: [...web.targetGroup.targets.values()], removed: [] }],
        removedTargetGroups: [],
      },
    ],
    removed: [],
  });
  assert.deepEqual(difference(next, snapshot(2, [web])), { upserted: [], removed: [] });
});

test('one changed weight is a difference of one target', () => {
  const targets = Array.from({ length: 1000 }, (_, index) => target(index + 1));
  const changed = target(500, 25);
  const web = listenerSnapshot('web', 80, targets.with(499, changed));
  const change = difference(snapshot(1, [listenerSnapshot('web', 80, targets)]), snapshot(2, [web]));
  const targetGroups = [{ targetGroup: web.targetGroup, upserted: [changed], removed: [] }];
  assert.deepEqual(change.upserted, [{ listener: web, targetGroups, removedTargetGroups: [] }]);
});

type State = Record<string, Record<string, number>>;
const stateArbitrary = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.dictionary(fc.constantFrom('1', '2', '3', '4'), fc.integer({ min: 0, max: 2 }), { noNullPrototype: true }),
  { noNullPrototype: true },
);
/** Equal targets are one object, as in the snapshots that `compile` makes. */
const interned = new Map<string, TargetSnapshot>();

function snapshotOf(state: State, version: number): Snapshot {
  const listeners = Object.entries(state).map(([id, weights]) => {
    const targets = Object.entries(weights).map(([port, weight]) => {
      const name = `${port} ${weight}`;
      if (!interned.has(name)) interned.set(name, target(Number(port), weight));
      return interned.get(name) as TargetSnapshot;
    });
    return listenerSnapshot(id, 80, targets);
  });
  return snapshot(version, listeners);
}

test('a difference applied to the first snapshot gives the second', () => {
  assertHolds(
    fc.property(stateArbitrary, stateArbitrary, (before, after) => {
      const { upserted, removed } = difference(snapshotOf(before, 1), snapshotOf(after, 2));
      const state = structuredClone(before);
      for (const id of removed) delete state[id];
      for (const { listener, targetGroups } of upserted) {
        const weights: Record<string, number> = state[listener.id] ?? {};
        for (const targets of targetGroups) {
          for (const key of targets.removed) delete weights[key.split(':')[1] as string];
          for (const { port, weight } of targets.upserted) {
            assert.notEqual(weights[port], weight, 'an unchanged target is not in it');
            weights[port] = weight;
          }
        }
        state[listener.id] = weights;
      }
      assert.deepEqual(state, after);
    }),
  );
});

test("a removed rule removes its target group, and the listener's own is not in the difference", () => {
  const web = listenerSnapshot('web', 80, [target(1)]);
  const targetGroup = {
    ...targetGroupSettings('web'),
    id: 'rules/api',
    ruleId: 'api',
    targets: VersionedMap.of<string, TargetSnapshot>(),
  };
  const rule = { id: 'api', host: undefined, path: '/api', pathMatch: 'prefix', version: 1, targetGroup } as const;
  const ruled = { ...web, rules: [rule] };
  const added = difference(snapshot(1, [web]), snapshot(2, [ruled]));
  const targetGroups = [{ targetGroup, upserted: [], removed: [] }];
  assert.deepEqual(added.upserted, [{ listener: ruled, targetGroups, removedTargetGroups: [] }]);
  const removed = difference(snapshot(2, [ruled]), snapshot(3, [web]));
  assert.deepEqual(removed.upserted, [{ listener: web, targetGroups: [], removedTargetGroups: ['rules/api'] }]);
});
