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

const CHECK = { healthyThreshold: 2, unhealthyThreshold: 3, protocol: 'TCP', port: undefined } as const;
const OF_ANOTHER_PORT = { ...CHECK, port: 8080 };
const BY_UDP = { ...CHECK, protocol: 'UDP' } as const;

type Event = 'pass' | 'fail' | 'refused' | 'connected';

/** Returns the health after each event, from the given state on. */
function healths(
  start: HealthState,
  events: readonly Event[],
  check: typeof OF_ANOTHER_PORT | typeof BY_UDP | typeof CHECK = CHECK,
): string[] {
  let state = start;
  return events.map((event) => {
    if (event === 'pass') state = checkPassed(state, check);
    if (event === 'fail') state = checkFailed(state, check, 'no');
    if (event === 'refused') state = connectionFailed(state, 'refused');
    if (event === 'connected') state = connectionSucceeded(state);
    return state.health;
  });
}

const ROWS: readonly (readonly [string, HealthState, readonly Event[], readonly string[]])[] = [
  ['one pass makes a new target healthy', initialState(true), ['pass'], ['healthy']],
  [
    'failures before the first pass make a target unhealthy',
    initialState(true),
    ['fail', 'fail', 'fail'],
    ['checking', 'checking', 'unhealthy'],
  ],
  [
    'one late first pass makes a target healthy',
    initialState(true),
    ['fail', 'fail', 'fail', 'pass'],
    ['checking', 'checking', 'unhealthy', 'healthy'],
  ],
  [
    'three consecutive failures make a target unhealthy',
    initialState(true, 'healthy'),
    ['fail', 'fail', 'pass', 'fail', 'fail', 'fail'],
    ['healthy', 'healthy', 'healthy', 'healthy', 'healthy', 'unhealthy'],
  ],
  [
    'two consecutive passes make a target healthy again',
    initialState(true, 'healthy'),
    ['fail', 'fail', 'fail', 'pass', 'fail', 'pass', 'pass'],
    ['healthy', 'healthy', 'unhealthy', 'unhealthy', 'unhealthy', 'unhealthy', 'healthy'],
  ],
  [
    'three refused connections make a target unhealthy',
    initialState(true, 'healthy'),
    ['refused', 'refused', 'refused', 'pass', 'pass'],
    ['healthy', 'healthy', 'unhealthy', 'unhealthy', 'healthy'],
  ],
  [
    'a successful connection resets the count of refused ones',
    initialState(false),
    ['refused', 'refused', 'connected', 'refused', 'refused', 'refused'],
    ['unchecked', 'unchecked', 'unchecked', 'unchecked', 'unchecked', 'unhealthy'],
  ],
];

for (const [name, start, events, expected] of ROWS) {
  test(name, () => assert.deepEqual(healths(start, events), expected));
}

test('only a check by a connection to the same port resets the count of refused connections', () => {
  const events: readonly Event[] = ['refused', 'refused', 'pass', 'refused'];
  const last = (check: Parameters<typeof healths>[2]) => healths(initialState(true, 'healthy'), events, check).at(-1);
  assert.deepEqual([CHECK, OF_ANOTHER_PORT, BY_UDP].map(last), ['healthy', 'unhealthy', 'unhealthy']);
});

test('a target that recovers by a check of another port is unhealthy again after three failures, not one', () => {
  const events: readonly Event[] = ['refused', 'refused', 'refused', 'pass', 'pass', 'refused', 'refused', 'refused'];
  assert.deepEqual(healths(initialState(true, 'healthy'), events, OF_ANOTHER_PORT).slice(2), [
    'unhealthy',
    'unhealthy',
    'healthy',
    'healthy',
    'healthy',
    'unhealthy',
  ]);
});

test('an unhealthy target without checks is retried', () => {
  const isolated = ['a', 'b', 'c'].reduce((state, error) => connectionFailed(state, error), initialState(false));
  assert.equal(isolated.health, 'unhealthy');
  assert.equal(isolated.lastError, 'c');
  assert.equal(retried(isolated).health, 'unchecked');
  assert.equal(connectionFailed(retried(isolated), 'd').health, 'unchecked');
});
