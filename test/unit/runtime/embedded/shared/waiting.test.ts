// The tickets of waiting requests, by which workers serve each other's requests in order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clearWaiting, createWaiting, WaitingColumn } from '../../../../../provider/runtime/embedded/shared/waiting.ts';

test('the worker whose request has waited longest comes first, also after the numbers have wrapped around', () => {
  const waiting = createWaiting(3);
  const [a, b, c] = [0, 1, 2].map((workerId) => new WaitingColumn(waiting, workerId)) as [
    WaitingColumn,
    WaitingColumn,
    WaitingColumn,
  ];
  new Int32Array(waiting)[0] = 2 ** 31 - 2;
  const [first, second, third] = [c.draw(), b.draw(), a.draw()];
  assert.deepEqual([first, second, third], [2 ** 31 - 1, -(2 ** 31), 1 - 2 ** 31]);
  assert.equal(a.hasOther, false);
  c.publish(first);
  b.publish(second);
  assert.equal(a.oldestOther(third, []), 2);
  assert.equal(a.oldestOther(third, [2]), 1);
  assert.equal(a.oldestOther(third, [1, 2]), undefined);
  assert.equal(b.oldestOther(second, []), 2);
  assert.equal(c.oldestOther(first, []), undefined);
  clearWaiting(waiting, 2);
  assert.equal(a.oldestOther(undefined, []), 1);
  b.publish(undefined);
  assert.equal(a.hasOther, false);
});
