// The result of a soak.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growthOf, type SoakResult, soakSection } from '../../../bench/soak/soak-result.ts';

const memory = (values: readonly number[]) => values.map((mebibytes, minute) => ({ minute, process: 1, mebibytes }));

const RESULT: SoakResult = {
  minutes: 30,
  requests: { 'HTTP, kept': 1200, UDP: 3 },
  failed: 0,
  failures: [],
  resets: 2,
  lostDatagrams: 1,
  mayLoseDatagrams: 2,
  changes: { binds: 5, 'take-overs': 1 },
  counters: [{ what: 'requests of the HTTP listener', counted: 1200, byClients: 1200 }],
  logged: [{ what: 'lines of the access log, listener http', counted: 1200, byClients: 1200 }],
  processes: 2,
  memory: memory([80, 81]),
  growth: 1,
  descriptors: { begin: 40, end: 40 },
};

test('growth is the slope of the memory in an hour', () => {
  assert.equal(growthOf(memory([100, 101, 102, 103])), 60);
  assert.equal(growthOf(memory([100, 110, 100])), 0);
  assert.equal(growthOf(memory([100])), 0);
});

test('a soak without failures, leaks and differences has met everything', () => {
  const text = soakSection(RESULT);
  assert.match(text, /\| failed requests of 1,203 \| 0 \| 0 \| {2}\|/);
  assert.doesNotMatch(text, /not met|first failures/);
});

test('each failure, leak and difference is not met', () => {
  const text = soakSection({
    ...RESULT,
    failed: 1,
    failures: ['HTTP, kept, after 1.0 s: socket hang up'],
    counters: [{ what: 'requests', counted: 1, byClients: 2 }],
    logged: [{ what: 'lines', counted: 2, byClients: 1 }],
    growth: 60,
    lostDatagrams: 3,
    descriptors: { begin: 40, end: 41 },
  });
  assert.equal(text.match(/\*\*not met\*\*/g)?.length, 6);
  assert.match(text, /The first failures:\n\n- HTTP, kept, after 1\.0 s: socket hang up$/);
});
