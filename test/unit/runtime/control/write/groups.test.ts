// Auto scaling groups in the model: members are bound and unbound with their group, and invalid members are errors.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compile } from '../../../../../provider/runtime/compile/compile.ts';
import { RunningState } from '../../../../../provider/runtime/control/health/running-state.ts';
import { deleteObject } from '../../../../../provider/runtime/control/write/changes.ts';
import { endLeases, joinGroup, leaveGroup } from '../../../../../provider/runtime/control/write/members.ts';
import { HealthMonitor } from '../../../../../provider/runtime/health/monitor.ts';
import { probe } from '../../../../../provider/runtime/health/probes.ts';
import { membersOf } from '../../../../../provider/runtime/stored/members.ts';
import type { Draft } from '../../../../../provider/runtime/stored/model.ts';
import { existingObject } from '../../../../../provider/runtime/stored/references.ts';
import { emptyDraft, put, writeErrorOf } from '../../../../harness/control/drafts.ts';
import { engineOf } from '../../../../harness/engine/fixtures.ts';

const OWNER = 'urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:AutoScalingAttachment::web';
const FOREIGN = 'urn:pulumi:prod::shop::pulumi-nodejs:dynamic/weir:TargetAttachment::web';

/** A model with two listeners in region r1, servers in r1 and r2, and a group attached to one listener. */
function shop(): Draft {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', { region: 'r1' });
  for (const [id, port] of [
    ['web', 9000],
    ['api', 9001],
  ] as const) {
    put(draft, 'listeners', id, { loadBalancerId: 'lb', protocol: 'TCP', port });
  }
  for (const [id, region] of Object.entries({ 'i-1': 'r1', 'i-2': 'r1', 'i-3': 'r2' })) {
    put(draft, 'backend-servers', id, { region, vpcId: 'v', addresses: [`10.0.0.${id.slice(-1)}`] });
  }
  put(draft, 'groups', 'g', {});
  put(draft, 'group-attachments', 'ga', { groupId: 'g', listenerId: 'web', port: 80, weight: 7 }, { owner: OWNER });
  return draft;
}

function served(draft: Draft, groupId = 'web'): [key: string, weight: number][] {
  const targets = compile(draft).snapshot.targetGroups.get(groupId)?.targets.values() ?? [];
  return [...targets].map(({ key, weight }) => [key, weight]);
}

test('a server that joins is bound wherever the group is attached, and a server that leaves is unbound', () => {
  const draft = shop();
  put(draft, 'group-attachments', 'gb', { groupId: 'g', loadBalancerId: 'lb', port: 81 });
  joinGroup(draft, 'g', 'i-1');
  joinGroup(draft, 'g', 'i-2');
  assert.deepEqual(served(draft), [
    ['10.0.0.1:80', 7],
    ['10.0.0.2:80', 7],
  ]);
  assert.deepEqual(served(draft, 'api'), [
    ['10.0.0.1:81', 100],
    ['10.0.0.2:81', 100],
  ]);
  leaveGroup(draft, 'g', 'i-1');
  assert.deepEqual(served(draft), [['10.0.0.2:80', 7]]);
});

test('joining twice changes nothing, and only a member can leave', () => {
  const draft = shop();
  joinGroup(draft, 'g', 'i-1');
  const version = draft.version;
  joinGroup(draft, 'g', 'i-1');
  assert.equal(draft.version, version);
  assert.equal(writeErrorOf(() => leaveGroup(draft, 'g', 'i-2'))?.code, 'NotFound');
  assert.equal(writeErrorOf(() => joinGroup(draft, 'none', 'i-2'))?.code, 'NotFound');
});

test('a join gives, changes and takes away a lease, and a renewal changes nothing', () => {
  const draft = shop();
  const stateOf = () => draft.get('groups', 'g')?.state;
  joinGroup(draft, 'g', 'i-1', { ttlSeconds: 30 });
  joinGroup(draft, 'g', 'i-2');
  assert.deepEqual(stateOf(), { joined: ['i-1', 'i-2'], leases: { 'i-1': 30 } });
  const version = draft.version;
  joinGroup(draft, 'g', 'i-1', { ttlSeconds: 30 });
  assert.equal(draft.version, version);
  joinGroup(draft, 'g', 'i-1', { ttlSeconds: 60 });
  joinGroup(draft, 'g', 'i-2', { ttlSeconds: 5 });
  assert.deepEqual(stateOf(), { joined: ['i-1', 'i-2'], leases: { 'i-1': 60, 'i-2': 5 } });
  joinGroup(draft, 'g', 'i-1');
  leaveGroup(draft, 'g', 'i-2');
  assert.deepEqual(stateOf(), { joined: ['i-1'] });
});

test('leases that have ended are removed with their members, but not members that have got another lease or none', () => {
  const draft = shop();
  joinGroup(draft, 'g', 'i-1', { ttlSeconds: 30, caller: 'token' });
  const endedLeases = (ended: Record<string, number>) => endLeases(draft, 'g', new Map(Object.entries(ended)));
  assert.deepEqual(endedLeases({ 'i-1': 5, 'i-2': 30 }), []);
  assert.deepEqual(served(draft), [['10.0.0.1:80', 7]]);
  assert.deepEqual(endedLeases({ 'i-1': 30 }), ['i-1']);
  assert.deepEqual(served(draft), []);
  assert.equal(draft.get('groups', 'g')?.changedBy, 'token');
  assert.deepEqual(endedLeases({ 'i-1': 30 }), []);
  assert.deepEqual(endLeases(draft, 'gone', new Map([['i-1', 30]])), []);
});

test('leases go on through every put of a group without members, and end when it declares members', () => {
  const draft = shop();
  joinGroup(draft, 'g', 'i-1', { ttlSeconds: 30 });
  put(draft, 'groups', 'g', { tags: { a: 'b' } });
  assert.deepEqual(draft.get('groups', 'g')?.state, { joined: ['i-1'], leases: { 'i-1': 30 } });
  put(draft, 'groups', 'g', { members: { one: 'i-1' } });
  put(draft, 'groups', 'g', {});
  assert.deepEqual(draft.get('groups', 'g')?.state, { joined: ['i-1'] });
});

test('only servers that `joinable` matches may join, and members stay if it does not match them any more', () => {
  const draft = shop();
  put(draft, 'groups', 'g', { joinable: ['i-1', 'eni-*'] });
  joinGroup(draft, 'g', 'i-1', { ttlSeconds: 30 });
  assert.equal(writeErrorOf(() => joinGroup(draft, 'g', 'i-2'))?.code, 'OperationFailed.ActionNotSupport');
  put(draft, 'groups', 'g', { joinable: ['i-?'] });
  joinGroup(draft, 'g', 'i-2');
  put(draft, 'groups', 'g', { joinable: [] });
  assert.deepEqual(Object.keys(membersOf(draft.get('groups', 'g') as never)), ['i-1', 'i-2']);
  joinGroup(draft, 'g', 'i-1', { ttlSeconds: 60 });
  leaveGroup(draft, 'g', 'i-1');
  assert.equal(writeErrorOf(() => joinGroup(draft, 'g', 'i-1'))?.code, 'OperationFailed.ActionNotSupport');
});

test('an attachment changes only if the bound target keys of its members change', () => {
  const draft = shop();
  put(draft, 'backend-servers', 'i-2', { region: 'r1', vpcId: 'v', addresses: ['10.0.0.1'] });
  joinGroup(draft, 'g', 'i-1');
  const { version } = draft.get('group-attachments', 'ga') ?? {};
  joinGroup(draft, 'g', 'i-2');
  assert.equal(draft.get('group-attachments', 'ga')?.version, version);
  const before = draft.version;
  put(draft, 'groups', 'g', {});
  assert.equal(draft.version, before);
});

test('an ineligible member is shown as ineligible although another member with its address is checked', async (t) => {
  const draft = shop();
  put(draft, 'backend-servers', 'i-2', { region: 'r1', vpcId: 'v', addresses: ['10.0.0.1'] });
  joinGroup(draft, 'g', 'i-1');
  joinGroup(draft, 'g', 'i-2');
  put(draft, 'backend-servers', 'i-2', { region: 'r1', vpcId: 'v', addresses: ['10.0.0.1'], status: 'Stopped' });
  const monitor = new HealthMonitor({ probe, nowMs: Date.now, onChange: () => {} });
  const running = new RunningState(engineOf(t, 1), monitor, () => draft.toModel());
  const bound = running.boundTargets(existingObject(draft, 'group-attachments', 'ga'), draft.toModel());
  assert.deepEqual([bound['i-1']?.health, bound['i-2']?.health], ['checking', 'ineligible']);
});

test('a put without members keeps joined and previously declared members', () => {
  const draft = shop();
  joinGroup(draft, 'g', 'i-1');
  put(draft, 'groups', 'g', {});
  assert.deepEqual(served(draft), [['10.0.0.1:80', 7]]);
  put(draft, 'groups', 'g', { members: { two: 'i-2' } });
  assert.deepEqual(served(draft), [['10.0.0.2:80', 7]]);
  assert.equal(writeErrorOf(() => joinGroup(draft, 'g', 'i-1'))?.code, 'OperationFailed.ActionNotSupport');
  put(draft, 'groups', 'g', {});
  assert.deepEqual(membersOf(draft.get('groups', 'g') as never), { 'i-2': 'i-2' });
});

test('a member that may never be bound is an error when it joins and when its group is attached', () => {
  const draft = shop();
  put(draft, 'group-attachments', 'twice', { groupId: 'g', listenerId: 'api', port: 80 });
  const refusal = writeErrorOf(() => joinGroup(draft, 'g', 'i-3'));
  assert.equal(refusal?.code, 'NetworkConflict');
  assert.equal(refusal?.details.length, 1);
  assert.equal(writeErrorOf(() => joinGroup(draft, 'g', 'i-9'))?.code, 'InvalidParameter');
  assert.equal(writeErrorOf(() => put(draft, 'groups', 'g', { members: { x: 'i-3' } }))?.code, 'NetworkConflict');
  put(draft, 'groups', 'other', { members: { x: 'i-3' } });
  const attach = () => put(draft, 'group-attachments', 'gc', { groupId: 'other', listenerId: 'web', port: 80 });
  assert.equal(writeErrorOf(attach)?.code, 'NetworkConflict');
  assert.deepEqual(served(draft), []);
});

test('a starting server may join and is ineligible until it runs', () => {
  const draft = shop();
  put(draft, 'backend-servers', 'i-2', { region: 'r1', vpcId: 'v', addresses: ['10.0.0.2'], status: 'Starting' });
  joinGroup(draft, 'g', 'i-2');
  const [target] = compile(draft).snapshot.targetGroups.get('web')?.targets.values() ?? [];
  assert.match(target?.ineligible ?? '', /is Starting/);
});

test('a target of a group and an attachment has the weight of its holder, and stays until both unbind it', () => {
  const draft = shop();
  joinGroup(draft, 'g', 'i-1');
  const targets = { one: { address: '10.0.0.1', port: 80, weight: 3 } };
  put(draft, 'attachments', 'pool', { listenerId: 'web', targets }, { owner: OWNER });
  assert.deepEqual(served(draft), [['10.0.0.1:80', 3]]);
  leaveGroup(draft, 'g', 'i-1');
  assert.deepEqual(served(draft), [['10.0.0.1:80', 3]]);
  joinGroup(draft, 'g', 'i-1');
  assert.deepEqual(served(draft), [['10.0.0.1:80', 7]]);
  deleteObject(draft, 'attachments', 'pool', undefined);
  assert.deepEqual(served(draft), [['10.0.0.1:80', 7]]);
});

test('a joining member cannot bind a target of another stack', () => {
  const draft = shop();
  const targets = { one: { address: '10.0.0.1', port: 80 } };
  put(draft, 'attachments', 'pool', { listenerId: 'web', targets }, { owner: FOREIGN });
  const refusal = writeErrorOf(() => joinGroup(draft, 'g', 'i-1'));
  assert.equal(refusal?.code, 'OwnedByOther');
  assert.match(refusal?.message ?? '', /prod/);
});

test('an attachment and a group attachment of two stacks may have the same id', () => {
  const draft = shop();
  const targets = { one: { address: '10.0.0.1', port: 80 } };
  put(draft, 'attachments', 'g', { listenerId: 'web', targets }, { owner: FOREIGN });
  assert.equal(writeErrorOf(() => joinGroup(draft, 'g', 'i-1'))?.code, 'OwnedByOther');
});

test('a server cannot move to an address that another stack binds', () => {
  const draft = shop();
  joinGroup(draft, 'g', 'i-1');
  const targets = { one: { address: '10.0.0.9', port: 80 } };
  put(draft, 'attachments', 'pool', { listenerId: 'web', targets }, { owner: FOREIGN });
  const move = (address: string) =>
    writeErrorOf(() => put(draft, 'backend-servers', 'i-1', { region: 'r1', vpcId: 'v', addresses: [address] }));
  const refusal = move('10.0.0.9');
  assert.equal(refusal?.code, 'OwnedByOther');
  assert.match(refusal?.message ?? '', /^addresses is 10\.0\.0\.9:80, .*attachment pool of urn:pulumi:prod/);
  assert.equal(move('10.0.0.8'), undefined);
});

test('a target of a classic load balancer belongs to its stack, even without a listener and with any port', () => {
  const draft = shop();
  put(draft, 'load-balancers', 'old', { type: 'classic' });
  const bind = (id: string, owner: string, weight: number) => {
    const targets = { one: { serverId: 'i-1', weight } };
    return writeErrorOf(() => put(draft, 'attachments', id, { loadBalancerId: 'old', targets }, { owner }));
  };
  const twice = { one: { serverId: 'i-1' }, two: { address: '10.0.0.1' } };
  const conflict = writeErrorOf(() => put(draft, 'attachments', 'a', { loadBalancerId: 'old', targets: twice }));
  assert.equal(conflict?.code, 'InvalidBackendServers.ServerIpConflict');
  bind('a', OWNER, 1);
  bind('b', OWNER, 2);
  assert.equal(bind('c', FOREIGN, 3)?.code, 'OwnedByOther');
  bind('a', OWNER, 4);
  put(draft, 'listeners', 'plain', { loadBalancerId: 'old', protocol: 'TCP', port: 5000, backendPort: 8080 });
  assert.match(bind('c', FOREIGN, 3)?.message ?? '', /^targets\.one is 10\.0\.0\.1, which is bound by attachment/);
  assert.deepEqual(served(draft, 'plain'), [['10.0.0.1:8080', 2]]);
});

test('a group attachment has a port, except under a classic load balancer', () => {
  const draft = shop();
  const attach = (parent: object) =>
    writeErrorOf(() => put(draft, 'group-attachments', 'gd', { groupId: 'g', ...parent }))?.code;
  assert.equal(attach({ listenerId: 'web' }), 'InvalidParameter');
  put(draft, 'load-balancers', 'old', { type: 'classic' });
  assert.equal(attach({ loadBalancerId: 'old', port: 80 }), 'OperationFailed.ActionNotSupport');
  assert.equal(attach({ loadBalancerId: 'old' }), undefined);
  put(draft, 'listeners', 'plain', { loadBalancerId: 'old', protocol: 'TCP', port: 5000, backendPort: 8080 });
  joinGroup(draft, 'g', 'i-2');
  assert.deepEqual(served(draft, 'plain'), [['10.0.0.2:8080', 100]]);
});

test('an attached group and the parent of its attachment cannot be deleted', () => {
  const draft = shop();
  assert.equal(writeErrorOf(() => deleteObject(draft, 'groups', 'g', undefined))?.code, 'InUse');
  assert.match(
    writeErrorOf(() => deleteObject(draft, 'listeners', 'web', undefined))?.message ?? '',
    /group attachment ga/,
  );
});
