// Limits of one token: bindings, whichever write adds them, and who has bound a target.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deleteObject } from '../../../../../provider/runtime/control/write/changes.ts';
import { joinGroup } from '../../../../../provider/runtime/control/write/members.ts';
import { emptyDraft, put, writeErrorOf } from '../../../../harness/control/drafts.ts';

test('a token takes part in at most 50,000 bindings, whichever write adds them; the administrator has no limit', () => {
  const draft = emptyDraft();
  const a = { caller: 'a' };
  const targets = (from: number, count = 500) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, { address: `10.0.${from}.1`, port: i + 1 }]));
  put(draft, 'load-balancers', 'lb', { address: '127.0.0.1' });
  put(draft, 'load-balancers', 'other', { address: '127.0.0.2' });
  const listen = (id: number, loadBalancerId = 'lb', more: object = a) =>
    put(draft, 'listeners', `l${id}`, { loadBalancerId, protocol: 'TCP', port: id + 1 }, more);
  for (let id = 0; id < 99; id++) listen(id);
  put(draft, 'attachments', 'all', { loadBalancerId: 'lb', targets: targets(0) }, a);
  put(draft, 'attachments', 'own', { listenerId: 'l0', targets: targets(1) }, a);
  // 99 listeners with 500 targets, and 500 of one of them: 50,000.
  const refused = (write: () => void) => {
    const before = draft.toModel();
    const error = writeErrorOf(write);
    assert.equal(draft.toModel(), before);
    return [error?.code, error?.details[0]?.path];
  };
  assert.deepEqual(
    refused(() => listen(99)),
    ['LimitExceeded', 'loadBalancerId'],
  );
  const more = { ...targets(0, 499), new: { address: '10.1.0.1', port: 1 }, next: { address: '10.1.0.1', port: 2 } };
  const patched = { loadBalancerId: 'lb', targets: more };
  put(draft, 'attachments', 'all', { ...patched, targets: targets(0, 499) }, a);
  assert.deepEqual(
    refused(() => put(draft, 'attachments', 'extra', { ...patched, targets: targets(2, 2) }, a)),
    ['LimitExceeded', 'targets'],
  );
  put(draft, 'attachments', 'extra', { ...patched, targets: targets(2, 1) }, a);
  // Members that join a group are bound too, by whoever adds them.
  put(draft, 'backend-servers', 'i-1', SERVER_OF_TOKEN);
  put(draft, 'groups', 'g', {});
  put(draft, 'group-attachments', 'scaled', { loadBalancerId: 'lb', groupId: 'g', port: 9 });
  assert.deepEqual(
    refused(() => joinGroup(draft, 'g', 'i-1', { caller: 'a' })),
    ['LimitExceeded', 'members'],
  );
  assert.deepEqual(
    refused(() => put(draft, 'groups', 'g', { members: { m: 'i-1' } }, a)),
    ['LimitExceeded', 'members'],
  );
  // A listener that moves below the load balancer gets its targets.
  listen(200, 'other', {});
  assert.deepEqual(
    refused(() => listen(200)),
    ['LimitExceeded', 'loadBalancerId'],
  );
  // Other callers, and writes that add no binding, go on. The deletion of own targets lets those of `all` in.
  put(draft, 'attachments', 'other', { loadBalancerId: 'other', targets: targets(3) }, { caller: 'b' });
  put(draft, 'listeners', 'l1', { loadBalancerId: 'lb', protocol: 'TCP', port: 2, idleTimeoutSeconds: 7 }, a);
  deleteObject(draft, 'attachments', 'own', undefined);
  listen(99, 'lb', {});
  joinGroup(draft, 'g', 'i-1');
});

test('a target remembers who bound it, where that is not the creator of the attachment', () => {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', { address: '127.0.0.1' });
  put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'TCP', port: 1 });
  const t = (port: number, weight = 100) => ({ address: '10.0.0.1', port, weight });
  const bind = (targets: object, caller: string | undefined) =>
    put(draft, 'attachments', 'pool', { listenerId: 'web', targets }, { caller });
  const by = () => draft.get('attachments', 'pool')?.state.boundBy;
  bind({ x: t(1) }, 'a');
  assert.equal(by(), undefined);
  bind({ x: t(1, 5), y: t(2) }, 'b');
  assert.deepEqual(by(), { '10.0.0.1:2': 'b' });
  bind({ x: t(1), y: t(2), z: t(3) }, undefined);
  assert.deepEqual(by(), { '10.0.0.1:2': 'b', '10.0.0.1:3': '' });
  bind({ z: t(3) }, 'a');
  bind({ y: t(2), z: t(3) }, 'a');
  assert.deepEqual(by(), { '10.0.0.1:3': '' });
  // Who moves the attachment binds its targets anew.
  put(draft, 'attachments', 'pool', { loadBalancerId: 'lb', targets: { y: t(2), z: t(3) } }, { caller: 'b' });
  assert.deepEqual(by(), { '10.0.0.1:2': 'b', '10.0.0.1:3': 'b' });
  assert.equal(draft.get('attachments', 'pool')?.createdBy, 'a');
});

const SERVER_OF_TOKEN = { region: 'a', vpcId: 'v', addresses: ['10.0.0.1'] };
