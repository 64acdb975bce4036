// The queue by deadline: entries come out in order of their deadlines, and none before its time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeadlineQueue } from '../../../../../provider/runtime/control/leases/deadline-queue.ts';
import { assertHolds } from '../../../../harness/properties/properties.ts';

const steps = fc.array(fc.record({ add: fc.array(fc.nat(50), { maxLength: 20 }), nowMs: fc.nat(60) }), {
  maxLength: 20,
});

test('entries come out in order of their deadlines, and those that are not due stay', () => {
  assertHolds(
    fc.property(steps, (all) => {
      const queue = new DeadlineQueue<number>();
      let kept: number[] = [];
      for (const { add, nowMs } of all) {
        for (const atMs of add) queue.add(atMs, atMs);
        kept.push(...add);
        const taken: number[] = [];
        for (let entry = queue.takeDue(nowMs); entry !== undefined; entry = queue.takeDue(nowMs))
          taken.push(entry.item);
        assert.deepEqual(
          taken,
          kept.filter((atMs) => atMs <= nowMs).sort((a, b) => a - b),
        );
        kept = kept.filter((atMs) => atMs > nowMs);
        assert.equal(queue.size, kept.length);
        assert.equal(queue.nextMs, kept.length === 0 ? undefined : Math.min(...kept));
      }
    }),
  );
});
