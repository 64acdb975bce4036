// Write events: versions in batch order, and the targets that attachments and groups bind, change and unbind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeEvents } from '../../../../../provider/runtime/control/events/write-events.ts';
import { joinGroup, leaveGroup } from '../../../../../provider/runtime/control/write/members.ts';
import { Draft, Model } from '../../../../../provider/runtime/stored/model.ts';
import type { ObjectChange, StoredObject } from '../../../../../provider/runtime/stored/object.ts';
import { emptyDraft, put } from '../../../../harness/control/drafts.ts';

function attachment(targets: Record<string, { address: string; port: number; weight?: number }>): StoredObject {
  const properties = { listenerId: 'web', targets, manageWeights: true, handoverSeconds: 30 };
  return {
    kind: 'attachments',
    id: 'pool',
    properties,
    version: 1,
    incarnation: 'x',
    state: { boundSince: {} },
  } as never;
}

const loadBalancer = { kind: 'load-balancers', id: 'lb', properties: {}, state: {} } as never;

test('each write of a batch has its own version and changes, also two writes of one attachment', () => {
  const a = { address: '10.0.0.1', port: 80 };
  const changes: ObjectChange[] = [
    { put: loadBalancer },
    { put: attachment({ a, b: { ...a, port: 81, weight: 5 } }) },
    { put: attachment({ a: { ...a, weight: 7 } }) },
    { delete: { kind: 'attachments', id: 'pool' } },
  ];
  const write = { type: 'write' as const, kind: 'attachments', id: 'pool', action: 'put' };
  const events = writeEvents(Model.of(4, [attachment({ a })]), changes).map(({ event }) => event);
  assert.deepEqual(events, [
    { type: 'write', version: 5, kind: 'load-balancers', id: 'lb', action: 'put' },
    {
      ...write,
      version: 6,
      targets: [{ operation: 'bind', name: 'b', server: null, address: '10.0.0.1', port: 81, weight: 5 }],
    },
    {
      ...write,
      version: 7,
      targets: [
        { operation: 'unbind', name: 'b' },
        { operation: 'weight', name: 'a', from: 100, to: 7 },
      ],
    },
    { ...write, version: 8, action: 'delete', targets: [{ operation: 'unbind', name: 'a' }] },
  ]);
});

test('the event of a group lists members, and the event of its attachment lists targets', () => {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', { address: '127.0.0.1' });
  put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 });
  put(draft, 'backend-servers', 'i-1', { region: 'r', vpcId: 'v', addresses: ['10.0.0.1'] });
  put(draft, 'groups', 'g', {});
  const next = new Draft(draft.toModel());
  joinGroup(next, 'g', 'i-1');
  put(next, 'group-attachments', 'scaled', { groupId: 'g', listenerId: 'web', port: 80, weight: 5 });
  put(next, 'group-attachments', 'scaled', { groupId: 'g', listenerId: 'web', port: 81, weight: 5 });
  leaveGroup(next, 'g', 'i-1');
  const told = writeEvents(draft, next.changes).map(({ event }) => event.type === 'write' && [event.id, event.targets]);
  const bind = { operation: 'bind', name: 'i-1', server: 'i-1', address: null };
  const unbind = { operation: 'unbind', name: 'i-1' };
  assert.deepEqual(told, [
    ['g', [{ ...bind, port: null, weight: null }]],
    ['scaled', [{ ...bind, port: 80, weight: 5 }]],
    ['scaled', [{ operation: 'port', name: 'i-1', from: 80, to: 81 }]],
    ['g', [unbind]],
    ['scaled', []],
  ]);
});

test('an event lists the first 50 changed targets and counts the rest', () => {
  const targets = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`t${index}`, { address: '10.0.0.1', port: index + 1 }]),
  );
  const [{ event } = {}] = writeEvents(Model.of(1, []), [{ put: attachment(targets) }]);
  assert.ok(event?.type === 'write');
  assert.deepEqual([event.targets?.length, event.omitted], [50, 450]);
  // Long names leave less room: each character of these is shown as an escape.
  const long = Object.fromEntries(
    Object.entries(targets).map(([name, target]) => [name.padEnd(255, '\u202e'), target]),
  );
  const [{ event: short } = {}] = writeEvents(Model.of(1, []), [{ put: attachment(long) }]);
  assert.ok(short?.type === 'write');
  assert.deepEqual([short.targets?.length, short.omitted], [3, 497]);
});
