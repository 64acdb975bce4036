// The thread is shared among callers: one slice an event-loop iteration, and none waits for all slices of another.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextIteration } from 'node:timers/promises';
import { Slices } from '../../../../provider/runtime/api/slices.ts';

test('callers take slices one after the other, however many responses each of them waits for', async () => {
  const slices = new Slices();
  const order: (string | undefined)[] = [];
  const respond = async (caller: string | undefined, count: number) => {
    for (let i = 0; i < count; i++) {
      await slices.next(caller);
      order.push(caller);
    }
  };
  const all = Promise.all([
    ...Array.from({ length: 20 }, () => respond('many', 2)),
    respond('one', 2),
    respond(undefined, 2),
  ]);
  await nextIteration();
  assert.ok(order.length <= 1, order.join());
  await all;
  assert.deepEqual(order.slice(0, 6), ['many', 'one', undefined, 'many', 'one', undefined]);
  assert.equal(order.length, 44);
});
