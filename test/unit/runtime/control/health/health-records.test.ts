// Stored health with a real store: what is stored when, what may be told, and what a store that fails changes.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { HealthRecords } from '../../../../../provider/runtime/control/health/health-records.ts';
import { HealthMonitor } from '../../../../../provider/runtime/health/monitor.ts';
import { SqliteStore } from '../../../../../provider/runtime/store/sqlite/sqlite-store.ts';
import { TCP_CHECK } from '../../../../harness/control/tcp-check.ts';
import { listenerSnapshot, snapshot, target } from '../../../../harness/engine/fixtures.ts';
import { temporaryDirectory, until } from '../../../../harness/runtime/runtime.ts';

const CHECK = { ...TCP_CHECK, intervalMs: 60_000, unhealthyThreshold: 1 };
const PORTS = Array.from({ length: 100 }, (_, index) => index + 1);

const keyOf = (port: number) => target(port).key;

function snapshotOf(ports: readonly number[], isChecked = true) {
  const targets = ports.map((port) => target(port));
  return snapshot(1, [listenerSnapshot('web', 1, targets, {}, { healthCheck: isChecked ? CHECK : undefined })]);
}

async function world(t: TestContext) {
  const store = new SqliteStore(join(temporaryDirectory(t), 'weir.db'));
  t.after(() => store.close());
  const disk = { isFull: false, saves: 0 };
  const told: string[] = [];
  const monitor = new HealthMonitor({
    probe: async ({ port }) => (port > 50 ? 'refused' : undefined),
    nowMs: Date.now,
    onChange: (changes) => records.changed(changes),
  });
  t.after(() => monitor.close());
  const saveHealth: SqliteStore['saveHealth'] = async (save) => {
    if (disk.isFull) throw new Error('database or disk is full');
    disk.saves++;
    await store.saveHealth(save);
  };
  const records = new HealthRecords({
    monitor,
    store: Object.assign(Object.create(store), { saveHealth }),
    nowMs: Date.now,
    onStored: (changes) => told.push(...changes.map(({ key, health }) => `${key} ${health}`)),
    onError: () => {},
  });
  const stored = async () => {
    const { health } = await store.load();
    return new Map(health.map((row) => [row.key, row.health]));
  };
  const apply = (next: ReturnType<typeof snapshotOf>) => records.outdated(monitor.apply(next).ended);
  const shown = (port: number) => records.record('web', keyOf(port))?.state.health;
  return { store, disk, told, monitor, records, stored, apply, shown };
}

test('changes that come together are stored together, and are told when they are stored', async (t) => {
  const { disk, told, records, stored, apply, shown } = await world(t);
  apply(snapshotOf(PORTS));
  await until('the changes', () => told.length === PORTS.length);
  assert.deepEqual([shown(1), shown(51)], ['healthy', 'unhealthy']);
  const rows = await stored();
  assert.deepEqual([rows.size, rows.get(keyOf(1)), rows.get(keyOf(100))], [100, 'healthy', 'unhealthy']);
  assert.ok(disk.saves < 10, `${disk.saves} saves`);
  apply(snapshotOf([1]));
  await records.save();
  assert.deepEqual([...(await stored()).keys()], [keyOf(1)], 'health of unbound targets is forgotten');
});

test('without a disk health changes all the same, but is not told before it is stored', async (t) => {
  const { disk, told, monitor, apply, shown } = await world(t);
  disk.isFull = true;
  apply(snapshotOf([1, 51]));
  await until('health', () => monitor.health('web', keyOf(51)) === 'unhealthy' || undefined);
  assert.equal(monitor.health('web', keyOf(1)), 'healthy');
  await until('a failed save', () => shown(1) === 'checking' || undefined);
  assert.deepEqual([shown(51), told], ['checking', []]);
  disk.isFull = false;
  await until('both', () => told.length === 2);
  assert.deepEqual([shown(1), shown(51)], ['healthy', 'unhealthy']);
});

test('a commit stores the health that its snapshot begins with, and changes that were not stored yet', async (t) => {
  const { store, disk, told, monitor, records, stored, apply } = await world(t);
  const commit = (next: ReturnType<typeof snapshotOf>, proven: readonly number[] = []) => {
    const targets = proven.map((port) => ({ targetGroupId: 'web', key: keyOf(port) }));
    return records.commit(next, targets, (health) => store.commit(1, [], health));
  };
  const [unchecked, checked] = [snapshotOf([1, 2], false), snapshotOf([1, 2, 3])];
  apply(unchecked);
  await commit(checked, [3]);
  assert.deepEqual([...(await stored()).values()], ['healthy', 'healthy', 'healthy']);
  disk.isFull = true;
  const next = snapshotOf([1, 2, 3, 51]);
  apply(next);
  await until('health', () => monitor.health('web', keyOf(51)) === 'unhealthy' || undefined);
  await commit(next);
  assert.equal((await stored()).get(keyOf(51)), 'unhealthy');
  assert.ok(told.includes(`${keyOf(51)} unhealthy`));
});

test('stored health that is too old is not used, and never counts again', async (t) => {
  const { store, monitor, records, stored, apply } = await world(t);
  const put = [1, 51].map((port) => ({ targetGroupId: 'web', key: keyOf(port), health: 'healthy' as const }));
  const boot = { bootId: 'another boot', monotonicMs: 0 };
  await store.saveHealth({ atMs: Date.now() - 61_000, boot, put, removed: [] });
  records.restore(await store.load());
  apply(snapshotOf([1, 51]));
  assert.deepEqual([monitor.health('web', keyOf(1)), monitor.health('web', keyOf(51))], ['checking', 'checking']);
  await records.save();
  assert.deepEqual(await stored(), new Map());
});
