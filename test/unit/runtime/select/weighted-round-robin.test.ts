// The picker over shared memory: several of it, as workers have them, give one sequence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createSelection,
  NO_SLOT,
  releaseSelection,
  WeightedRoundRobin,
} from '../../../../provider/runtime/select/weighted-round-robin.ts';

interface Named {
  name: string;
  weight: number;
  slot: number;
}

const named = (name: string, weight: number, slot: number): Named => ({ name, weight, slot });
const many = Array.from({ length: 100 }, (_, index) =>
  named(`t${index}`, 1 + (index % 3), index < 64 ? index : NO_SLOT),
);

function counts(picks: readonly ({ name: string } | undefined)[]): Record<string, number> {
  const result: Record<string, number> = {};
  for (const pick of picks) if (pick) result[pick.name] = (result[pick.name] ?? 0) + 1;
  return result;
}

const sets: Record<string, Named[]> = { few: [named('a', 10, 0), named('b', 20, 1), named('c', 70, 2)], many };

for (const [name, targets] of Object.entries(sets)) {
  test(`the pickers of two workers share one cycle of ${name} targets`, () => {
    const selection = createSelection();
    const pickers = [0, 1].map((workerId) => new WeightedRoundRobin(targets, selection, workerId));
    const total = targets.reduce((sum, { weight }) => sum + weight, 0);
    const picks = Array.from({ length: total }, (_, k) => pickers[k % 3 === 0 ? 0 : 1]?.next());
    assert.deepEqual(counts(picks), Object.fromEntries(targets.map(({ name, weight }) => [name, weight])));
  });
}

test('weight 0 is never picked, and all zero is no pick', () => {
  const picker = new WeightedRoundRobin([named('a', 0, 0), named('b', 1, 1)], createSelection(), 0);
  assert.deepEqual(counts(Array.from({ length: 5 }, () => picker.next())), { b: 5 });
  assert.equal(new WeightedRoundRobin([named('a', 0, 0)], createSelection(), 0).next(), undefined);
  assert.equal(new WeightedRoundRobin([], createSelection(), 0).next(), undefined);
});

test('a lock that an ended worker left behind stops nobody, and is released', () => {
  const selection = createSelection();
  new Int32Array(selection)[0] = 1 + 5;
  const picker = new WeightedRoundRobin([named('a', 1, 0), named('b', 1, 1)], selection, 0);
  assert.deepEqual(counts(Array.from({ length: 4 }, () => picker.next())), { a: 2, b: 2 });
  releaseSelection(selection, 4);
  assert.equal(new Int32Array(selection)[0], 6, 'only the owner that ended is released');
  releaseSelection(selection, 5);
  assert.equal(new Int32Array(selection)[0], 0);
});
