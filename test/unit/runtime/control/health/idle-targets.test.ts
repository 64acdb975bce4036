// Target groups in which no target takes traffic: when a stack's write has waited long enough, and the warnings.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../../../../provider/runtime/compile/compile.ts';
import type { Health } from '../../../../../provider/runtime/contract/snapshot.ts';
import {
  idleAttachmentWarnings,
  idleWarning,
  isDecided,
  wantedBy,
} from '../../../../../provider/runtime/control/health/idle-targets.ts';
import type { StoredObject } from '../../../../../provider/runtime/stored/object.ts';
import { emptyDraft, put } from '../../../../harness/control/drafts.ts';

const PLACE = { region: 'r1', vpcId: 'vpc-1' };
const at = (host: number, more: object = {}) => ({ address: `10.0.0.${host}`, port: 80, ...more });
const many = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((host) => [`b${host}`, at(host)]));

/** Health by host, with the error of a check, or "first" for a first check that has not ended. */
type Found = Readonly<Record<number, Health | 'first'>>;

const draft = emptyDraft();
put(draft, 'load-balancers', 'lb', { address: '127.0.0.1' });
for (const [id, port] of [
  ['web', 80],
  ['www', 81],
  ['own', 82],
] as const) {
  put(draft, 'listeners', id, { loadBalancerId: 'lb', protocol: 'HTTP', port });
}
put(draft, 'rules', 'api', { listenerId: 'web', path: '/api' });
for (const host of [1, 2]) put(draft, 'backend-servers', `i-${host}`, { ...PLACE, addresses: [`10.0.0.${host}`] });
put(draft, 'groups', 'g', { members: { one: 'i-1', two: 'i-2' } });
put(draft, 'attachments', 'shared', {
  loadBalancerId: 'lb',
  targets: { b1: at(1), b2: at(2), off: at(9, { weight: 0 }) },
});
put(draft, 'attachments', 'ruled', { ruleId: 'api', targets: many });
put(draft, 'group-attachments', 'scaled', { listenerId: 'own', groupId: 'g', port: 80 });
const { snapshot } = compile(draft);

function recordsOf(found: Found, only?: string) {
  const stateOf = (targetGroupId: string, key: string) => {
    const host = Number(/\.(\d+):/.exec(key)?.[1]);
    const health = only === undefined || only === targetGroupId ? (found[host] ?? 'checking') : 'healthy';
    const isFirst = health === 'first';
    const state = { health: isFirst ? 'checking' : health, lastError: isFirst ? undefined : 'refused' };
    return { state, history: [], checkedAtMs: isFirst ? undefined : 1 };
  };
  return {
    healthRecord: (targetGroupId: string, key: string) => stateOf(targetGroupId, key) as never,
    targetHealth: (targetGroupId: string, key: string) => stateOf(targetGroupId, key).state as never,
  };
}

function isOver(kind: 'attachments' | 'groups' | 'listeners' | 'rules' | 'load-balancers', id: string, found: Found) {
  const wanted = wantedBy(draft, snapshot, draft.get(kind, id) as StoredObject);
  return wanted.every((each) => isDecided(each, recordsOf(found)));
}

test("a stack's write waits until one target of each target group takes traffic, or all have failed first checks", () => {
  assert.equal(isOver('attachments', 'shared', { 1: 'first', 2: 'first' }), false);
  assert.equal(isOver('attachments', 'shared', { 1: 'checking', 2: 'first' }), false);
  assert.equal(isOver('attachments', 'shared', { 1: 'checking', 2: 'checking', 9: 'first' }), true);
  assert.equal(isOver('attachments', 'shared', { 1: 'first', 2: 'healthy' }), true);
  assert.equal(isOver('groups', 'g', { 1: 'first', 2: 'unhealthy' }), false);
  assert.equal(isOver('listeners', 'www', { 1: 'first', 2: 'unhealthy' }), false);
  assert.equal(isOver('listeners', 'www', { 1: 'unchecked', 2: 'first' }), true);
  assert.equal(isOver('rules', 'api', { 1: 'first' }), false);
  assert.equal(isOver('load-balancers', 'lb', { 1: 'first' }), true);
});

test('an attachment warns if none of its targets takes traffic, with the last errors of the first ones', () => {
  const warned = (
    kind: 'attachments' | 'group-attachments',
    id: string,
    found: Found,
    isLate = false,
    only?: string,
  ) => {
    const attachment = draft.get(kind, id) as StoredObject<'attachments'>;
    return idleAttachmentWarnings(draft, attachment, recordsOf(found, only), isLate);
  };
  const failed: Found = { 1: 'checking', 2: 'unhealthy' };
  const both = 'targets.b1 (10.0.0.1:80): refused; targets.b2 (10.0.0.2:80): refused';
  assert.deepEqual(warned('attachments', 'shared', failed), [`no target takes traffic at 2 of 2 listeners: ${both}`]);
  assert.deepEqual(warned('attachments', 'shared', failed, false, 'www'), [
    `no target takes traffic at 1 of 2 listeners: ${both}`,
  ]);
  assert.deepEqual(warned('attachments', 'shared', { ...failed, 2: 'healthy' }), []);
  assert.deepEqual(warned('attachments', 'shared', { ...failed, 2: 'first' }), []);
  assert.deepEqual(warned('attachments', 'shared', { ...failed, 2: 'first' }, true), [
    `no target takes traffic at 2 of 2 listeners: ${both.replace(/refused$/, 'its first check has no result yet')}`,
  ]);
  assert.deepEqual(warned('group-attachments', 'scaled', failed), [
    `no target takes traffic: ${both.replaceAll('targets.b1', 'members.one').replaceAll('targets.b2', 'members.two')}`,
  ]);
  assert.match(warned('attachments', 'ruled', {})[0] ?? '', /^no target .* targets\.b5 \S+ refused; and 2 more$/);
  // A group whose servers are all off warns too: the write that takes its last running member out is one of the group.
  for (const host of [1, 2])
    put(draft, 'backend-servers', `i-${host}`, { ...PLACE, addresses: [`10.0.0.${host}`], status: 'Stopped' });
  assert.match(warned('group-attachments', 'scaled', {})[0] ?? '', /^no target takes traffic: members\.one .*Stopped/);
});

test('a listener or rule warns with the number of its targets of weight above 0, and names none', () => {
  const warned = (id: string, found: Found) => idleWarning(snapshot.targetGroups.get(id), recordsOf(found), false);
  assert.equal(warned('web', {}), 'none of its 2 targets takes traffic');
  assert.equal(warned('web', { 2: 'unchecked' }), undefined);
  assert.equal(warned('rules/api', {}), 'none of its 7 targets takes traffic');
  assert.equal(warned('missing', {}), undefined);
});
