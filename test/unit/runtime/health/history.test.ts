import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Health } from '../../../../provider/runtime/contract/snapshot.ts';
import { type HealthHistoryEntry, withEntry } from '../../../../provider/runtime/health/history.ts';

const entry = (atMs: number, health: Health, error?: string): HealthHistoryEntry => ({ atMs, health, error });

test('a history has its newest entry first, and an unchanged health adds no entry', () => {
  const turns = [entry(1, 'checking'), entry(2, 'healthy'), entry(3, 'healthy'), entry(4, 'unhealthy', 'refused')];
  assert.deepEqual(turns.reduce(withEntry, [] as readonly HealthHistoryEntry[]), [
    entry(4, 'unhealthy', 'refused'),
    entry(2, 'healthy'),
    entry(1, 'checking'),
  ]);
});

test('a history keeps the last ten health changes', () => {
  let history: readonly HealthHistoryEntry[] = [];
  for (let atMs = 1; atMs <= 25; atMs++) history = withEntry(history, entry(atMs, atMs % 2 ? 'healthy' : 'unhealthy'));
  assert.deepEqual(
    history.map(({ atMs }) => atMs),
    [25, 24, 23, 22, 21, 20, 19, 18, 17, 16],
  );
});
