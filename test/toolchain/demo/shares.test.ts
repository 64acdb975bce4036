// The shares in the picture of the quick start: what was due to each target, and what it got.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ListenerStatus } from '../../../.toolchain/demo/runtime.ts';
import { sharesOf } from '../../../.toolchain/demo/shares.ts';
import type { Tally } from '../../../.toolchain/demo/traffic.ts';

type Target = ListenerStatus['targets'][number];

function target(name: string, port: number, weight: number, more: Partial<Target> = {}): Target {
  const counts = { history: [], requests: 0, activeConnections: 0, draining: 0 };
  return { attachment: 'a', name, address: '127.0.0.1', port, weight, health: 'healthy', ...counts, ...more };
}

function tally(sent: number, byPort: [number, number][]): Tally {
  return { sent, byPort: new Map(byPort), failures: new Map() };
}

describe('shares', () => {
  it('compares what each target got with its part of the weights, the heaviest first', () => {
    const targets = [target('amber', 3, 10), target('blue', 1, 30)];
    const counted = tally(20, [
      [1, 15],
      [3, 5],
    ]);
    assert.deepEqual(sharesOf(targets, counted), [
      { name: 'blue', weight: 30, due: 0.75, got: 0.75, remark: '' },
      { name: 'amber', weight: 10, due: 0.25, got: 0.25, remark: '' },
    ]);
  });

  it('gives the share of an unhealthy target to the others, and shows the reason', () => {
    const targets = [
      target('blue', 1, 50),
      target('green', 2, 50, { health: 'unhealthy', lastError: 'connection refused' }),
    ];
    const [blue, green] = sharesOf(targets, tally(100, [[1, 100]]));
    assert.deepEqual([blue?.due, blue?.remark], [1, '']);
    assert.deepEqual([green?.due, green?.got, green?.remark], [0, 0, 'unhealthy: connection refused']);
  });

  it('gives no share and no remark to weight 0, whether the target is healthy or not', () => {
    const targets = [target('blue', 1, 0), target('green', 2, 0, { health: 'checking' })];
    for (const share of sharesOf(targets, tally(100, []))) assert.deepEqual([share.due, share.remark], [0, '']);
  });

  it('counts a target without a check as one that takes traffic', () => {
    assert.equal(sharesOf([target('blue', 1, 5, { health: 'unchecked' })], tally(1, []))[0]?.due, 1);
  });
});
