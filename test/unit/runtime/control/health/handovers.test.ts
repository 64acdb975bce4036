// Hand-overs of writes: which targets replace which, and which hand-overs can fail the write.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../../../../provider/runtime/compile/compile.ts';
import type { Health } from '../../../../../provider/runtime/contract/snapshot.ts';
import { changesBindings, handoversOf } from '../../../../../provider/runtime/control/health/handovers.ts';
import { deleteObject } from '../../../../../provider/runtime/control/write/changes.ts';
import type { HealthRecord } from '../../../../../provider/runtime/health/checker.ts';
import { Draft } from '../../../../../provider/runtime/stored/model.ts';
import type { StoredObject } from '../../../../../provider/runtime/stored/object.ts';
import { emptyDraft, put } from '../../../../harness/control/drafts.ts';

const PLACE = { region: 'r1', vpcId: 'vpc-1' };

/** A target on port 80 of a host in 10.0.0.0/24. */
const at = (host: number, more: object = {}) => ({ address: `10.0.0.${host}`, port: 80, ...more });

function model(): Draft {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', { address: '127.0.0.1' });
  put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 });
  return draft;
}

function pool(draft: Draft, targets: object, id = 'pool'): void {
  put(draft, 'attachments', id, { listenerId: 'web', targets });
}

/** A model with a group of two servers at hosts 1 and 2, attached to the listener. */
function withGroup(): Draft {
  const draft = model();
  for (const host of [1, 2]) put(draft, 'backend-servers', `i-${host}`, { ...PLACE, addresses: [`10.0.0.${host}`] });
  put(draft, 'groups', 'g', { members: { one: 'i-1', two: 'i-2' } });
  put(draft, 'group-attachments', 'scaled', { groupId: 'g', listenerId: 'web', port: 80 });
  return draft;
}

function withPool(targets: object): Draft {
  const draft = model();
  pool(draft, targets);
  return draft;
}

/**
 * Returns each hand-over as its old targets, its new targets and the property that fails. Targets missing in `health`
 * are healthy.
 */
function found(draft: Draft, change: (draft: Draft) => unknown, health: Record<string, Health> = {}): unknown[] {
  const before = compile(draft);
  const next = new Draft(draft.toModel());
  const written = change(next) as StoredObject | undefined;
  if (!changesBindings(draft, next.changes)) return [];
  const recordOf = (targetGroupId: string, key: string): HealthRecord | undefined => {
    const target = before.snapshot.targetGroups.get(targetGroupId)?.targets.get(key);
    const changed = health[key.slice('10.0.0.'.length)] ?? 'healthy';
    const checkedAtMs = changed === 'checking' ? undefined : 1;
    return target && ({ state: { health: changed }, history: [], checkedAtMs } as never);
  };
  const keys = (list: readonly string[]) => list.map((key) => key.slice('10.0.0.'.length)).join();
  const { snapshot } = compile(next, before);
  return handoversOf(before.snapshot, snapshot, written, recordOf).map(({ newTargets, oldKeys, failsAt }) => {
    return [keys(oldKeys), keys(newTargets.map(({ key }) => key)), failsAt];
  });
}

const pools = (targets: object, id?: string) => (draft: Draft) => {
  pool(draft, targets, id);
  return draft.get('attachments', id ?? 'pool');
};

test('a target that replaces a healthy target of the same name can fail the write', () => {
  const both = withPool({ a: at(1), b: at(2) });
  assert.deepEqual(found(both, pools({ a: at(3), b: at(2) })), [['1:80', '3:80', 'targets']]);
  assert.deepEqual(found(both, pools({ a: at(3), b: at(4) })), [
    ['1:80', '3:80', 'targets'],
    ['2:80', '4:80', 'targets'],
  ]);
  assert.deepEqual(found(both, pools({ a: at(3), b: at(2) }), { '1:80': 'unhealthy' }), []);
});

test('no hand-over is needed if the old target stays under another name or the new target has weight 0', () => {
  const both = withPool({ a: at(1), b: at(2) });
  assert.deepEqual(found(both, pools({ a: at(2), b: at(1) })), []);
  assert.deepEqual(found(both, pools({ a: at(2), b: at(1) }), { '2:80': 'unhealthy' }), []);
  assert.deepEqual(found(both, pools({ a: at(3), old: at(1), b: at(2) })), []);
  assert.deepEqual(found(both, pools({ a: at(3, { weight: 0 }), b: at(2) })), []);
});

test('removing the last target in traffic waits for other targets, but cannot fail the write', () => {
  const both = withPool({ a: at(1), b: at(2, { weight: 0 }) });
  assert.deepEqual(found(both, pools({ c: at(3), d: at(4), e: at(5, { weight: 0 }) })), [
    ['1:80', '3:80,4:80', undefined],
  ]);
  assert.deepEqual(found(both, pools({ a: at(1, { weight: 0 }), c: at(3) })), [['1:80', '3:80', undefined]]);
  assert.deepEqual(found(both, pools({ b: at(2), c: at(3) })), [], 'another target stays in traffic');
  assert.deepEqual(found(both, pools({ c: at(3) }), { '1:80': 'unhealthy' }), [], 'no target was in traffic');
  assert.deepEqual(found(both, pools({})), []);
});

test('a hand-over waits for bound targets in their first check, not for failed targets', () => {
  const both = withPool({ a: at(1), b: at(2) });
  assert.deepEqual(found(both, pools({ b: at(2) }), { '2:80': 'checking' }), [['1:80', '2:80', undefined]]);
  assert.deepEqual(found(both, pools({ b: at(2) }), { '2:80': 'unhealthy' }), []);
});

test("a listener's first own attachment can fail for its health; deleting that attachment cannot", () => {
  const draft = model();
  put(draft, 'attachments', 'shared', { loadBalancerId: 'lb', targets: { a: at(1) } });
  const own = { b: at(2), c: at(3) };
  assert.deepEqual(found(draft, pools(own)), [['1:80', '2:80,3:80', 'targets']]);
  pool(draft, own);
  const remove = (next: Draft) => deleteObject(next, 'attachments', 'pool', undefined);
  assert.deepEqual(found(draft, remove), [['2:80,3:80', '1:80', undefined]]);
});

test('members of a group attachment replace each other by name, and can fail a new port', () => {
  const draft = withGroup();
  const attach = (port: number, groupId: string) => (next: Draft) => {
    put(next, 'group-attachments', 'scaled', { groupId, listenerId: 'web', port });
    return next.get('group-attachments', 'scaled');
  };
  assert.deepEqual(found(draft, attach(81, 'g')), [
    ['1:80', '1:81', 'members'],
    ['2:80', '2:81', 'members'],
  ]);
  put(draft, 'groups', 'other', { members: { one: 'i-2', two: 'i-1' } });
  assert.deepEqual(found(draft, attach(80, 'other')), []);
});

test('a write of a server, a group or a listener cannot fail for the health of new targets', () => {
  const draft = withGroup();
  const move = (next: Draft) => {
    put(next, 'backend-servers', 'i-1', { ...PLACE, addresses: ['10.0.0.9'] });
    return next.get('backend-servers', 'i-1');
  };
  assert.deepEqual(found(draft, move), [['1:80', '9:80', undefined]]);
  put(draft, 'backend-servers', 'i-3', { ...PLACE, addresses: ['10.0.0.3'] });
  const exchange = (next: Draft) => {
    put(next, 'groups', 'g', { members: { three: 'i-3' } });
    return next.get('groups', 'g');
  };
  assert.deepEqual(found(draft, exchange), [['1:80,2:80', '3:80', undefined]]);

  const classic = emptyDraft();
  const listen = (backendPort: number) => (next: Draft) => {
    put(next, 'listeners', 'web', { loadBalancerId: 'old', protocol: 'HTTP', port: 80, backendPort });
    return next.get('listeners', 'web');
  };
  put(classic, 'load-balancers', 'old', { type: 'classic', address: '127.0.0.1' });
  listen(80)(classic);
  put(classic, 'attachments', 'pool', { loadBalancerId: 'old', targets: { a: { address: '10.0.0.1' } } });
  assert.deepEqual(found(classic, listen(81)), [['1:80', '1:81', undefined]]);
});

test('targets without health checks need no hand-over', () => {
  const draft = withPool({ a: at(1) });
  put(draft, 'listeners', 'web', {
    loadBalancerId: 'lb',
    protocol: 'HTTP',
    port: 80,
    healthCheck: { protocol: 'none' },
  });
  assert.deepEqual(found(draft, pools({ a: at(2) }), { '1:80': 'unchecked' }), []);
});
