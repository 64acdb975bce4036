import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import { type CheckKind, CheckSlots } from '../../../../provider/runtime/health/check-slots.ts';

test('checks beyond the limit wait: their kinds take turns, and what a check holds counts until it is released', async () => {
  let max = 1;
  const slots = new CheckSlots({ max: () => max });
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const releases: (() => void)[] = [];
  const run = (kind: CheckKind, name: string, signal = new AbortController().signal) =>
    slots.run(
      kind,
      (hold) => {
        begun.push(name);
        releases.push(hold());
        return new Promise((resolve) => ends.push(() => resolve(undefined)));
      },
      signal,
    );
  const aborted = new AbortController();
  void run('failing', 'a');
  for (const name of ['b', 'c', 'd']) void run('failing', name);
  const ended = run('failing', 'e', aborted.signal);
  void run('first', 'f');
  void run('serving', 'g');
  aborted.abort();
  assert.equal(await ended, 'the check was ended');
  ends.shift()?.();
  await settled();
  assert.deepEqual(begun, ['a']);
  while (releases.length > 0) {
    releases.shift()?.();
    ends.shift()?.();
    await settled();
  }
  assert.deepEqual(begun, ['a', 'g', 'f', 'b', 'c', 'd']);
  max = 3;
  for (const name of ['h', 'i', 'j', 'k']) void run('serving', name);
  assert.deepEqual(begun.slice(6), ['h', 'i', 'j']);
});
