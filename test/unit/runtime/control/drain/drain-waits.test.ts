// Waits for drains: which targets leave with a batch of writes, and whose writes wait for them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrainingTarget } from '../../../../../provider/runtime/contract/engine-statistics.ts';
import { DrainWaits } from '../../../../../provider/runtime/control/drain/drain-waits.ts';
import { deleteObject } from '../../../../../provider/runtime/control/write/changes.ts';
import { joinGroup, leaveGroup } from '../../../../../provider/runtime/control/write/members.ts';
import type { Draft } from '../../../../../provider/runtime/stored/model.ts';
import { emptyDraft, put } from '../../../../harness/control/drafts.ts';

const at = (host: number) => ({ address: `10.0.0.${host}`, port: 80 });

/** A model with a listener, a pool of the hosts 1 and 2, and a group with the server at host 3. */
function shop(): Draft {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', { address: '127.0.0.1' });
  put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80, awaitDrainSeconds: 5 });
  put(draft, 'rules', 'api', { listenerId: 'web', path: '/api' });
  put(draft, 'attachments', 'pool', { listenerId: 'web', awaitDrainSeconds: 5, targets: { a: at(1), b: at(2) } });
  put(draft, 'backend-servers', 'i-3', { region: 'r1', vpcId: 'v', addresses: ['10.0.0.3'] });
  put(draft, 'groups', 'g', {});
  joinGroup(draft, 'g', 'i-3', undefined);
  put(draft, 'group-attachments', 'ga', { groupId: 'g', ruleId: 'api', port: 80, awaitDrainSeconds: 5 });
  return draft;
}

function open(name: string, host: number, more: Partial<DrainingTarget> = {}): DrainingTarget {
  const { address, port } = at(host);
  const key = `${address}:${port}`;
  const target = { key, address, port, weight: 100, attachment: 'pool', name, ineligible: undefined };
  return { listenerId: 'web', ruleId: undefined, target, count: 1, ...more };
}

/** Waits after a change of the model. `open`: the flows that stay open until the time of the waits is over. */
function waitsAfter(change: (draft: Draft) => void, flows: DrainingTarget[], isServed = false) {
  const draft = shop();
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
  assert.equal(await waitsAfter(unbindB, [open('b', 2)], true).ended('attachments', 'pool'), undefined);
  const withoutOption = (draft: Draft) =>
    put(draft, 'attachments', 'pool', { listenerId: 'web', targets: { a: at(1) } });
  assert.equal(await waitsAfter(withoutOption, [open('b', 2)]).ended('attachments', 'pool'), undefined);
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
    deleteObject(draft, 'rules', 'api', undefined);
    deleteObject(draft, 'listeners', 'web', undefined);
  }, flows);
  assert.equal(await whole.ended('listeners', 'web'), '4 open flows and exchanges of a, b, c are left after 5 s');
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
