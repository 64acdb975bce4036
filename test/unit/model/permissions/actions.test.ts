// The table of actions: each one permits something, and it contains the names of the clouds' own APIs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ACTIONS,
  BIND,
  CREATE_BACKUP,
  DESCRIBE_METRICS,
  DESCRIBE_WORKERS,
  KIND_ACTIONS,
  permissionFor,
  RESTART_WORKER,
  UNBIND,
} from '../../../../provider/model/permissions/actions.ts';

test('each action permits an operation of some route, and each permitted action is in the table', () => {
  const ofKinds = Object.values(KIND_ACTIONS).flatMap(({ type: _, ...actions }) => Object.values(actions).flat());
  const ofRuntime = [RESTART_WORKER, DESCRIBE_WORKERS, DESCRIBE_METRICS, CREATE_BACKUP].flatMap(
    ({ actions }) => actions,
  );
  assert.deepEqual(new Set<string>([...ofKinds, ...ofRuntime]), new Set(Object.keys(ACTIONS)));
});

test('a token can name each operation on membership as the clouds do', () => {
  assert.deepEqual(BIND.loadBalancerId, ['slb:AddBackendServers', 'slb:RegisterInstancesWithLoadBalancer']);
  assert.ok(BIND.classic.includes('slb:RegisterTargetsWithClassicalLB'));
  assert.ok(UNBIND.loadBalancerId.includes('slb:DeregisterInstancesFromLoadBalancer'));
  assert.ok(UNBIND.classic.includes('slb:DeregisterTargetsFromClassicalLB'));
  for (const actions of [UNBIND.listenerId, UNBIND.ruleId]) assert.ok(actions.includes('slb:DeregisterTargets'));
});

test('an action that permits two operations is named once', () => {
  assert.deepEqual(permissionFor('group-attachments', 'create', 'modify').actions, ['slb:AttachLoadBalancers']);
});
