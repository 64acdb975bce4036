// The lock of the shared credits, where a worker ended while it held it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPicker } from '../../../../provider/runtime/select/pickers.ts';
import { createSelection, releaseSelection, Selection } from '../../../../provider/runtime/select/selection.ts';
import { counts, picksOf, testTargets } from '../../../harness/select/targets.ts';

for (const algorithm of ['weighted-round-robin', 'weighted-least-connections'] as const) {
  test(`${algorithm}: a lock that an ended worker left behind stops nobody, and is released`, () => {
    const memory = createSelection();
    assert.ok(new Selection(memory, 5).tryLock());
    const picker = createPicker(algorithm, testTargets([1, 1]), new Selection(memory, 0));
    assert.deepEqual(counts(picksOf(picker, 4)), { t0: 2, t1: 2 });
    releaseSelection(memory, 4);
    assert.equal(new Selection(memory, 0).tryLock(), false, 'only the owner that ended is released');
    releaseSelection(memory, 5);
    assert.ok(new Selection(memory, 0).tryLock());
  });
}
