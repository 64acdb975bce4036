// Which targets a write gives up for which others, and for what it is refused: over models before and after the write.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../../../../provider/runtime/compile/compile.ts';
import type { Health } from '../../../../../provider/runtime/contract/snapshot.ts';
import { changesBindings, handoversOf } from '../../../../../provider/runtime/control/health/handovers.ts';
import { deleteObject } from '../../../../../provider/runtime/control/write/changes.ts';
import type { HealthRecord } from '../../../../../provider/runtime/health/monitor.ts';
import { Draft } from '../../../../../provider/runtime/stored/model.ts';
import type { StoredObject } from '../../../../../provider/runtime/stored/object.ts';
import { emptyDraft, put } from '../../../../harness/control/drafts.ts';

const PLACE = { region: 'r1', vpcId: 'vpc-1' };

/** A host of 10.0.0.0/24, as a target. */
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

/** One with the members 1 and 2, at hosts 1 and 2, attached to the listener. */
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

/** Successors, who they follow, and where the write is refused; bound targets are healthy where nothing else is said. */
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
  return handoversOf(before.snapshot, snapshot, written, recordOf).map(({ successors, oldKeys, refusedAt }) => {
    return [keys(oldKeys), keys(successors.map(({ key }) => key)), refusedAt];
  });
}

const pools = (targets: object, id?: string) => (draft: Draft) => {
  pool(draft, targets, id);
  return draft.get('attachments', id ?? 'pool');
};

test('a target of the same name takes the place of a healthy one, and the write is refused where it is not well', () => {
  const both = withPool({ a: at(1), b: at(2) });
  assert.deepEqual(found(both, pools({ a: at(3), b: at(2) })), [['1:80', '3:80', 'targets']]);
  assert.deepEqual(found(both, pools({ a: at(3), b: at(4) })), [
    ['1:80', '3:80', 'targets'],
    ['2:80', '4:80', 'targets'],
  ]);
  assert.deepEqual(found(both, pools({ a: at(3), b: at(2) }), { '1:80': 'unhealthy' }), []);
});

test('nothing is waited for where the old target goes on under another name, or the new one takes no traffic', () => {
  const both = withPool({ a: at(1), b: at(2) });
  assert.deepEqual(found(both, pools({ a: at(2), b: at(1) })), []);
  assert.deepEqual(found(both, pools({ a: at(2), b: at(1) }), { '2:80': 'unhealthy' }), []);
  assert.deepEqual(found(both, pools({ a: at(3), old: at(1), b: at(2) })), []);
  assert.deepEqual(found(both, pools({ a: at(3, { weight: 0 }), b: at(2) })), []);
});

test('where names go, others come in before the last one in traffic goes; no write is refused for it', () => {
  const both = withPool({ a: at(1), b: at(2, { weight: 0 }) });
  assert.deepEqual(found(both, pools({ c: at(3), d: at(4), e: at(5, { weight: 0 }) })), [
    ['1:80', '3:80,4:80', undefined],
  ]);
  assert.deepEqual(found(both, pools({ a: at(1, { weight: 0 }), c: at(3) })), [['1:80', '3:80', undefined]]);
  assert.deepEqual(found(both, pools({ b: at(2), c: at(3) })), [], 'one stays in traffic');
  assert.deepEqual(found(both, pools({ c: at(3) }), { '1:80': 'unhealthy' }), [], 'none was in traffic');
  assert.deepEqual(found(both, pools({})), []);
});

test('what is bound and in its first check is waited for as well; what has failed it is not', () => {
  const both = withPool({ a: at(1), b: at(2) });
  assert.deepEqual(found(both, pools({ b: at(2) }), { '2:80': 'checking' }), [['1:80', '2:80', undefined]]);
  assert.deepEqual(found(both, pools({ b: at(2) }), { '2:80': 'unhealthy' }), []);
});

test("a listener's first own attachment is refused where none is well; its load balancer's targets come back in any case", () => {
  const draft = model();
  put(draft, 'attachments', 'shared', { loadBalancerId: 'lb', targets: { a: at(1) } });
  const own = { b: at(2), c: at(3) };
  assert.deepEqual(found(draft, pools(own)), [['1:80', '2:80,3:80', 'targets']]);
  pool(draft, own);
  const remove = (next: Draft) => deleteObject(next, 'attachments', 'pool', undefined);
  assert.deepEqual(found(draft, remove), [['2:80,3:80', '1:80', undefined]]);
});

test("a group attachment's members follow each other by name; its group and port are refused where one is not well", () => {
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

test("a server's move, a group's members and a listener's backend port are never refused for it", () => {
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

test('where nothing is checked nothing is waited for', () => {
  const draft = withPool({ a: at(1) });
  put(draft, 'listeners', 'web', {
    loadBalancerId: 'lb',
    protocol: 'HTTP',
    port: 80,
    healthCheck: { protocol: 'none' },
  });
  assert.deepEqual(found(draft, pools({ a: at(2) }), { '1:80': 'unchecked' }), []);
});
