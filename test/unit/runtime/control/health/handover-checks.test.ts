// First checks of hand-overs: which targets are proven, when the write fails, and what ends the wait.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { TargetSnapshot } from '../../../../../provider/runtime/contract/snapshot.ts';
import { HandoverChecks } from '../../../../../provider/runtime/control/health/handover-checks.ts';
import type { Handover } from '../../../../../provider/runtime/control/health/handovers.ts';
import { CheckSlots } from '../../../../../provider/runtime/health/check-slots.ts';
import { HealthMonitor } from '../../../../../provider/runtime/health/monitor.ts';
import { probe } from '../../../../../provider/runtime/health/probes.ts';
import { freePort, tcpBackend } from '../../../../harness/backends/backends.ts';
import { TCP_CHECK } from '../../../../harness/control/tcp-check.ts';
import { listenerSnapshot, snapshot, target } from '../../../../harness/engine/fixtures.ts';
import { until } from '../../../../harness/runtime/runtime.ts';

const CHECK = { ...TCP_CHECK, intervalMs: 50, timeoutMs: 500 };
const LONG_SECONDS = 600;

/** Hand-over checks with a healthy old target, and a dead and a healthy target as its possible replacements. */
async function started(t: TestContext, maxChecks = Number.POSITIVE_INFINITY) {
  const old = target((await tcpBackend(t, 'old')).port);
  const monitor = new HealthMonitor({ probe, nowMs: Date.now, onChange: () => {} });
  t.after(() => monitor.close());
  monitor.apply(snapshot(1, [listenerSnapshot('web', 1, [old], {}, { healthCheck: CHECK })]));
  await until('the old target is healthy', () => monitor.health('web', old.key) === 'healthy' || undefined);
  const handoverChecks = new HandoverChecks(monitor, probe, new CheckSlots({ max: () => maxChecks }));
  t.after(() => handoverChecks.close());
  const handover = (newTargets: readonly TargetSnapshot[], failsAt?: Handover['failsAt']): readonly Handover[] => [
    { targetGroupId: 'web', check: CHECK, newTargets, oldKeys: [old.key], failsAt },
  ];
  return { handoverChecks, handover, dead: target(await freePort()), well: target((await tcpBackend(t, 'new')).port) };
}

test('a hand-over is proven as soon as one new target passes', async (t) => {
  const { handoverChecks, handover, dead, well } = await started(t);
  const proven = await handoverChecks.prove('write', handover([dead, well], 'targets'), LONG_SECONDS);
  assert.deepEqual(proven, [{ targetGroupId: 'web', key: well.key }]);
});

test('a write fails after the given time, with each target and its error', async (t) => {
  const { handoverChecks, handover, dead } = await started(t);
  await assert.rejects(handoverChecks.prove('write', handover([dead], 'members'), 0.1), (error: Error) => {
    assert.match(error.message, /^members\.\S+ did not pass a first check at 127\.0\.0\.1:\d+ within 0\.1 s: /);
    assert.match(error.message, /ECONNREFUSED.* Nothing was changed\.$/);
    return true;
  });
});

test('a write fails after the given time if its checks do not get a slot, and says that the runtime is short', async (t) => {
  const { handoverChecks, handover, well } = await started(t, 0);
  await assert.rejects(
    handoverChecks.prove('write', handover([well], 'targets'), 0.1),
    /within 0\.1 s: the runtime is short of descriptors \(other health checks/,
  );
});

test('a write that cannot fail waits for one check of each new target', async (t) => {
  const { handoverChecks, handover, dead } = await started(t);
  assert.deepEqual(await handoverChecks.prove('write', handover([dead]), LONG_SECONDS), []);
});

test('a newer write supersedes only a waiting write of the same name, and close ends every wait', async (t) => {
  const { handoverChecks, handover, dead } = await started(t);
  const waiting = handover([dead], 'targets');
  const [first, other] = ['one', 'two'].map((name) => handoverChecks.prove(name, waiting, LONG_SECONDS));
  handoverChecks.supersede('one');
  const second = handoverChecks.prove('one', waiting, LONG_SECONDS);
  await assert.rejects(first as Promise<unknown>, { code: 'Superseded' });
  handoverChecks.close();
  const late = handoverChecks.prove('late', waiting, 0.1);
  for (const ended of [other, second, late]) await assert.rejects(ended as Promise<unknown>, { code: 'SystemBusy' });
});
