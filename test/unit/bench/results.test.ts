// The stored results of the bench.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from '../../bench/machine.ts';
import { measuredOn, mergeResults, NO_RESULTS, type Results } from '../../bench/results.ts';

const machine = (date: string) => ({ date }) as Machine;
const rows = (measured: string) => [{ what: 'a row', bound: '', measured, isMet: true }];
const OLDER: Results = {
  ...NO_RESULTS,
  machines: [machine('first')],
  bounds: { events: { machine: 0, rows: rows('1') }, mass: { machine: 0, rows: rows('2') } },
  writes: { machine: 0, sizes: [], rounds: 1 },
};

test('what is measured anew replaces the former result, and the rest stays with its machine', () => {
  const newer = { ...NO_RESULTS, machines: [machine('second')], bounds: { mass: { machine: 0, rows: rows('3') } } };
  const merged = mergeResults(OLDER, newer);
  assert.deepEqual(merged.machines, [machine('first'), machine('second')]);
  assert.deepEqual(merged.bounds, { events: { machine: 0, rows: rows('1') }, mass: { machine: 1, rows: rows('3') } });
  assert.deepEqual([measuredOn(merged, 0), measuredOn(merged, 1)], [['events', 'writes'], ['mass']]);
});

test('a machine whose results are all replaced is left out', () => {
  const newer = { ...OLDER, machines: [machine('second')] };
  const merged = mergeResults(OLDER, newer);
  assert.deepEqual(merged, { ...newer, soak: undefined });
});
