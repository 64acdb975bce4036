// Source-IP hash: properties that hold for arbitrary targets and weights, with 1,000 clients.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SourceIpHash } from '../../../../provider/runtime/select/source-ip-hash.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';
import { counts, picksOf, type TestTarget, testTargets } from '../../../harness/select/targets.ts';

const CLIENTS = 1000;

const weightsArbitrary = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 20 });

/** Returns how many clients of the other targets move to another target when the target `gone` is removed. */
function movedOfOthers(targets: readonly TestTarget[], gone: TestTarget): number {
  const before = picksOf(new SourceIpHash(targets), CLIENTS);
  const after = picksOf(new SourceIpHash(targets.filter((target) => target !== gone)), CLIENTS);
  assert.ok(!after.includes(gone));
  return before.filter((target, index) => target !== gone && target !== after[index]).length;
}

test('when one target goes, at most 5 % of the clients of the others move, whatever the weights', () => {
  assertHolds(
    fc.property(weightsArbitrary, fc.nat(19), fc.nat(), (weights, which, salt) => {
      const targets = testTargets(weights).map((target) => ({ ...target, key: `10.${salt}.${target.key}:80` }));
      const gone = targets[which % targets.length] as TestTarget;
      const moved = movedOfOthers(targets, gone);
      assert.ok(moved <= CLIENTS * 0.05, `${moved} moved`);
    }),
    { numRuns: 60 },
  );
});

for (let n = 2; n <= 20; n++) {
  test(`of 1,000 clients at most 1/${n} + 5 % move when one of ${n} equal targets goes`, () => {
    const targets = testTargets(new Array<number>(n).fill(100));
    const before = picksOf(new SourceIpHash(targets), CLIENTS);
    for (const gone of targets.slice(0, 3)) {
      const after = picksOf(new SourceIpHash(targets.filter((target) => target !== gone)), CLIENTS);
      const moved = before.filter((target, index) => target !== after[index]).length;
      assert.ok(moved <= CLIENTS * (1 / n + 0.05), `${moved} moved`);
    }
  });
}

test('a raised weight moves clients only to that target, except for 5 %', () => {
  assertHolds(
    fc.property(weightsArbitrary, (weights) => {
      const before = picksOf(new SourceIpHash(testTargets(weights)), CLIENTS);
      const raised = testTargets(weights.map((weight, index) => (index === 0 ? weight + 50 : weight)));
      const after = picksOf(new SourceIpHash(raised), CLIENTS);
      const moved = after.filter((target, index) => target?.key !== 't0' && target?.key !== before[index]?.key);
      assert.ok(moved.length <= CLIENTS * 0.05, `${moved.length} moved`);
    }),
    { numRuns: 60 },
  );
});

test('the shares of 1,000 clients follow the weights', () => {
  assertHolds(
    fc.property(weightsArbitrary, (weights) => {
      const picked = counts(picksOf(new SourceIpHash(testTargets(weights)), CLIENTS));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const [index, weight] of weights.entries()) {
        const share = weight / total;
        // The limit is six standard deviations of a random distribution of the clients, plus one client.
        const off = Math.abs((picked[`t${index}`] ?? 0) - CLIENTS * share);
        assert.ok(off <= 6 * Math.sqrt(CLIENTS * share * (1 - share)) + 1, `t${index}: off by ${off}`);
      }
    }),
    { numRuns: 60 },
  );
});

test('the mapping depends neither on the order of the targets nor on the process', () => {
  const targets = testTargets([10, 20, 30, 40]);
  const picks = picksOf(new SourceIpHash(targets), CLIENTS);
  assert.deepEqual(picksOf(new SourceIpHash(targets.toReversed()), CLIENTS), picks);
  // The expected targets are written down to detect a random seed or another hash: each client must keep its target in
  // the next release.
  const first = picks.slice(0, 12).map((target) => target?.key);
  assert.deepEqual(first, 't1 t0 t2 t3 t2 t0 t3 t1 t3 t1 t3 t2'.split(' '));
});

test('the clients of a tried target spread over all other targets', () => {
  const targets = testTargets([1, 1, 1, 1]);
  const picker = new SourceIpHash(targets);
  const [down] = targets as [TestTarget, ...TestTarget[]];
  const next = picksOf(picker, CLIENTS).flatMap((target, index) =>
    target === down ? [picker.pick(`10.0.${index >> 8}.${index & 255}`, new Set([down]))] : [],
  );
  const shares = counts(next);
  assert.deepEqual(Object.keys(shares).toSorted(), ['t1', 't2', 't3']);
  for (const share of Object.values(shares)) assert.ok(share > next.length / 6, JSON.stringify(shares));
});
