import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkFailed,
  checkPassed,
  connectionFailed,
  connectionSucceeded,
  type HealthState,
  initialState,
  retried,
} from '../../../../provider/runtime/health/state.ts';

const CHECK = { healthyThreshold: 2, unhealthyThreshold: 3 };

type Event = 'pass' | 'fail' | 'refused' | 'connected';

/** The health after each event. */
function healths(start: HealthState, events: readonly Event[]): string[] {
  let state = start;
  return events.map((event) => {
    if (event === 'pass') state = checkPassed(state, CHECK);
    if (event === 'fail') state = checkFailed(state, CHECK, 'no');
    if (event === 'refused') state = connectionFailed(state, 'refused');
    if (event === 'connected') state = connectionSucceeded(state);
    return state.health;
  });
}

const ROWS: readonly (readonly [string, HealthState, readonly Event[], readonly string[]])[] = [
  ['one first pass is enough', initialState(true), ['pass'], ['healthy']],
  [
    'without a first pass failures count',
    initialState(true),
    ['fail', 'fail', 'fail'],
    ['checking', 'checking', 'unhealthy'],
  ],
  [
    'a late first pass is enough too',
    initialState(true),
    ['fail', 'fail', 'fail', 'pass'],
    ['checking', 'checking', 'unhealthy', 'healthy'],
  ],
  [
    'unhealthy after three failures in a row',
    initialState(true, 'healthy'),
    ['fail', 'fail', 'pass', 'fail', 'fail', 'fail'],
    ['healthy', 'healthy', 'healthy', 'healthy', 'healthy', 'unhealthy'],
  ],
  [
    'back after two passes in a row',
    initialState(true, 'healthy'),
    ['fail', 'fail', 'fail', 'pass', 'fail', 'pass', 'pass'],
    ['healthy', 'healthy', 'unhealthy', 'unhealthy', 'unhealthy', 'unhealthy', 'healthy'],
  ],
  [
    'three refused connections isolate',
    initialState(true, 'healthy'),
    ['refused', 'refused', 'refused', 'pass', 'pass'],
    ['healthy', 'healthy', 'unhealthy', 'unhealthy', 'healthy'],
  ],
  [
    'a connection that succeeds starts the count again',
    initialState(false),
    ['refused', 'refused', 'connected', 'refused', 'refused', 'refused'],
    ['unchecked', 'unchecked', 'unchecked', 'unchecked', 'unchecked', 'unhealthy'],
  ],
];

for (const [name, start, events, expected] of ROWS) {
  test(name, () => assert.deepEqual(healths(start, events), expected));
}

test('an unchecked target that was isolated is tried again', () => {
  const isolated = ['a', 'b', 'c'].reduce((state, error) => connectionFailed(state, error), initialState(false));
  assert.equal(isolated.health, 'unhealthy');
  assert.equal(isolated.lastError, 'c');
  assert.equal(retried(isolated).health, 'unchecked');
  assert.equal(connectionFailed(retried(isolated), 'd').health, 'unchecked');
});
