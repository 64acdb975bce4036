// Medians and percentiles of measured values.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { median, medianInterval, percentile } from '../../bench/statistics.ts';
import { assertHolds } from '../../harness/properties/properties.ts';

test('the median is the middle value, or the mean of the two in the middle', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([10, 2, 4, 1]), 3);
  assert.equal(median([7]), 7);
});

test('a percentile is a measured value, by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  assert.equal(percentile(hundred, 99), 99);
  assert.equal(percentile(hundred, 50), 50);
  assert.equal(percentile([3, 1, 2], 99), 3);
  assert.equal(percentile([3, 1, 2], 0), 1);
});

test('median and percentile refuse an empty list, and do not change their list', () => {
  assert.throws(() => median([]), RangeError);
  assert.throws(() => percentile([], 99), RangeError);
  const values = [3, 1, 2];
  median(values);
  percentile(values, 50);
  assert.deepEqual(values, [3, 1, 2]);
});

test('at least the requested share of the values is at or below a percentile, and no smaller value achieves that', () => {
  const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 50 });
  assertHolds(
    fc.property(values, fc.integer({ min: 1, max: 100 }), (all, percent) => {
      const due = (percent / 100) * all.length;
      const found = percentile(all, percent);
      assert.ok(all.filter((value) => value <= found).length >= due);
      assert.ok(all.filter((value) => value < found).length < due);
    }),
  );
});

test('the interval of a median is the narrowest pair of ordered values whose probability is at least 95 %', () => {
  const interval = (count: number) => medianInterval(Array.from({ length: count }, (_, i) => count - i));
  // The tables of the sign test give the same ranks.
  assert.deepEqual([6, 7, 8, 9, 10, 12, 20].map(interval), [
    [1, 6],
    [1, 7],
    [1, 8],
    [2, 8],
    [2, 9],
    [3, 10],
    [6, 15],
  ]);
});

test('the interval of fewer than 6 values is their range', () => {
  assert.deepEqual(medianInterval([3, 1, 2]), [1, 3]);
  assert.deepEqual(medianInterval([7]), [7, 7]);
  assert.throws(() => medianInterval([]), RangeError);
});
