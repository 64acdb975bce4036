// Checks of one token at one address wait once they are more than a host should get.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckBudget } from '../../../../provider/runtime/health/check-budget.ts';

test('a token may check one address 500 times at once and then 200 times a second', () => {
  let nowMs = 0;
  const budget = new CheckBudget(() => nowMs);
  const delays = (count: number, token: string | undefined, address: string) =>
    Array.from({ length: count }, () => budget.delayMs(token, address));
  assert.equal(Math.max(...delays(500, 'a', '10.0.0.1')), 0);
  assert.deepEqual(delays(3, 'a', '::ffff:10.0.0.1'), [5, 10, 15]);
  // Other addresses and other tokens have budgets of their own, and the administrator has none.
  assert.deepEqual([...delays(1, 'a', '10.0.0.2'), ...delays(1, 'b', '10.0.0.1')], [0, 0]);
  assert.equal(Math.max(...delays(2_000, undefined, '10.0.0.1')), 0);
  nowMs = 1_015;
  assert.equal(Math.max(...delays(200, 'a', '10.0.0.1')), 0);
  assert.equal(budget.delayMs('a', '10.0.0.1'), 5);
});
