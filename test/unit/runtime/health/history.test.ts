import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Health } from '../../../../provider/runtime/contract/snapshot.ts';
import { type HealthTurn, withTurn } from '../../../../provider/runtime/health/history.ts';

const turn = (atMs: number, health: Health, error?: string): HealthTurn => ({ atMs, health, error });

test('a history is newest first, and the same health again is no turn', () => {
  const turns = [turn(1, 'checking'), turn(2, 'healthy'), turn(3, 'healthy'), turn(4, 'unhealthy', 'refused')];
  assert.deepEqual(turns.reduce(withTurn, [] as readonly HealthTurn[]), [
    turn(4, 'unhealthy', 'refused'),
    turn(2, 'healthy'),
    turn(1, 'checking'),
  ]);
});

test('it keeps the last ten turns', () => {
  let history: readonly HealthTurn[] = [];
  for (let atMs = 1; atMs <= 25; atMs++) history = withTurn(history, turn(atMs, atMs % 2 ? 'healthy' : 'unhealthy'));
  assert.deepEqual(
    history.map(({ atMs }) => atMs),
    [25, 24, 23, 22, 21, 20, 19, 18, 17, 16],
  );
});
