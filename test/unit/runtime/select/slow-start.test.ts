// Slow start: the weight of a target at each moment of its ramp, by a given clock.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RAMP_PARTS, ramp, rampParts } from '../../../../provider/runtime/select/slow-start.ts';
import { WeightedLeastConnections } from '../../../../provider/runtime/select/weighted-least-connections.ts';
import { WeightedRoundRobin } from '../../../../provider/runtime/select/weighted-round-robin.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';
import { counts, pickingStateOf, picksOf, testTargets } from '../../../harness/select/targets.ts';

const SLOW_START_MS = 10_000;

for (const [elapsedMs, percent] of [
  [-5000, 10],
  [0, 10],
  [1000, 15],
  [5000, 55],
  [9000, 90],
  [9999, 95],
  [10_000, 100],
  [86_400_000, 100],
] as const) {
  test(`a target has ${percent} % of its weight ${elapsedMs} ms after it began`, () => {
    const parts = rampParts(50_000, SLOW_START_MS, 50_000 + elapsedMs);
    assert.ok(Math.abs((100 * parts) / RAMP_PARTS - percent) <= 5, `${parts} of ${RAMP_PARTS}`);
    assert.equal(parts === RAMP_PARTS, percent === 100);
  });
}

test('a weight in slow start never falls, is at least a tenth, and is whole after the time', () => {
  assertHolds(
    fc.property(
      fc.integer({ min: 50, max: 86_400_000 }),
      fc.nat(1e9),
      fc.array(fc.nat(1e6)),
      (slowMs, begun, waits) => {
        let before = RAMP_PARTS / 10;
        let now = begun;
        for (const wait of waits) {
          now += wait;
          const parts = rampParts(begun, slowMs, now);
          assert.ok(parts >= before && parts <= RAMP_PARTS && Number.isInteger(parts));
          assert.equal(parts === RAMP_PARTS, now - begun >= slowMs);
          before = parts;
        }
      },
    ),
  );
});

test('a target has its whole weight at once if its begin is unknown or slow start is off', () => {
  assert.equal(rampParts(undefined, SLOW_START_MS, 0), RAMP_PARTS);
  assert.equal(rampParts(1000, 0, 1000), RAMP_PARTS);
  assert.equal(rampParts(1000, 0, 999), RAMP_PARTS);
});

test('later weights differ as long as a target with a weight above 0 has less than its whole weight', () => {
  const target = (fullWeight: number, begunAtMs?: number) => ({ fullWeight, begunAtMs, pickingWeight: 0 });
  const targets = [target(30), target(20, 5000), target(0, 8000)];
  assert.equal(ramp(targets, 1000, 5500), true);
  assert.deepEqual(
    targets.map(({ pickingWeight }) => pickingWeight),
    [600, 220, 0],
  );
  assert.equal(ramp(targets, 1000, 6000), false);
  assert.deepEqual(
    targets.map(({ pickingWeight }) => pickingWeight),
    [600, 400, 0],
  );
});

for (const [name, pickerOf] of [
  ['weighted round robin', WeightedRoundRobin],
  ['weighted least connections', WeightedLeastConnections],
] as const) {
  for (const many of [0, 80]) {
    test(`${name} among ${many + 3} targets: the share of a new target grows with its weight to its whole share`, () => {
      const fullWeights = [2, 1, 1, ...Array.from({ length: many }, () => 1)];
      const whole = fullWeights.reduce((sum, weight) => sum + weight, 0);
      const got = [0, 2500, 5000, 7500, 10_000].map((nowMs) => {
        const targets = testTargets(fullWeights).map((target, index) => {
          return { ...target, fullWeight: target.pickingWeight, begunAtMs: index === 0 ? 0 : undefined };
        });
        ramp(targets, SLOW_START_MS, nowMs);
        const picks = 100 * whole;
        const count = counts(picksOf(new pickerOf(targets, pickingStateOf()), picks)).t0 ?? 0;
        const parts = rampParts(0, SLOW_START_MS, nowMs) / RAMP_PARTS;
        const due = (picks * 2 * parts) / (whole - 2 + 2 * parts);
        assert.ok(Math.abs(count - due) <= 0.1 * due + 2, `${count} for ${due} at ${nowMs}`);
        return count;
      });
      assert.deepEqual(
        got,
        got.toSorted((a, b) => a - b),
      );
      assert.ok((got[0] as number) < 0.2 * (got[4] as number));
    });
  }
}
