// The processor time of a process, as Linux reports it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuTicks } from '../../bench/cpu-time.ts';

const FIELDS = 'S 1 2 3 0 -1 4194304 100 0 0 0 250 42 7 9 20 0 11 0 1000';

test('processor time is user and system time, without that of ended children', () => {
  assert.equal(cpuTicks(`123 (node) ${FIELDS}`), 292);
});

test('a name with spaces and brackets does not shift the fields', () => {
  assert.equal(cpuTicks(`123 (a) S (b c) ${FIELDS}`), 292);
});

test('a line of another form is refused', () => {
  assert.throws(() => cpuTicks('123 (node) S 1'), /not a line/);
});
