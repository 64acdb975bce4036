// Weighted least connections over targets whose connections the test opens and closes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PickableTarget, Picker } from '../../../../provider/runtime/select/picker.ts';
import { createPickingState, PickingState } from '../../../../provider/runtime/select/picking-state.ts';
import { WeightedLeastConnections } from '../../../../provider/runtime/select/weighted-least-connections.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';
import { counts, pickingStateOf, type TestTarget, testTargets } from '../../../harness/select/targets.ts';

function open(picker: Picker<TestTarget>, connections: number): PickableTarget[] {
  return Array.from({ length: connections }, () => {
    const target = picker.pick('') as TestTarget;
    target.connections++;
    return target;
  });
}

test('each pick has the lowest connections / weight, whatever is open', () => {
  const target = fc.record({ weight: fc.integer({ min: 1, max: 100 }), connections: fc.nat(200) });
  assertHolds(
    fc.property(fc.array(target, { minLength: 1, maxLength: 64 }), (loads) => {
      const targets = testTargets(loads.map(({ weight }) => weight));
      for (const [index, { connections }] of loads.entries()) Object.assign(targets[index] ?? {}, { connections });
      const picked = new WeightedLeastConnections(targets, pickingStateOf()).pick('') as TestTarget;
      const lowest = Math.min(...targets.map(({ connections, pickingWeight }) => connections / pickingWeight));
      assert.equal(picked.connections / picked.pickingWeight, lowest);
    }),
  );
});

test('connections that two workers open in turn and keep open follow the weights', () => {
  const targets = testTargets([30, 20, 10]);
  const memory = createPickingState();
  const pickers = [0, 1].map((workerId) => new WeightedLeastConnections(targets, new PickingState(memory, workerId)));
  for (let round = 0; round < 30; round++) for (const picker of pickers) open(picker, 1);
  assert.deepEqual(
    targets.map(({ connections }) => connections),
    [30, 20, 10],
  );
});

test('the next connections go to targets whose connections ended', () => {
  const targets = testTargets([1, 1, 1]);
  const picker = new WeightedLeastConnections(targets, pickingStateOf());
  open(picker, 30);
  (targets[1] as TestTarget).connections = 0;
  assert.deepEqual(counts(open(picker, 10)), { t1: 10 });
});

test('equally loaded targets alternate, and busy targets gain no credit meanwhile', () => {
  const targets = testTargets([1, 1, 1]);
  const picker = new WeightedLeastConnections(targets, pickingStateOf());
  const busy = targets[0] as TestTarget;
  busy.connections = 5;
  const picks = Array.from({ length: 10 }, () => picker.pick('')?.key);
  assert.deepEqual(picks, ['t1', 't2', 't1', 't2', 't1', 't2', 't1', 't2', 't1', 't2']);
  busy.connections = 0;
  assert.deepEqual(counts(Array.from({ length: 9 }, () => picker.pick(''))), { t0: 3, t1: 3, t2: 3 });
});

test('a rebuilt picker continues the rotation', () => {
  const pickingState = pickingStateOf();
  const picks = Array.from({ length: 10 }, () =>
    new WeightedLeastConnections(testTargets([1, 1]), pickingState).pick(''),
  );
  assert.deepEqual(counts(picks), { t0: 5, t1: 5 });
});

test('busy ones of 1,000 targets are avoided, and connections that stay open follow the weights', () => {
  const targets = testTargets(Array.from({ length: 1000 }, (_, index) => (index % 2 === 0 ? 20 : 10)));
  const picker = new WeightedLeastConnections(targets, pickingStateOf());
  for (const target of targets.slice(0, 100)) target.connections = 10_000;
  open(picker, 13_500);
  const [heavy, light] = [0, 1].map((odd) => targets.slice(100).filter((_, index) => index % 2 === odd));
  const busy = targets.slice(0, 100).reduce((sum, { connections }) => sum + connections - 10_000, 0);
  assert.ok(busy < 30, `${busy} more to targets that have 10,000`);
  for (const [targetGroup, due] of [
    [heavy, 20],
    [light, 10],
  ] as const) {
    const most = Math.max(...(targetGroup ?? []).map(({ connections }) => connections));
    assert.ok(most <= 1.5 * due, `${most} for ${due}`);
  }
});
