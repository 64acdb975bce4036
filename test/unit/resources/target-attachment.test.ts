// The drift that `read` of an attachment reports, and the time that its writes may take.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targetAttachment } from '../../../provider/resources/target-attachment.ts';

const bound = (health: string, weight = 10) => ({ address: '10.0.0.1', port: 80, weight, health });

function observedHealth(actual: string, state: string): unknown {
  const observed = targetAttachment.observed?.(
    { boundTargets: { b1: bound(actual) } },
    { boundTargets: { b1: bound(state) } },
  );
  const targets = observed?.boundTargets as Record<string, { health: string }> | undefined;
  return targets?.b1?.health;
}

test('health is no drift, unless a target became eligible or ineligible', () => {
  assert.equal(observedHealth('unhealthy', 'healthy'), 'healthy');
  assert.equal(observedHealth('healthy', 'checking'), 'checking');
  assert.equal(observedHealth('ineligible', 'healthy'), 'ineligible');
  assert.equal(observedHealth('healthy', 'ineligible'), 'healthy');
});

test('weights are drift if they are managed, and stay as in the state if they are left to others', () => {
  const actual = { targets: { b1: { weight: 99 } }, boundTargets: { b1: bound('healthy', 99) } };
  const state = { targets: { b1: { weight: 10 } }, boundTargets: { b1: bound('healthy', 10) } };
  assert.deepEqual(targetAttachment.observed?.(actual, state), actual);
  assert.deepEqual(targetAttachment.observed?.(actual, { ...state, manageWeights: false }), state);
});

test('a weight that was never written stays unwritten if weights are left to others', () => {
  const state = { manageWeights: false, targets: { b1: { address: '10.0.0.1' } } };
  const observed = targetAttachment.observed?.({ targets: { b1: { address: '10.0.0.1', weight: 3 } } }, state);
  assert.deepEqual(observed?.targets, state.targets);
});

test('a write may take as long as its hand-over and its wait for health', () => {
  assert.equal(targetAttachment.waitMs?.({}), 30_000);
  assert.equal(targetAttachment.waitMs?.({ handoverSeconds: 0 }), 0);
  assert.equal(
    targetAttachment.waitMs?.({ handoverSeconds: 1.5, awaitHealthySeconds: 60, awaitDrainSeconds: 2 }),
    63_500,
  );
});
