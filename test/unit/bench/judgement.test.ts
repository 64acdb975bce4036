// The goals of the bench, and the verdicts on them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GOALS } from '../../bench/goals.ts';
import { judge } from '../../bench/judgement.ts';
import { MEASURES } from '../../bench/measures/measures.ts';
import { type BenchScenario, SCENARIOS } from '../../bench/scenarios.ts';
import { WRITE_SIZES, writeGoals } from '../../bench/writes.ts';

const sample = (requestsPerSecond: number, cpuMicros = 1) => ({ requestsPerSecond, cpuMicros, p99Ms: 1 });
const verdict = (values: readonly number[]) => judge([], { 'import-sdk': { values } })[0];

test('every goal has a name of its own, and a scenario or a measurement that gives its values', () => {
  assert.equal(new Set(GOALS.map(({ name }) => name)).size, GOALS.length);
  const scenarios = SCENARIOS.map(({ name }) => name);
  for (const { name, by, compared } of GOALS)
    assert.ok((compared ? scenarios : [...Object.keys(MEASURES), 'writes']).includes(by), name);
  for (const { name } of GOALS.filter(({ by }) => by === 'writes'))
    assert.ok(
      WRITE_SIZES.some((size) => name === `weight-${size}`),
      name,
    );
});

test('a goal of a scenario is judged by the ratios of the rounds', () => {
  const scenario = SCENARIOS.find(({ name }) => name === 'udp-small') as BenchScenario;
  const samples = new Map([
    ['nginx', [sample(100), sample(50), sample(100)]],
    ['weir', [sample(110), sample(60), sample(130)]],
  ] as const);
  const [row, ...others] = judge([{ scenario, samples }], {});
  assert.deepEqual(others, []);
  assert.equal(row?.name, 'udp-small-speed-nginx');
  assert.deepEqual([row?.value, row?.interval, row?.met, row?.tie], [1.2, [1.1, 1.3], true, false]);
});

test('a goal is a tie if the interval contains it, and the median says whether it is met', () => {
  assert.deepEqual([verdict([1.1, 1.12, 1.14])?.met, verdict([1.1, 1.12, 1.14])?.tie], [true, false]);
  assert.deepEqual([verdict([1.1, 1.14, 1.2])?.met, verdict([1.1, 1.14, 1.2])?.tie], [true, true]);
  assert.deepEqual([verdict([1.1, 1.16, 1.2])?.met, verdict([1.1, 1.16, 1.2])?.tie], [false, true]);
  assert.deepEqual([verdict([1.16, 1.17])?.met, verdict([1.16, 1.17])?.tie], [false, false]);
});

test('a goal that was not measured, or whose peer was not measured, has no row', () => {
  const scenario = SCENARIOS.find(({ name }) => name === 'http-small') as BenchScenario;
  assert.deepEqual(
    judge([{ scenario, samples: new Map([['weir', [sample(1)]]]) }], { 'idle-tcp': { values: [] } }),
    [],
  );
});

test('writes are judged by the medians of their parts', () => {
  const sizes = [
    { targets: 10, latenciesMs: [1, 1, 2, 2, 9] },
    { targets: 500, latenciesMs: [1, 1, 3, 3, 9] },
  ];
  assert.deepEqual(writeGoals(sizes, 2)['weight-500']?.values, [1, 1.5]);
});
