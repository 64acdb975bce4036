// Waits for drains: which targets leave with a batch of writes, and whose writes wait for them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../../../../../provider/model/base/kinds.ts';
import type { DrainingTarget } from '../../../../../provider/runtime/contract/engine-statistics.ts';
import { DrainWaits } from '../../../../../provider/runtime/control/drain/drain-waits.ts';
import { deleteObject } from '../../../../../provider/runtime/control/write/changes.ts';
import { joinGroup, leaveGroup } from '../../../../../provider/runtime/control/write/members.ts';
import type { Draft } from '../../../../../provider/runtime/stored/model.ts';
import { emptyDraft, put } from '../../../../harness/control/drafts.ts';

const at = (host: number) => ({ address: `10.0.0.${host}`, port: 80 });

const OWNER = 'urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:Object::all';

/** A stack with a listener, a pool of the hosts 1 and 2, a group of the server at host 3, and a server at host 4. */
function shop(): Draft {
  const draft = emptyDraft();
  const add = (kind: Kind, id: string, input: object) => put(draft, kind, id, input, { owner: OWNER });
  add('load-balancers', 'lb', { address: '127.0.0.1' });
  add('listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80, awaitDrainSeconds: 5 });
  add('rules', 'api', { listenerId: 'web', path: '/api' });
  add('attachments', 'pool', { listenerId: 'web', awaitDrainSeconds: 5, targets: { a: at(1), b: at(2) } });
  for (const host of [3, 4]) {
    add('backend-servers', `i-${host}`, { region: 'r1', vpcId: 'v', addresses: [at(host).address] });
  }
  add('groups', 'g', {});
  joinGroup(draft, 'g', 'i-3', undefined);
  add('group-attachments', 'ga', { groupId: 'g', ruleId: 'api', port: 80, awaitDrainSeconds: 5 });
  const targets = { d: { serverId: 'i-4', port: 80 } };
  add('attachments', 'one', { ruleId: 'api', awaitDrainSeconds: 5, targets });
  return draft;
}

function open(name: string, host: number, more: Partial<DrainingTarget> = {}): DrainingTarget {
  const { address, port } = at(host);
  const key = `${address}:${port}`;
  const target = { key, address, port, weight: 100, attachment: 'pool', name, ineligible: undefined };
  return { listenerId: 'web', ruleId: undefined, target, count: 1, ...more };
}

/** Waits after a change of the model. `open`: the flows that stay open until the time of the waits is over. */
function waitsAfter(
  change: (draft: Draft) => void,
  flows: DrainingTarget[],
  { isServed = false, prepare = (_: Draft) => {} } = {},
) {
  const draft = shop();
  prepare(draft);
  const before = draft.toModel();
  change(draft);
  let nowMs = 0;
  const waits = new DrainWaits({ draining: () => flows, isServed: () => isServed, nowMs: () => nowMs });
  waits.served(before, draft.toModel(), draft.changesSince(before));
  nowMs = 5_000;
  return waits;
}

test('a write waits for the targets that it unbinds, and a repeated one does, but not for targets that only move', async () => {
  const unbindB = (draft: Draft) =>
    put(draft, 'attachments', 'pool', { listenerId: 'web', awaitDrainSeconds: 5, targets: { renamed: at(1) } });
  const left = '1 open flow or exchange of b is left after 5 s';
  const waits = waitsAfter(unbindB, [open('a', 1), open('b', 2)]);
  assert.equal(await waits.ended('attachments', 'pool'), left);
  assert.equal(await waits.ended('attachments', 'pool'), left);
  assert.equal(await waits.ended('attachments', 'pool', undefined, 1), undefined);
  assert.equal(await waits.ended('attachments', 'other'), undefined);
  assert.equal(await waitsAfter(unbindB, [open('b', 2)], { isServed: true }).ended('attachments', 'pool'), undefined);
  const withoutOption = (draft: Draft) =>
    put(draft, 'attachments', 'pool', { listenerId: 'web', targets: { a: at(1) } });
  assert.equal(await waitsAfter(withoutOption, [open('b', 2)]).ended('attachments', 'pool'), undefined);
});

test('the last of a listener and its rules to let a target go waits for its flows in all of them', async () => {
  const draft = shop();
  const pool = (targets: object) =>
    put(draft, 'attachments', 'pool', { listenerId: 'web', awaitDrainSeconds: 5, targets });
  pool({ b: at(2), d: at(4) });
  const flows = [open('d', 4), open('d', 4, { ruleId: 'api' })];
  let isServed = true;
  let nowMs = 0;
  const waits = new DrainWaits({ draining: () => flows, isServed: () => isServed, nowMs: () => nowMs });
  const write = (change: () => unknown) => {
    const before = draft.toModel();
    change();
    waits.served(before, draft.toModel(), draft.changesSince(before));
  };
  write(() => pool({ b: at(2) }));
  assert.equal(await waits.ended('attachments', 'pool'), undefined);
  isServed = false;
  write(() => deleteObject(draft, 'attachments', 'one', undefined));
  nowMs = 5_000;
  assert.equal(await waits.ended('attachments', 'one'), '2 open flows and exchanges of d are left after 5 s');
});

test('another awaitDrainSeconds counts for what the attachment has unbound already', async () => {
  const ended = (seconds: number | undefined) => {
    const draft = shop();
    const waits = new DrainWaits({ draining: () => [open('b', 2)], isServed: () => false, nowMs: () => 2_000 });
    for (const awaitDrainSeconds of [60, seconds]) {
      const before = draft.toModel();
      put(draft, 'attachments', 'pool', { listenerId: 'web', awaitDrainSeconds, targets: { a: at(1) } });
      waits.served(before, draft.toModel(), draft.changesSince(before));
    }
    return waits.ended('attachments', 'pool');
  };
  assert.equal(await ended(0), undefined);
  assert.equal(await ended(undefined), undefined);
});

test('deletions of attachments and listeners and members that leave wait for what they unbind', async () => {
  const flows = [open('a', 1), open('b', 2, { count: 2 }), open('c', 3, { ruleId: 'api' })];
  const deleted = waitsAfter((draft) => deleteObject(draft, 'attachments', 'pool', undefined), flows);
  assert.equal(await deleted.ended('attachments', 'pool'), '3 open flows and exchanges of a, b are left after 5 s');
  const members = waitsAfter((draft) => void leaveGroup(draft, 'g', 'i-3', undefined), flows);
  assert.equal(await members.ended('groups', 'g'), '1 open flow or exchange of c is left after 5 s');
  const whole = waitsAfter((draft) => {
    deleteObject(draft, 'attachments', 'pool', undefined);
    deleteObject(draft, 'group-attachments', 'ga', undefined);
    deleteObject(draft, 'attachments', 'one', undefined);
    deleteObject(draft, 'rules', 'api', undefined);
    deleteObject(draft, 'listeners', 'web', undefined);
  }, flows);
  assert.equal(await whole.ended('listeners', 'web'), '4 open flows and exchanges of a, b, c are left after 5 s');
});

test('a change of another object waits for the targets that it takes from an attachment', async () => {
  const flows = [open('c', 3, { ruleId: 'api' })];
  const left = '1 open flow or exchange of c is left after 5 s';
  const moveServer = (draft: Draft) =>
    put(draft, 'backend-servers', 'i-3', { region: 'r1', vpcId: 'v', addresses: ['10.0.0.9'] });
  const moved = waitsAfter(moveServer, flows);
  assert.equal(await moved.ended('backend-servers', 'i-3'), left);
  assert.equal(await moved.ended('backend-servers', 'i-4'), undefined);

  const withDefaults = (draft: Draft) => {
    deleteObject(draft, 'attachments', 'pool', undefined);
    put(draft, 'attachments', 'all', { loadBalancerId: 'lb', awaitDrainSeconds: 5, targets: { c: at(3) } });
  };
  const attach = (parent: object) => (draft: Draft) =>
    put(draft, 'attachments', 'own', { ...parent, targets: { a: at(1) } });
  const ended = (parent: object) =>
    waitsAfter(attach(parent), [open('c', 3)], { prepare: withDefaults }).ended('attachments', 'own');
  assert.equal(await ended({ listenerId: 'web' }), left);
  assert.equal(await ended({ ruleId: 'api' }), undefined);
});

test('a delete that takes along what its stack has below waits for all of it', async () => {
  const ofRule = { ruleId: 'api' };
  const flows = [open('a', 1), open('c', 3, ofRule), open('d', 4, ofRule)];
  const ended = (kind: Kind, id: string) =>
    waitsAfter((draft) => deleteObject(draft, kind, id, undefined, () => {}), flows).ended(kind, id);
  assert.equal(await ended('load-balancers', 'lb'), '3 open flows and exchanges of a, c, d are left after 5 s');
  assert.equal(await ended('groups', 'g'), '1 open flow or exchange of c is left after 5 s');
  assert.equal(await ended('backend-servers', 'i-4'), '1 open flow or exchange of d is left after 5 s');
});

test('a wait ends with the last open flow, and with the runtime', async () => {
  const flows = [open('a', 1)];
  const draft = shop();
  const before = draft.toModel();
  deleteObject(draft, 'attachments', 'pool', undefined);
  const waits = new DrainWaits({ draining: () => flows, isServed: () => false });
  waits.served(before, draft.toModel(), draft.changesSince(before));
  const ended = waits.ended('attachments', 'pool');
  flows.length = 0;
  assert.equal(await ended, undefined);
  flows.push(open('a', 1));
  waits.served(before, draft.toModel(), draft.changesSince(before));
  waits.close();
  await assert.rejects(waits.ended('attachments', 'pool'), /The runtime is stopping/);
});
