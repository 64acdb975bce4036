// The clean-up of the bench: steps that run at its end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CleanUp } from '../../bench/clean-up.ts';

test('steps run once, the newest first, one after the other, even if one fails', async () => {
  const cleanUp = new CleanUp();
  const order: string[] = [];
  cleanUp.after(() => {
    order.push('folder');
  });
  cleanUp.after(() => {
    throw new Error('stuck');
  });
  cleanUp.after(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    order.push('process');
  });
  await assert.rejects(cleanUp.run(), (error: AggregateError) => error.errors[0].message === 'stuck');
  await cleanUp.run();
  assert.deepEqual(order, ['process', 'folder']);
});
