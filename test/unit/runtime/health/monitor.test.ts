import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as entry } from 'node:timers/promises';
import type { HealthChange } from '../../../../provider/runtime/contract/engine.ts';
import type { HealthCheckSnapshot, Snapshot } from '../../../../provider/runtime/contract/snapshot.ts';
import { HealthMonitor, type HealthUpdate } from '../../../../provider/runtime/health/monitor.ts';
import { probe } from '../../../../provider/runtime/health/probes.ts';
import { freePort, httpBackend, tcpBackend } from '../../../harness/backends/backends.ts';
import { TCP_CHECK } from '../../../harness/control/tcp-check.ts';
import { listenerSnapshot, snapshot, target } from '../../../harness/engine/fixtures.ts';
import { until } from '../../../harness/runtime/runtime.ts';

const CHECK = { ...TCP_CHECK, intervalMs: 50, timeoutMs: 500 };

function snapshotOf(ports: readonly number[], healthCheck: HealthCheckSnapshot | undefined): Snapshot {
  const targets = ports.map((port) => target(port));
  return snapshot(1, [listenerSnapshot('web', 1, targets, {}, { healthCheck })]);
}

function monitorOf(t: TestContext): {
  monitor: HealthMonitor;
  changes: HealthChange[];
  tell: (updates: readonly HealthUpdate[]) => void;
  health: (port: number) => string;
} {
  const changes: HealthChange[] = [];
  const tell = (updates: readonly HealthUpdate[]) => {
    changes.push(...updates.map(({ targetGroupId, key, health }) => ({ targetGroupId, key, health })));
  };
  const monitor = new HealthMonitor({ probe, nowMs: Date.now, onChange: tell });
  t.after(() => monitor.close());
  return { monitor, changes, tell, health: (port) => monitor.health('web', `127.0.0.1:${port}`) };
}

test('a new target is checked at once; a target without a health check is unchecked', async (t) => {
  const { monitor, changes, health } = monitorOf(t);
  const { port } = await tcpBackend(t, 'a');
  const slow = { ...CHECK, intervalMs: 60_000 };
  monitor.apply(snapshotOf([port], slow));
  assert.equal(health(port), 'checking');
  await until('the first check', () => health(port) === 'healthy' || undefined);
  assert.deepEqual(changes, [{ targetGroupId: 'web', key: `127.0.0.1:${port}`, health: 'healthy' }]);
  monitor.apply(snapshotOf([port], undefined));
  assert.equal(health(port), 'unchecked');
});

test('a target with changed check settings stays in traffic until the new check fails', async (t) => {
  const { monitor, changes, health } = monitorOf(t);
  const [up, down] = [(await httpBackend(t, 'a')).port, await freePort()];
  monitor.apply(snapshotOf([up, down], CHECK));
  await until('both results', () => (health(up) === 'healthy' && health(down) === 'unhealthy') || undefined);
  changes.length = 0;
  const stricter: HealthCheckSnapshot = { ...CHECK, protocol: 'HTTP', expectedCodes: [[500, 599]] };
  monitor.apply(snapshotOf([up, down], stricter));
  assert.deepEqual([health(up), health(down)], ['healthy', 'unhealthy']);
  await until('the new check to fail', () => health(up) === 'unhealthy' || undefined);
  assert.match(monitor.state('web', `127.0.0.1:${up}`)?.lastError ?? '', /responded with 200/);
});

test('a target whose checks are turned off takes traffic again, which is reported to data planes', async (t) => {
  const { monitor, changes, tell, health } = monitorOf(t);
  const [up, down] = [(await tcpBackend(t, 'a')).port, await freePort()];
  monitor.apply(snapshotOf([up, down], CHECK));
  await until('both results', () => (health(up) === 'healthy' && health(down) === 'unhealthy') || undefined);
  changes.length = 0;
  tell(monitor.apply(snapshotOf([up, down], undefined)).changes);
  assert.deepEqual(
    changes,
    [up, down].map((port) => ({ targetGroupId: 'web', key: `127.0.0.1:${port}`, health: 'unchecked' })),
  );
});

test('a target keeps its health while other targets change; a target that is bound again starts anew', async (t) => {
  const { monitor, health } = monitorOf(t);
  const [a, b] = [(await tcpBackend(t, 'a')).port, (await tcpBackend(t, 'b')).port];
  const slow = { ...CHECK, intervalMs: 60_000 };
  monitor.apply(snapshotOf([a, b], slow));
  await until('both', () => (health(a) === 'healthy' && health(b) === 'healthy') || undefined);
  monitor.apply(snapshotOf([a], slow));
  assert.equal(health(a), 'healthy');
  monitor.apply(snapshotOf([a, b], slow));
  assert.deepEqual([health(a), health(b)], ['healthy', 'checking']);
});

test('a seed counts for the next snapshot only', async (t) => {
  const { monitor, health } = monitorOf(t);
  const [a, b] = [await freePort(), await freePort()];
  const slow = { ...CHECK, intervalMs: 60_000, unhealthyThreshold: 100 };
  monitor.seed('web', `127.0.0.1:${a}`, 'healthy');
  monitor.seed('web', `127.0.0.1:${b}`, 'healthy');
  monitor.apply(snapshotOf([a], slow));
  monitor.apply(snapshotOf([a, b], slow));
  assert.deepEqual([health(a), health(b)], ['healthy', 'checking']);
});

test('a check without a response fails by its timeout', async (t) => {
  const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  t.after(() => silent.close());
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const hasty: HealthCheckSnapshot = { ...CHECK, protocol: 'HTTP', timeoutMs: 100 };
  const response = await probe({ address: '127.0.0.1', port }, hasty, new AbortController().signal);
  assert.equal(response, 'no response within 100 ms');
});

test('the time of the last check is not before the health change that it caused', async (t) => {
  let nowMs = 0;
  const monitor = new HealthMonitor({ probe: async () => undefined, nowMs: () => nowMs++, onChange: () => {} });
  t.after(() => monitor.close());
  monitor.apply(snapshotOf([1], CHECK));
  const record = () => monitor.record('web', '127.0.0.1:1');
  await until('the first result', () => record()?.checkedAtMs !== undefined || undefined);
  assert.ok((record()?.checkedAtMs ?? 0) >= (record()?.history[0]?.atMs ?? Number.POSITIVE_INFINITY));
});

test('a history has health changes with time and reason, also across changed check settings', async (t) => {
  let problem: string | undefined;
  let nowMs = 1000;
  const monitor = new HealthMonitor({ probe: async () => problem, nowMs: () => nowMs, onChange: () => {} });
  t.after(() => monitor.close());
  const record = () => monitor.record('web', '127.0.0.1:80');
  const fast = { ...CHECK, intervalMs: 5, unhealthyThreshold: 1 };
  monitor.apply(snapshotOf([80], fast));
  await until('health', () => record()?.state.health === 'healthy');
  assert.equal(record()?.checkedAtMs, 1000);
  [nowMs, problem] = [2000, 'responded with 500'];
  await until('a failed check', () => record()?.state.health === 'unhealthy');
  assert.equal(record()?.state.lastError, 'responded with 500');
  nowMs = 3000;
  monitor.apply(snapshotOf([80], undefined));
  assert.deepEqual(record()?.history, [
    { atMs: 3000, health: 'unchecked', error: undefined },
    { atMs: 2000, health: 'unhealthy', error: 'responded with 500' },
    { atMs: 1000, health: 'healthy', error: undefined },
    { atMs: 1000, health: 'checking', error: undefined },
  ]);
  monitor.apply(snapshotOf([], undefined));
  monitor.apply(snapshotOf([80], undefined));
  assert.equal(record()?.history.length, 1, 'bound again, it begins anew');
});

test('many new targets are checked at once, and later at different times', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const checks: number[] = [];
  let atMs = 0;
  const probe = async () => {
    checks.push(atMs);
    return undefined;
  };
  const monitor = new HealthMonitor({ probe, nowMs: () => atMs, onChange: () => {} });
  t.after(() => monitor.close());
  const ports = Array.from({ length: 1000 }, (_, index) => index + 1);
  monitor.apply(snapshotOf(ports, { ...CHECK, intervalMs: 10_000 }));
  const tick = async (ms: number) => {
    t.mock.timers.tick(ms);
    // Checks that are due together start in some event-loop iterations.
    for (let iteration = 0; iteration < 25; iteration++) await entry();
  };
  await tick(1);
  assert.equal(checks.length, 1000);
  for (atMs = 100; atMs <= 10_100; atMs += 100) await tick(100);
  const second = checks.slice(1000);
  assert.ok(second.length >= 1000, `${second.length}`);
  const parts = [...Map.groupBy(second, (time) => Math.floor(time / 1000)).values()];
  const busiest = Math.max(...parts.map(({ length }) => length));
  assert.ok(busiest < 150, `${busiest} of them in one of ten parts of the interval`);
});

test('an unchecked target is unhealthy after three failed connections of any workers, and retried after 10 s', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { monitor, changes } = monitorOf(t);
  const key = '127.0.0.1:80';
  monitor.apply(snapshotOf([80], undefined));
  const failed = { targetGroupId: 'web', key, ok: false, error: 'refused' };
  const health = () => monitor.health('web', key);
  for (const report of [failed, failed, { targetGroupId: 'web', key, ok: true }, failed, failed])
    monitor.report(report);
  assert.equal(health(), 'unchecked');
  for (let more = 0; more < 3; more++) monitor.report(failed);
  assert.equal(health(), 'unhealthy');
  t.mock.timers.tick(9_999);
  assert.equal(health(), 'unhealthy');
  t.mock.timers.tick(1);
  assert.equal(health(), 'unchecked');
  for (let more = 0; more < 3; more++) monitor.report(failed);
  assert.equal(health(), 'unhealthy', 'it is left out again, and again for 10 s');
  t.mock.timers.tick(10_000);
  await entry();
  assert.deepEqual(
    changes.map((change) => change.health),
    ['unhealthy', 'unchecked', 'unhealthy', 'unchecked'],
  );
});

test('an ineligible target is not checked and ignores connections; once eligible, it is checked anew', async (t) => {
  const { monitor, changes, tell, health } = monitorOf(t);
  const { port } = await tcpBackend(t, 'a');
  const key = `127.0.0.1:${port}`;
  const apply = (ineligible: string | undefined) =>
    tell(
      monitor.apply(
        snapshot(1, [listenerSnapshot('web', 1, [{ ...target(port), ineligible }], {}, { healthCheck: CHECK })]),
      ).changes,
    );
  apply(undefined);
  await until('the first check', () => health(port) === 'healthy' || undefined);
  changes.length = 0;
  apply('server i-1 is Stopped');
  assert.deepEqual(changes, [{ targetGroupId: 'web', key, health: 'ineligible' }]);
  assert.equal(monitor.state('web', key)?.lastError, 'server i-1 is Stopped');
  for (let failure = 0; failure < 4; failure++) monitor.report({ targetGroupId: 'web', key, ok: false });
  assert.equal(health(port), 'ineligible');
  apply(undefined);
  assert.equal(health(port), 'checking');
  await until('it to be back', () => health(port) === 'healthy' || undefined);
});

test('all changes of one event-loop iteration are reported together, in their order, and before a next snapshot', async (t) => {
  const reported: string[][] = [];
  const monitor = new HealthMonitor({
    probe,
    nowMs: Date.now,
    onChange: (changes) => reported.push(changes.map(({ key, health }) => `${key} ${health}`)),
  });
  t.after(() => monitor.close());
  const ports = Array.from({ length: 100 }, (_, index) => index + 1);
  const key = (port: number) => `127.0.0.1:${port}`;
  const fail = (port: number) => {
    for (let time = 0; time < 3; time++) monitor.report({ targetGroupId: 'web', key: key(port), ok: false });
  };
  monitor.apply(snapshotOf(ports, undefined));
  for (const port of ports) fail(port);
  await entry();
  assert.deepEqual(reported, [ports.map((port) => `${key(port)} unhealthy`)]);
  monitor.apply(snapshotOf([], undefined));
  monitor.apply(snapshotOf([1, 2], undefined));
  fail(1);
  assert.equal(reported.length, 1);
  monitor.apply(snapshotOf([2], undefined));
  assert.deepEqual(reported.slice(1), [[`${key(1)} unhealthy`]]);
  await entry();
  assert.equal(reported.length, 2);
});
