// The target set of a worker: sticky sessions and slow start between swaps and picks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Health } from '../../../../../provider/runtime/contract/snapshot.ts';
import { TargetSet } from '../../../../../provider/runtime/embedded/serving/target-set.ts';
import { countersMaker } from '../../../../../provider/runtime/embedded/shared/counters.ts';
import type { TargetGroupSettings } from '../../../../../provider/runtime/embedded/shared/messages.ts';
import { sharedNowMs } from '../../../../../provider/runtime/embedded/shared/shared-clock.ts';
import { createWaiting } from '../../../../../provider/runtime/embedded/shared/waiting.ts';
import { createClientTable } from '../../../../../provider/runtime/select/client-table.ts';
import { CREDIT_SLOTS, createPickingState, NO_SLOT } from '../../../../../provider/runtime/select/picking-state.ts';
import { STICKY_COOKIE, target, targetGroupSettings, untilTrue } from '../../../../harness/engine/fixtures.ts';

const COOKIE = { sticky: STICKY_COOKIE };
const SOURCE_IP = { sticky: { type: 'source-ip', lifetimeMs: 300_000 } } as const;

function targetGroupOf(more: Partial<TargetGroupSettings>): TargetGroupSettings {
  return { ...targetGroupSettings('web'), ...more };
}

/**
 * Returns a target set with targets on the ports 1 to `ports`. `begunAtMs` gives, by port, when a target began to take
 * traffic.
 */
function setOf(ports: number, more: Partial<TargetGroupSettings>, begunAtMs: Readonly<Record<number, number>> = {}) {
  const set = new TargetSet(
    {
      settings: targetGroupOf(more),
      pickingState: createPickingState(),
      waiting: createWaiting(1),
      clients: createClientTable(),
    },
    0,
    () => {},
  );
  for (let port = 1; port <= ports; port++) bind(set, port, 100, begunAtMs[port]);
  return set;
}

function bind(set: TargetSet, port: number, weight: number, begunAtMs?: number): void {
  const bound = {
    target: target(port, weight),
    health: 'healthy',
    begunAtMs,
    number: port,
    slot: port < CREDIT_SLOTS ? port : NO_SLOT,
  } as const;
  set.update({ upserted: [{ ...bound, counters: countersMaker(1)() }] });
}

function keyOf(port: number): string {
  return target(port).key;
}

/** The ports of the next `count` picks. */
function counts(set: TargetSet, count: number): number[] {
  const picked: number[] = [];
  for (let index = 0; index < count; index++) {
    const { port } = set.pick({ remoteAddress: `10.0.0.${index}`, head: '' }) as { port: number };
    picked[port] = (picked[port] ?? 0) + 1;
  }
  return Array.from(picked, (times) => times ?? 0).slice(1);
}

/** A client that sends the cookie that it was given last, like a browser. */
function browser(set: TargetSet) {
  let cookie = '';
  return (): { port: number | undefined; isTold: boolean } => {
    const client = { remoteAddress: '', head: `GET / HTTP/1.1\r\nCookie: ${cookie}\r\n\r\n`, setCookie: '' };
    const port = set.pick(client)?.port;
    if (client.setCookie !== '') cookie = client.setCookie.split(';')[0] ?? '';
    return { port, isTold: client.setCookie !== '' };
  };
}

test('a cookie is set once, and again whenever its target takes no new traffic', () => {
  const set = setOf(4, COOKIE);
  const visit = browser(set);
  const stays = (port: number | undefined) => {
    for (let again = 0; again < 5; again++) assert.deepEqual(visit(), { port, isTold: false });
  };
  let at = visit();
  for (const stop of [
    (port: number) => bind(set, port, 0),
    (port: number) => set.setHealth([{ key: keyOf(port), health: 'unhealthy', begunAtMs: undefined }]),
    (port: number) => void set.update({ removed: [keyOf(port)] }),
  ]) {
    assert.equal(at.isTold, true);
    const { port = 0 } = at;
    stays(port);
    stop(port);
    at = visit();
    assert.notEqual(at.port, port);
  }
  stays(at.port);
});

test('changed sticky settings count from the next pick on, and equal ones change nothing', () => {
  const set = setOf(2, COOKIE);
  const visit = browser(set);
  const { port } = visit();
  const configure = (more: Partial<TargetGroupSettings>) => {
    // The settings come by structured clone, as in a worker.
    set.update({ settings: structuredClone(targetGroupOf(more)), clients: createClientTable() });
  };
  configure(COOKIE);
  assert.deepEqual(visit(), { port, isTold: false });
  configure({ ...COOKIE, slowStartMs: 10 });
  assert.deepEqual(visit(), { port, isTold: false });
  configure({ sticky: { ...COOKIE.sticky, cookieName: 'other' } });
  assert.equal(visit().isTold, true);
  configure({ sticky: { ...COOKIE.sticky, cookieName: 'other', cookieKey: 'another key of the group' } });
  assert.equal(visit().isTold, true);
  configure({});
  assert.deepEqual(
    [visit(), visit()].map(({ isTold }) => isTold),
    [false, false],
  );
  configure(SOURCE_IP);
  assert.deepEqual(new Set(Array.from({ length: 6 }, () => visit().port)).size, 1);
});

test('no property of a client is read without sticky sessions', () => {
  const set = setOf(2, {});
  const client = {
    get remoteAddress(): string {
      return assert.fail('its address may cost a system call');
    },
    get head(): string {
      return assert.fail('its head would be searched');
    },
  };
  assert.ok(set.pick(client));
});

test('clients sticky by source IP keep their targets while other targets come and go', () => {
  const set = setOf(2, SOURCE_IP);
  const portOf = (client: number) => set.pick({ remoteAddress: `10.0.0.${client}` })?.port;
  const clients = Array.from({ length: 100 }, (_, client) => client);
  const first = clients.map(portOf);
  assert.equal(first.filter((port) => port === 1).length, 50);
  bind(set, 3, 100);
  assert.deepEqual(clients.map(portOf), first);
  set.update({ removed: [keyOf(2)] });
  const after = clients.map(portOf);
  assert.deepEqual(
    after.filter((_, client) => first[client] === 1),
    Array.from({ length: 50 }, () => 1),
  );
  assert.ok(!after.includes(2));
});

test('a target in slow start gets a part of its share, and without a swap gradually the whole', async () => {
  const slowStartMs = 60_000;
  const half = setOf(2, { slowStartMs }, { 2: sharedNowMs() - slowStartMs / 2 });
  const [old = 0, young = 0] = counts(half, 155);
  assert.ok(old >= 98 && old <= 102 && young >= 53 && young <= 57, `${old}, ${young}`);

  const set = setOf(2, { slowStartMs: 300 }, { 2: sharedNowMs() });
  await untilTrue(() => Math.abs((counts(set, 100)[1] ?? 0) - 50) <= 1, 'the whole share');
});

test('there is no slow start with source-ip-hash, for the only target, or if it is off', () => {
  const now = sharedNowMs();
  const moved = (begunAtMs: number | undefined) =>
    counts(setOf(3, { algorithm: 'source-ip-hash', slowStartMs: 60_000 }, begunAtMs ? { 3: begunAtMs } : {}), 200);
  assert.deepEqual(moved(now), moved(undefined));
  assert.deepEqual(counts(setOf(1, { slowStartMs: 60_000 }, { 1: now }), 10), [10]);
  assert.deepEqual(counts(setOf(2, {}, { 2: now }), 10), [5, 5]);
});

for (const algorithm of ['weighted-round-robin', 'weighted-least-connections', 'source-ip-hash'] as const) {
  test(`${algorithm}: no target is picked from its failure on, and those that return are picked after one rebuild`, async () => {
    const set = setOf(100, { algorithm });
    const change = (ports: number[], health: Health) => {
      set.setHealth(ports.map((port) => ({ key: keyOf(port), health, begunAtMs: undefined })));
    };
    const picked = () =>
      new Set(Array.from({ length: 2_000 }, (_, client) => set.pick({ remoteAddress: `${client}` })?.port));
    const [most, few] = [Array.from({ length: 97 }, (_, index) => index + 1), [98, 99, 100]];
    change([1, 2, 3], 'unhealthy');
    assert.ok(![1, 2, 3].some((port) => picked().has(port)), 'picked although it failed');
    change(most, 'unhealthy');
    assert.deepEqual([...picked()].sort(), [100, 98, 99]);
    change(few, 'unhealthy');
    assert.deepEqual([set.pick({ remoteAddress: 'a' }), set.canPick], [undefined, false]);
    change(most, 'healthy');
    change(few, 'healthy');
    await untilTrue(() => set.canPick, 'a rebuild');
    assert.equal(picked().size, 100);
  });
}

test('a rule that gets targets goes on with its response until the first result of a check of one of them', () => {
  const own = { type: 'fixedResponse', status: 404, contentType: 'text/plain', body: undefined } as const;
  const actions = { own, rewrite: undefined, requestHeaders: undefined, responseHeaders: undefined };
  const settings = { ...targetGroupSettings('web'), id: 'rules/r', ruleId: 'r' };
  const memory = { pickingState: createPickingState(), waiting: createWaiting(1), clients: undefined };
  const set = new TargetSet({ settings: { ...settings, actions }, ...memory }, 0, () => {});
  set.update({});
  assert.deepEqual([set.hasBegun, set.canServe, set.own?.type], [true, true, 'fixedResponse']);
  const upsert = (health: Health) => ({
    target: target(1),
    health,
    begunAtMs: undefined,
    number: 1,
    slot: 1,
    counters: countersMaker(1)(),
  });
  set.update({ settings, upserted: [upsert('checking')] });
  assert.deepEqual([set.own?.type, set.canServe, set.canPick], ['fixedResponse', true, false]);
  // Another change of the targets does not end the wait.
  set.update({ settings, upserted: [upsert('checking')] });
  assert.equal(set.own?.type, 'fixedResponse');
  set.setHealth([{ key: keyOf(1), health: 'healthy', begunAtMs: undefined }]);
  assert.deepEqual([set.own, set.canPick], [undefined, true]);
  set.update({ settings: { ...settings, actions }, removed: [keyOf(1)] });
  assert.deepEqual([set.own?.type, set.hasBegun], ['fixedResponse', true]);
  // Without any target, the rule has no response left.
  set.update({ settings });
  assert.deepEqual([set.own, set.canServe], [undefined, false]);
});
