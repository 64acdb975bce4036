// Targets that lead back to the runtime or into a denied network are refused, whichever object is written later.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../../../../../provider/model/base/kinds.ts';
import { Networks } from '../../../../../provider/model/base/networks.ts';
import { joinGroup } from '../../../../../provider/runtime/control/write/members.ts';
import {
  ownEndpointWarnings,
  refuseOwnEndpoints,
} from '../../../../../provider/runtime/control/write/own-endpoints.ts';
import type { Surroundings } from '../../../../../provider/runtime/control/write/surroundings.ts';
import type { Draft } from '../../../../../provider/runtime/stored/model.ts';
import type { Attachment } from '../../../../../provider/runtime/stored/object.ts';
import { emptyDraft, put, writeErrorOf } from '../../../../harness/control/drafts.ts';

const AROUND: Surroundings = {
  machine: new Networks(['10.0.0.1']),
  api: [{ address: '127.0.0.1', port: 7400 }],
  networks: { denied: new Networks(['169.254.0.0/16']), allowed: new Networks([]) },
};
const SERVER = { region: 'a', vpcId: 'v', addresses: ['10.9.9.9'] };

/** Returns the code, first path and message of the refusal of a write, or `undefined` if the write is accepted. */
function refusalOf(draft: Draft, kind: Kind, id: string, input: object): [string, string, string] | undefined {
  const error = writeErrorOf(() =>
    draft.attempt(() => {
      const before = draft.toModel();
      refuseOwnEndpoints(before, draft, put(draft, kind, id, input), AROUND);
    }),
  );
  return error && [error.code, error.details[0]?.path ?? '', error.message];
}

function draftWith(...objects: [kind: Kind, id: string, input: object][]): Draft {
  const draft = emptyDraft();
  for (const [kind, id, input] of objects) put(draft, kind, id, input);
  return draft;
}

const LB = ['load-balancers', 'lb', { address: '127.0.0.1' }] as [Kind, string, object];
const WEB = ['listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 8080 }] as [Kind, string, object];
const UDP = ['listeners', 'dns', { loadBalancerId: 'lb', protocol: 'UDP', port: 53 }] as [Kind, string, object];

test('an attachment may not bind a listener or the API, of the transport that its listener uses', () => {
  const draft = draftWith(LB, WEB, UDP);
  const bind = (listenerId: string, target: object) =>
    refusalOf(draft, 'attachments', 'app', { listenerId, targets: { b: target } });
  assert.deepEqual(bind('web', { address: '127.0.0.1', port: 8080 }), [
    'InvalidParameter',
    'targets.b',
    'targets.b is 127.0.0.1:8080, which is listener web: a target may not lead back to the runtime that serves it',
  ]);
  assert.match(bind('web', { address: '::ffff:7f00:1', port: 7400 })?.[2] ?? '', /the API of this runtime/);
  assert.match(bind('dns', { address: '0.0.0.0', port: 53 })?.[2] ?? '', /listener dns/);
  assert.equal(bind('web', { address: '127.0.0.1', port: 53 }), undefined);
  assert.equal(bind('dns', { address: '127.0.0.1', port: 8080 }), undefined);
  assert.equal(bind('web', { address: '127.0.0.2', port: 8080 }), undefined);
  assert.match(bind('web', { address: '::ffff:169.254.0.1', port: 1 })?.[2] ?? '', /no targets in 169\.254\.0\.0\/16/);
  // A weight of an older conflict may change; a new target of the same attachment may not be added.
  const old = { address: '127.0.0.1', port: 8080 };
  put(draft, 'attachments', 'old', { listenerId: 'web', targets: { b: old } });
  const rewrite = (targets: object) => refusalOf(draft, 'attachments', 'old', { listenerId: 'web', targets });
  assert.equal(rewrite({ b: { ...old, weight: 1 } }), undefined);
  assert.equal(rewrite({ b: old, c: { address: '127.0.0.1', port: 7400 } })?.[1], 'targets.c');
  const stored = draft.get('attachments', 'old') as Attachment;
  assert.match(
    ownEndpointWarnings(draft, stored, AROUND).join(),
    /^targets\.b is 127\.0\.0\.1:8080, which is listener/,
  );
});

test('a check may not connect to a listener or to the API either', () => {
  const draft = draftWith(LB, WEB, [
    'attachments',
    'a',
    { listenerId: 'web', targets: { b: { address: '127.0.0.1', port: 1 } } },
  ]);
  const check = (port: number, protocol = 'TCP') =>
    refusalOf(draft, 'listeners', 'web', { ...WEB[2], healthCheck: { protocol, port } })?.slice(0, 2);
  assert.deepEqual(check(7400), ['InvalidParameter', 'healthCheck.port']);
  assert.deepEqual(check(8080, 'HTTP'), ['InvalidParameter', 'healthCheck.port']);
  assert.equal(check(9000), undefined);
  const ruled = { listenerId: 'web', path: '/a', healthCheck: { port: 7400 } };
  assert.equal(refusalOf(draft, 'rules', 'r', ruled), undefined);
  const target = { ruleId: 'r', targets: { b: { address: '127.0.0.1', port: 9000 } } };
  assert.match(refusalOf(draft, 'attachments', 'b', target)?.[2] ?? '', /^targets\.b is checked at 127\.0\.0\.1:7400/);
});

test('a listener or load balancer may not land on a bound target', () => {
  const app = ['attachments', 'a', { listenerId: 'web', targets: { b: { address: '10.0.0.1', port: 9000 } } }];
  const draft = draftWith(LB, WEB, app as [Kind, string, object]);
  const at = (address: string, more: object = {}) => {
    put(draft, 'load-balancers', 'two', { address });
    const input = { loadBalancerId: 'two', protocol: 'TCP', port: 9000, ...more };
    return refusalOf(draft, 'listeners', 'x', input)?.slice(0, 2);
  };
  assert.deepEqual(at('10.0.0.1'), ['PortInUse', 'port']);
  assert.deepEqual(at('0.0.0.0'), ['PortInUse', 'port']);
  assert.deepEqual(at('::'), ['PortInUse', 'port']);
  assert.equal(at('10.0.0.1', { protocol: 'UDP' }), undefined);
  assert.deepEqual(at('10.0.0.1', { protocol: 'HTTP' }), ['PortInUse', 'port']);
  put(draft, 'load-balancers', 'two', { address: '10.0.0.2' });
  put(draft, 'listeners', 'x', { loadBalancerId: 'two', protocol: 'TCP', port: 9000 });
  assert.deepEqual(refusalOf(draft, 'load-balancers', 'two', { address: '10.0.0.1' })?.slice(0, 2), [
    'PortInUse',
    'address',
  ]);
  assert.equal(refusalOf(draft, 'load-balancers', 'two', { address: '10.0.0.3' }), undefined);
});

test('servers, groups and classic load balancers lead to the same refusals', () => {
  const draft = draftWith(
    LB,
    WEB,
    ['backend-servers', 'i-1', SERVER],
    ['backend-servers', 'i-2', { ...SERVER, addresses: ['127.0.0.1'] }],
    ['attachments', 'a', { listenerId: 'web', targets: { b: { serverId: 'i-1', port: 8080 } } }],
    ['groups', 'g', {}],
    ['group-attachments', 'ga', { groupId: 'g', listenerId: 'web', port: 8080 }],
  );
  const moved = refusalOf(draft, 'backend-servers', 'i-1', { ...SERVER, addresses: ['127.0.0.1'] });
  assert.deepEqual(moved?.slice(0, 2), ['InvalidParameter', 'addresses']);
  const denied = refusalOf(draft, 'backend-servers', 'i-1', { ...SERVER, addresses: ['169.254.1.1'] });
  assert.deepEqual(denied?.slice(0, 2), ['InvalidParameter', 'addresses']);
  const declared = refusalOf(draft, 'groups', 'g', { members: { one: 'i-2' } });
  assert.deepEqual(declared?.slice(0, 2), ['InvalidParameter', 'members.one']);
  const joined = writeErrorOf(() =>
    draft.attempt(() => {
      const before = draft.toModel();
      refuseOwnEndpoints(before, draft, joinGroup(draft, 'g', 'i-2'), AROUND);
    }),
  );
  assert.equal(joined?.details[0]?.path, 'members.i-2');
  put(draft, 'load-balancers', 'old', { type: 'classic', address: '127.0.0.9' });
  put(draft, 'attachments', 'c', { loadBalancerId: 'old', targets: { b: { address: '127.0.0.1' } } });
  const classic = (backendPort: number) =>
    refusalOf(draft, 'listeners', 'c', { loadBalancerId: 'old', protocol: 'TCP', port: 9999, backendPort });
  assert.equal(classic(9000), undefined);
  assert.equal(classic(8080)?.[0], 'InvalidParameter');
});

test('the first address of a server is that of its targets, and a change of the order is judged like any other', () => {
  const addresses = ['10.9.9.9', '127.0.0.1', '169.254.1.1'];
  const draft = draftWith(
    LB,
    WEB,
    ['backend-servers', 'i-1', { ...SERVER, addresses }],
    ['backend-servers', 'i-2', { ...SERVER, addresses }],
    ['backend-servers', 'i-3', { ...SERVER, addresses }],
    ['attachments', 'a', { listenerId: 'web', targets: { b: { serverId: 'i-1', port: 8080 } } }],
    [
      'attachments',
      'fixed',
      { listenerId: 'web', targets: { b: { serverId: 'i-3', address: '10.9.9.9', port: 8080 } } },
    ],
    ['groups', 'g', { members: { one: 'i-2' } }],
    ['group-attachments', 'ga', { groupId: 'g', listenerId: 'web', port: 8080 }],
  );
  for (const [id, target] of [
    ['i-1', 'target b of attachment a'],
    ['i-2', 'target one of group attachment ga'],
  ] as const) {
    for (const order of [[1, 0, 2], [1, 2], [2, 0, 1], [2]]) {
      const next = order.map((index) => addresses[index] ?? '');
      const refusal = refusalOf(draft, 'backend-servers', id, { ...SERVER, addresses: next });
      assert.deepEqual(refusal?.slice(0, 2), ['InvalidParameter', 'addresses'], `${id} ${next}`);
      assert.ok(refusal?.[2].includes(`cannot be that of ${target}: is`), refusal?.[2]);
    }
    assert.equal(refusalOf(draft, 'backend-servers', id, { ...SERVER, addresses: addresses.slice(0, 1) }), undefined);
  }
  // A target with an address of its own stays where it is.
  const turned = { ...SERVER, addresses: addresses.toReversed() };
  assert.equal(refusalOf(draft, 'backend-servers', 'i-3', turned), undefined);
});

test('a refusal names what belongs to another stack by its owner only', () => {
  const [corp, shop] = ['corp', 'shop'].map((name) => `urn:pulumi:dev::${name}::weir::x`);
  const draft = draftWith(LB);
  put(draft, 'listeners', 'web', WEB[2], { owner: corp });
  put(
    draft,
    'attachments',
    'app',
    { listenerId: 'web', targets: { b: { address: '10.0.0.1', port: 9000 } } },
    { owner: corp },
  );
  const messageOf = (owner: string | undefined, kind: Kind, id: string, input: object) =>
    writeErrorOf(() =>
      draft.attempt(() => {
        const before = draft.toModel();
        refuseOwnEndpoints(before, draft, put(draft, kind, id, input, { owner }), AROUND);
      }),
    )?.message;
  const target = { loadBalancerId: 'two', targets: { b: { address: '127.0.0.1', port: 8080 } } };
  put(draft, 'load-balancers', 'two', { address: '0.0.0.0' });
  put(draft, 'listeners', 'two', { loadBalancerId: 'two', protocol: 'TCP', port: 1 });
  const wild = { loadBalancerId: 'two', protocol: 'TCP', port: 9000 };
  const loop = 'a target may not lead back to the runtime that serves it';
  assert.equal(
    messageOf(shop, 'attachments', 'x', target),
    `targets.b is 127.0.0.1:8080, which is a listener of ${corp}: ${loop}`,
  );
  assert.equal(
    messageOf(shop, 'listeners', 'x', wild),
    `port makes the runtime listen where an attachment of ${corp} has a target: ${loop}`,
  );
  assert.match(messageOf(corp, 'attachments', 'x', target) ?? '', /which is listener web: /);
  assert.match(
    messageOf(corp, 'listeners', 'x', wild) ?? '',
    /at 10\.0\.0\.1:9000, which is target b of attachment app: /,
  );
});

test('the id of a listener is told to its own stack or, if nobody owns it, to the caller that made it', () => {
  const bind = (owner: string | undefined, caller: string | undefined) => {
    const draft = emptyDraft();
    put(draft, 'load-balancers', 'lb', { address: '127.0.0.1' });
    put(draft, 'listeners', 'secret', { loadBalancerId: 'lb', protocol: 'HTTP', port: 8080 }, { caller: 'maker' });
    put(draft, 'listeners', 'mine', { loadBalancerId: 'lb', protocol: 'HTTP', port: 8081 });
    const before = draft.toModel();
    const targets = { b: { address: '127.0.0.1', port: 8080 } };
    const written = put(draft, 'attachments', 'a', { listenerId: 'mine', targets }, { owner, caller });
    return writeErrorOf(() => refuseOwnEndpoints(before, draft, written, AROUND))?.message ?? '';
  };
  assert.match(bind(undefined, 'maker'), /which is listener secret:/);
  for (const message of [bind(undefined, 'other'), bind('urn:pulumi:dev::shop::weir::x', 'maker')]) {
    assert.match(message, /which is a listener without an owner:/);
    assert.doesNotMatch(message, /secret/);
  }
});
