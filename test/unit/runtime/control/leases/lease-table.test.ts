// Leases by a given clock: begun, renewed, ended, put back and carried to another process.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeaseTable } from '../../../../../provider/runtime/control/leases/lease-table.ts';

/** The ended leases as texts such as "g i-1 5". */
function endedAt(table: LeaseTable, nowMs: number): string[] {
  return [...table.takeEnded(nowMs)]
    .flatMap(([groupId, ended]) => [...ended].map(([serverId, ttl]) => `${groupId} ${serverId} ${ttl}`))
    .sort();
}

test('a lease ends after its time to live, counted from its last renewal', () => {
  const table = new LeaseTable();
  table.follow('g', { 'i-1': 5, 'i-2': 5, 'i-3': 60 }, 0);
  assert.deepEqual([table.size, table.nextMs], [3, 5_000]);
  assert.equal(table.renew('g', 'i-1', 5, 4_000), true);
  assert.deepEqual(endedAt(table, 4_999), []);
  assert.deepEqual(endedAt(table, 5_000), ['g i-2 5']);
  assert.equal(table.nextMs, 9_000);
  assert.deepEqual([table.leftMs('g', 'i-1', 6_000), table.leftMs('g', 'i-2', 6_000)], [3_000, 0]);
  assert.deepEqual(endedAt(table, 9_000), ['g i-1 5']);
  assert.deepEqual(endedAt(table, 9_000), []);
});

test('a renewal needs a lease with the same time to live that has not ended', () => {
  const table = new LeaseTable();
  table.follow('g', { 'i-1': 5 }, 0);
  const renewed = (groupId: string, serverId: string, ttl: number) => table.renew(groupId, serverId, ttl, 1_000);
  assert.deepEqual([renewed('g', 'i-2', 5), renewed('h', 'i-1', 5), renewed('g', 'i-1', 6)], [false, false, false]);
  endedAt(table, 5_000);
  assert.equal(renewed('g', 'i-1', 5), false);
});

test('a group that is written keeps its running leases, and begins those that are new or have another time to live', () => {
  const table = new LeaseTable();
  table.follow('g', { 'i-1': 5, 'i-2': 5, 'i-3': 5 }, 0);
  table.follow('g', { 'i-1': 5, 'i-2': 10, 'i-4': 5 }, 3_000);
  assert.deepEqual(
    ['i-1', 'i-2', 'i-3', 'i-4'].map((id) => table.leftMs('g', id, 3_000)),
    [2_000, 10_000, undefined, 5_000],
  );
  assert.equal(table.size, 3);
  assert.deepEqual(endedAt(table, 20_000), ['g i-1 5', 'g i-2 10', 'g i-4 5']);
  table.follow('g', {}, 20_000);
  assert.equal(table.size, 0);
});

test('an ended lease stays ended through other writes, is told once its member is removed, and begins anew after that', () => {
  const table = new LeaseTable();
  table.follow('g', { 'i-1': 5, 'i-2': 5 }, 0);
  table.renew('g', 'i-2', 5, 4_000);
  endedAt(table, 5_000);
  assert.deepEqual(table.follow('g', { 'i-1': 5, 'i-2': 5, 'i-3': 5 }, 5_000), []);
  assert.equal(table.renew('g', 'i-1', 5, 5_000), false);
  const told = table.follow('g', { 'i-2': 5, 'i-3': 5 }, 5_000).map(({ serverId }) => serverId);
  assert.deepEqual(told, ['i-1']);
  table.follow('g', { 'i-1': 5, 'i-2': 5 }, 6_000);
  assert.equal(table.renew('g', 'i-1', 5, 6_000), true);
  // A member that leaves before its lease ends is no ended lease.
  assert.deepEqual(table.follow('g', { 'i-1': 5 }, 6_000), []);
});

test('an ended lease that gets another time to live goes on', () => {
  const table = new LeaseTable();
  table.follow('g', { 'i-1': 5 }, 0);
  endedAt(table, 5_000);
  assert.deepEqual(table.follow('g', { 'i-1': 30 }, 5_000), []);
  assert.equal(table.leftMs('g', 'i-1', 5_000), 30_000);
});

test('leases whose members could not be removed end again later', () => {
  const table = new LeaseTable();
  table.follow('g', { 'i-1': 5, 'i-2': 60 }, 0);
  endedAt(table, 5_000);
  table.putBack('g', ['i-1', 'i-2', 'i-9'], 6_000);
  assert.deepEqual([endedAt(table, 5_999), endedAt(table, 6_000)], [[], ['g i-1 5']]);
  assert.equal(table.leftMs('g', 'i-2', 6_000), 54_000);
});

test('leases go along to another process, where one that was renewed since its start is newer', () => {
  const before = new LeaseTable();
  before.follow('g', { 'i-1': 30, 'i-2': 30, 'i-3': 30 }, 0);
  before.renew('g', 'i-2', 30, 10_000);
  const carried = before.carried(20_000);
  const after = new LeaseTable();
  after.follow('g', { 'i-1': 30, 'i-2': 30, 'i-3': 30 }, 1_000, true);
  after.renew('g', 'i-3', 30, 1_500);
  after.continue([...carried, { groupId: 'gone', serverId: 'i-1', leftMs: 5 }], 2_000);
  assert.deepEqual(
    ['i-1', 'i-2', 'i-3'].map((id) => after.leftMs('g', id, 2_000)),
    [10_000, 20_000, 29_500],
  );
  assert.deepEqual(endedAt(after, 12_000), ['g i-1 30']);
  assert.deepEqual(endedAt(after, 22_000), ['g i-2 30']);
  assert.deepEqual(endedAt(after, 31_500), ['g i-3 30']);
});

test('members that come and go leave no entries behind', () => {
  const table = new LeaseTable();
  for (let round = 0; round < 3_000; round++) {
    table.follow('g', { 'i-1': 3_600 }, round);
    table.follow('g', {}, round);
  }
  table.follow('g', { 'i-1': 3_600 }, 3_000);
  // The deadlines of the first rounds are forgotten.
  assert.ok((table.nextMs ?? 0) > 3_600_000 + 1_000, String(table.nextMs));
  assert.deepEqual(endedAt(table, 3_603_000), ['g i-1 3600']);
});

test('ten thousand leases end in their order, however they were renewed', () => {
  const table = new LeaseTable();
  const ids = Array.from({ length: 500 }, (_, i) => `i-${i}`);
  for (let group = 0; group < 20; group++) table.follow(`g${group}`, Object.fromEntries(ids.map((id) => [id, 30])), 0);
  for (let group = 0; group < 20; group++) for (const id of ids) table.renew(`g${group}`, id, 30, group * 1_000);
  assert.equal(table.size, 10_000);
  for (let group = 0; group < 20; group++) {
    const ended = table.takeEnded(30_000 + group * 1_000);
    assert.deepEqual(
      [...ended].map(([id, { size }]) => [id, size]),
      [[`g${group}`, 500]],
    );
  }
});
