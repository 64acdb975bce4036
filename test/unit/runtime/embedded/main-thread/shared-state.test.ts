// The state of a binding that workers get outside of the snapshot: its number, the time since which it takes traffic,
// and the client table.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Health, TargetGroupSnapshot } from '../../../../../provider/runtime/contract/snapshot.ts';
import { SharedState } from '../../../../../provider/runtime/embedded/main-thread/shared-state.ts';
import type { CarriedState } from '../../../../../provider/runtime/embedded/shared/carried-state.ts';
import type {
  Swap,
  TargetGroupUpsert,
  TargetUpsert,
} from '../../../../../provider/runtime/embedded/shared/messages.ts';
import { sharedNowMs } from '../../../../../provider/runtime/embedded/shared/shared-clock.ts';
import { PickingState } from '../../../../../provider/runtime/select/picking-state.ts';
import { listenerSnapshot, snapshot, target } from '../../../../harness/engine/fixtures.ts';

const SOURCE_IP = { type: 'source-ip', lifetimeMs: 1000 } as const;

/** A shared state with one listener, and a health view by port. */
function world(carried?: CarriedState) {
  const state = new SharedState(1, carried);
  const health: Record<number, Health> = {};
  let version = 0;
  const advance = (
    weights: Readonly<Record<number, number>>,
    targetGroup: Partial<TargetGroupSnapshot> = {},
  ): TargetGroupUpsert => {
    const targets = Object.entries(weights).map(([port, weight]) => target(Number(port), weight));
    const web = listenerSnapshot('web', 80, targets);
    const next = snapshot(++version, [{ ...web, targetGroup: { ...web.targetGroup, ...targetGroup } }]);
    return targetGroupOf(state.advance(next, (_, key) => health[Number(key.split(':')[1])] ?? 'unchecked', []));
  };
  const turn = (port: number, changed: Health) => {
    health[port] = changed;
    return state.setHealth([{ targetGroupId: 'web', key: target(port).key, health: changed }])[0]?.begunAtMs;
  };
  const whole = () => targetsOf(targetGroupOf(state.whole([])));
  const isInSlowStart = (port: number) => state.counts('web', target(port).key).isInSlowStart;
  return { state, advance, turn, whole, health, isInSlowStart };
}

function targetGroupOf(swap: Swap): TargetGroupUpsert {
  return swap.upserted[0]?.targetGroups[0] as TargetGroupUpsert;
}

function targetsOf(targetGroup: TargetGroupUpsert): Record<number, TargetUpsert> {
  return Object.fromEntries(targetGroup.upserted.map((upsert) => [upsert.target.port, upsert]));
}

function isNow(begunAtMs: number | undefined, sinceMs: number): boolean {
  return begunAtMs !== undefined && begunAtMs >= sinceMs && begunAtMs <= sharedNowMs();
}

test('a target of the first snapshot began before the runtime, and a later one begins when it is bound', () => {
  const { advance, whole } = world();
  const start = sharedNowMs();
  assert.equal(targetsOf(advance({ 1: 100 }))[1]?.begunAtMs, undefined);
  const begun = targetsOf(advance({ 1: 100, 2: 100 }))[2]?.begunAtMs;
  assert.ok(isNow(begun, start));
  assert.equal(targetsOf(advance({ 1: 100, 2: 50 }))[2]?.begunAtMs, begun, 'another weight is no begin');
  assert.equal(whole()[2]?.begunAtMs, begun, 'a worker that replaces another hears the same');
  assert.equal(whole()[1]?.begunAtMs, undefined);
});

test('a target begins when it first becomes healthy, and again after each recovery', () => {
  const { advance, turn, whole, health } = world();
  health[1] = 'checking';
  const start = sharedNowMs();
  assert.equal(targetsOf(advance({ 1: 100 }))[1]?.begunAtMs, undefined);
  const first = turn(1, 'healthy');
  assert.ok(isNow(first, start));
  assert.equal(turn(1, 'unhealthy'), first);
  const again = turn(1, 'healthy');
  assert.ok(isNow(again, first ?? 0));
  // The time at which the target began to take traffic stays the same when its health check is removed.
  assert.equal(turn(1, 'unchecked'), again);
  assert.equal(whole()[1]?.begunAtMs, again);
});

test('a target is in slow start while it takes traffic and the time is not over, but never with source-ip-hash', () => {
  const { advance, turn, isInSlowStart } = world();
  const slow = { slowStartMs: 3_600_000 };
  advance({ 1: 100 }, slow);
  advance({ 1: 100, 2: 100 }, slow);
  assert.deepEqual([1, 2, 3].map(isInSlowStart), [false, true, false]);
  turn(2, 'unhealthy');
  assert.equal(isInSlowStart(2), false);
  turn(2, 'healthy');
  assert.equal(isInSlowStart(2), true);
  advance({ 1: 100, 2: 100 }, { ...slow, algorithm: 'source-ip-hash' });
  assert.equal(isInSlowStart(2), false);
  advance({ 1: 100, 2: 100 });
  assert.equal(isInSlowStart(2), false);
});

test('a binding keeps one number, which no other binding gets', () => {
  const { advance, whole } = world();
  const first = targetsOf(advance({ 1: 100, 2: 100 }));
  const changed = targetsOf(advance({ 1: 50, 2: 100 }));
  assert.equal(changed[1]?.number, first[1]?.number);
  advance({ 2: 100 });
  const again = targetsOf(advance({ 1: 100, 2: 100 }));
  const numbers = [first[1], first[2], again[1]].map((upsert) => upsert?.number ?? 0);
  assert.equal(new Set(numbers).size, 3);
  assert.ok(numbers.every((number) => number > 0));
  assert.equal(whole()[1]?.number, again[1]?.number);
});

test('a target group keeps one client table through all changes while it is sticky by source IP', () => {
  const { advance } = world();
  assert.equal(advance({ 1: 100 }).clients, undefined);
  const { clients } = advance({ 1: 100 }, { sticky: SOURCE_IP });
  assert.ok(clients);
  assert.equal(advance({ 1: 50, 2: 10 }, { sticky: { ...SOURCE_IP, lifetimeMs: 5 } }).clients, clients);
  assert.equal(advance({ 1: 50 }).clients, undefined);
  assert.notEqual(advance({ 1: 50 }, { sticky: SOURCE_IP }).clients, clients);
});

test('another process goes on with the numbers, begins, credits, cursor and client table of this one', () => {
  const before = world();
  const first = before.advance({ 1: 100, 2: 100 }, { sticky: SOURCE_IP });
  before.advance({ 1: 100, 3: 100 }, { sticky: SOURCE_IP });
  const had = before.whole();
  const state = new PickingState(first.pickingState, 0);
  for (let picks = 0; picks < 3; picks++) state.nextPosition();
  state.credits[had[3]?.slot ?? 0] = -0.5;
  new Uint32Array(first.clients as SharedArrayBuffer).fill(7, 100, 120);
  const carried = { ...before.state.carried(), ticketKeys: '', udpSessions: {} };
  const after = world(JSON.parse(JSON.stringify(carried)));
  // The order of the targets, and with it their slots, is another one.
  const group = after.advance({ 3: 100, 1: 100 }, { sticky: SOURCE_IP });
  const got = after.whole();
  for (const port of [1, 3]) {
    assert.equal(got[port]?.number, had[port]?.number);
    assert.equal(got[port]?.begunAtMs, had[port]?.begunAtMs);
  }
  const next = new PickingState(group.pickingState, 0);
  assert.equal(next.nextPosition(), 3);
  assert.equal(next.credits[got[3]?.slot ?? 0], -0.5);
  assert.deepEqual(group.clients, first.clients);
  // A target that is bound later is a new one, also if the process before had it.
  assert.equal(targetsOf(after.advance({ 3: 100, 1: 100, 4: 100 }))[4]?.number, 4);
});
