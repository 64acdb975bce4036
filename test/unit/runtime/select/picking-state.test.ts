// The lock of the credits that workers share, after a worker has ended while it held the lock.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPicker } from '../../../../provider/runtime/select/pickers.ts';
import {
  createPickingState,
  PickingState,
  releasePickingLock,
} from '../../../../provider/runtime/select/picking-state.ts';
import { counts, picksOf, testTargets } from '../../../harness/select/targets.ts';

for (const algorithm of ['weighted-round-robin', 'weighted-least-connections'] as const) {
  test(`${algorithm}: a lock left by an ended worker stops no pick, and can be released`, () => {
    const memory = createPickingState();
    assert.ok(new PickingState(memory, 5).tryLock());
    const picker = createPicker(algorithm, testTargets([1, 1]), new PickingState(memory, 0));
    assert.deepEqual(counts(picksOf(picker, 4)), { t0: 2, t1: 2 });
    releasePickingLock(memory, 4);
    assert.equal(new PickingState(memory, 0).tryLock(), false, 'only the lock of the worker that ended is released');
    releasePickingLock(memory, 5);
    assert.ok(new PickingState(memory, 0).tryLock());
  });
}
