// Writes as changes of a draft: their effect on the model, and their errors.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WeirError } from '../../../../../provider/model/base/errors.ts';
import type { Kind } from '../../../../../provider/model/base/kinds.ts';
import { deleteObject } from '../../../../../provider/runtime/control/write/changes.ts';
import {
  changedTargets,
  patchedProperties,
  putProperties,
} from '../../../../../provider/runtime/control/write/object-patch.ts';
import { Draft, Model } from '../../../../../provider/runtime/stored/model.ts';
import type { StoredObject } from '../../../../../provider/runtime/stored/object.ts';
import { emptyDraft, put, writeErrorOf } from '../../../../harness/control/drafts.ts';
import { assertHolds } from '../../../../harness/properties/properties.ts';

const OWNER = 'urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:LoadBalancer::web';
const FOREIGN = 'urn:pulumi:prod::shop::pulumi-nodejs:dynamic/weir:LoadBalancer::web';

/** A model with a load balancer, a TCP listener on port 9000, and an attachment with one target. */
function webDraft(): Draft {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', { sharedWith: ['shop/prod'] }, { owner: OWNER });
  put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'TCP', port: 9000 }, { owner: OWNER });
  put(
    draft,
    'attachments',
    'pool',
    { listenerId: 'web', targets: { a: { address: '10.0.0.1', port: 80 } } },
    { owner: OWNER },
  );
  return draft;
}

function codeOf(work: () => void): string {
  return writeErrorOf(work)?.code ?? 'done';
}

test('a cascade deletes what the same stack has below, with its permissions, and nothing that is retained or foreign', () => {
  const made = (
    rows: readonly [kind: Kind, id: string, input: object, owner: string | undefined, incarnation?: string][],
  ) => {
    const draft = webDraft();
    for (const [kind, id, input, owner, incarnation] of rows) put(draft, kind, id, input, { owner, incarnation });
    return draft;
  };
  const cascade = (draft: Draft, kind: Kind, id: string, below = () => {}) => {
    const before = draft.toModel();
    const error = writeErrorOf(() => draft.attempt(() => deleteObject(draft, kind, id, undefined, below)));
    const gone = draft.changesSince(before).map((change) => ('delete' in change ? change.delete.id : 'put'));
    return error === undefined ? gone.join(' ') : `${error.code} ${error.message}`;
  };
  assert.equal(cascade(webDraft(), 'load-balancers', 'lb'), 'pool web lb');
  const foreign = made([['attachments', 'theirs', { loadBalancerId: 'lb', targets: {} }, FOREIGN]]);
  assert.match(cascade(foreign, 'load-balancers', 'lb'), /^InUse The load balancer lb is used by attachment theirs of/);
  assert.equal(cascade(foreign, 'listeners', 'web'), 'pool web');
  const retained = made([['attachments', 'kept', { listenerId: 'web', targets: {} }, OWNER, 'retained-1']]);
  assert.match(cascade(retained, 'load-balancers', 'lb'), /^InUse The listener web is used by attachment kept of/);
  const refuse = () => {
    throw new WeirError('Forbidden');
  };
  assert.match(cascade(webDraft(), 'load-balancers', 'lb', refuse), /^Forbidden/);
  // A server takes along an attachment that has no other targets, and no group.
  const server = { region: 'r', vpcId: 'v', addresses: ['10.0.0.9'] };
  const one = { a: { serverId: 'i-1', port: 80 } };
  const bound = (targets: object) =>
    made([
      ['backend-servers', 'i-1', server, OWNER],
      ['attachments', 'of-server', { listenerId: 'web', targets }, OWNER],
    ]);
  assert.equal(cascade(bound(one), 'backend-servers', 'i-1'), 'of-server i-1');
  assert.match(cascade(bound({ ...one, b: { address: '10.0.0.2', port: 80 } }), 'backend-servers', 'i-1'), /^InUse/);
  const member = made([
    ['backend-servers', 'i-1', server, OWNER],
    ['groups', 'g', { members: { a: 'i-1' } }, OWNER],
  ]);
  assert.match(cascade(member, 'backend-servers', 'i-1'), /^InUse/);
  // An object without an owner takes nothing along.
  const ownerless = emptyDraft();
  put(ownerless, 'load-balancers', 'lb', {});
  put(ownerless, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'TCP', port: 9000 });
  assert.match(cascade(ownerless, 'load-balancers', 'lb'), /^InUse/);
});

test('an equal put makes no model version, whatever the order of its keys', () => {
  const draft = webDraft();
  const version = draft.version;
  put(draft, 'listeners', 'web', { port: 9000, protocol: 'TCP', loadBalancerId: 'lb' }, { owner: OWNER });
  put(draft, 'load-balancers', 'lb', { type: 'application', sharedWith: ['shop/prod'] });
  assert.equal(draft.version, version);
  put(draft, 'load-balancers', 'lb', { tags: { a: 'b' } });
  assert.equal(draft.version, version + 1);
  assert.equal(draft.get('load-balancers', 'lb')?.version, version + 1);
});

test('a write without owner and incarnation keeps both', () => {
  const draft = webDraft();
  put(draft, 'load-balancers', 'lb', { tags: { a: 'b' } });
  assert.equal(draft.get('load-balancers', 'lb')?.owner, OWNER);
  assert.equal(draft.get('load-balancers', 'lb')?.incarnation, 'new');
});

test('an owner may change the incarnation; another owner must know the current one', () => {
  const draft = webDraft();
  put(draft, 'load-balancers', 'lb', {}, { owner: OWNER, incarnation: 'second' });
  assert.equal(draft.get('load-balancers', 'lb')?.incarnation, 'second');
  assert.equal(
    codeOf(() => put(draft, 'load-balancers', 'lb', {}, { owner: FOREIGN, incarnation: 'x' })),
    'OwnedByOther',
  );
  put(draft, 'load-balancers', 'lb', {}, { owner: `${OWNER}2`, incarnation: 'second' });
  assert.equal(draft.get('load-balancers', 'lb')?.owner, `${OWNER}2`);
});

test('a delete with another incarnation does nothing', () => {
  const draft = webDraft();
  deleteObject(draft, 'attachments', 'pool', 'older');
  assert.ok(draft.get('attachments', 'pool'));
  deleteObject(draft, 'attachments', 'pool', 'new');
  assert.equal(draft.get('attachments', 'pool'), undefined);
  assert.equal(
    codeOf(() => deleteObject(draft, 'attachments', 'pool', 'new')),
    'NotFound',
  );
});

test('an object in use is not deleted, and the error names its users', () => {
  const draft = webDraft();
  assert.throws(() => deleteObject(draft, 'listeners', 'web', undefined), /attachment pool of urn:pulumi:dev/);
  assert.throws(() => deleteObject(draft, 'load-balancers', 'lb', undefined), /listener web/);
});

test('an object with deletionProtection cannot be deleted', () => {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', { deletionProtection: true });
  assert.equal(
    codeOf(() => deleteObject(draft, 'load-balancers', 'lb', undefined)),
    'OperationFailed.ActionNotSupport',
  );
  put(draft, 'load-balancers', 'lb', { deletionProtection: false });
  deleteObject(draft, 'load-balancers', 'lb', undefined);
});

const TARGET = { a: { address: '10.0.0.2', port: 80 } };
const REFUSED: readonly (readonly [string, Kind, Record<string, unknown>, string])[] = [
  [
    'a listener of a missing load balancer',
    'listeners',
    { loadBalancerId: 'no', protocol: 'TCP', port: 1 },
    'InvalidParameter',
  ],
  ['a VIP:port of another listener', 'listeners', { loadBalancerId: 'lb', protocol: 'HTTP', port: 9000 }, 'PortInUse'],
  [
    'a backend port under an application load balancer',
    'listeners',
    { loadBalancerId: 'lb', protocol: 'TCP', port: 1, backendPort: 2 },
    'InvalidParameter',
  ],
  [
    'a listener without backend port under a classic load balancer',
    'listeners',
    { loadBalancerId: 'classic', protocol: 'TCP', port: 1 },
    'InvalidParameter',
  ],
  ['an attachment of a missing listener', 'attachments', { listenerId: 'no', targets: {} }, 'InvalidParameter'],
  [
    'a target without any port',
    'attachments',
    { listenerId: 'web', targets: { a: { address: '10.0.0.2' } } },
    'InvalidParameter',
  ],
  [
    'a target port under a classic load balancer',
    'attachments',
    { loadBalancerId: 'classic', targets: TARGET },
    'OperationFailed.ActionNotSupport',
  ],
  [
    'a target that another stack binds',
    'attachments',
    { listenerId: 'web', targets: { x: { address: '10.0.0.1', port: 80 } } },
    'OwnedByOther',
  ],
];

for (const [name, kind, input, code] of REFUSED) {
  test(`${name} is an error and leaves the draft unchanged`, () => {
    const draft = webDraft();
    put(draft, 'load-balancers', 'classic', { type: 'classic', address: '127.0.0.9' });
    const version = draft.version;
    assert.equal(
      codeOf(() => put(draft, kind, 'other', input, { owner: FOREIGN })),
      code,
    );
    assert.equal(draft.version, version);
  });
}

test('a target bound before the load balancer became classic still belongs to its stack', () => {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', {});
  const bound = { loadBalancerId: 'lb', defaultPort: 80, targets: { a: { address: '10.0.0.1' } } };
  put(draft, 'attachments', 'pool', bound, { owner: OWNER });
  put(draft, 'load-balancers', 'lb', { type: 'classic' });
  assert.equal(
    codeOf(() => put(draft, 'attachments', 'other', bound, { owner: FOREIGN })),
    'OwnedByOther',
  );
});

test('a load balancer becomes classic only when each of its listeners has a backend port', () => {
  const draft = webDraft();
  put(draft, 'listeners', 'other', { loadBalancerId: 'lb', protocol: 'TCP', port: 9001 });
  assert.deepEqual(
    writeErrorOf(() => put(draft, 'load-balancers', 'lb', { type: 'classic' }))?.details.map(({ message }) => message),
    ['web', 'other'].map((id) => `does not fit listener ${id}: backendPort is required under a classic load balancer`),
  );
});

test('a listener or load balancer cannot change to a type that does not fit its attachments', () => {
  const draft = webDraft();
  put(draft, 'load-balancers', 'classic', { type: 'classic', address: '127.0.0.9' });
  const moved = { loadBalancerId: 'classic', protocol: 'HTTP', port: 81, backendPort: 80 };
  assert.equal(
    codeOf(() => put(draft, 'listeners', 'web', moved)),
    'OperationFailed.ActionNotSupport',
  );
  put(draft, 'load-balancers', 'bare', { address: '127.0.0.8' });
  put(draft, 'attachments', 'default', { loadBalancerId: 'bare', targets: TARGET });
  const classic = { type: 'classic', address: '127.0.0.8' };
  assert.equal(
    codeOf(() => put(draft, 'load-balancers', 'bare', classic)),
    'OperationFailed.ActionNotSupport',
  );
  put(draft, 'attachments', 'default', { loadBalancerId: 'bare', targets: {} });
  assert.equal(
    codeOf(() => put(draft, 'load-balancers', 'bare', classic)),
    'done',
  );
});

test('a load balancer without an address gets a VIP from the pool and keeps it', () => {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'a', {});
  put(draft, 'load-balancers', 'b', {});
  assert.equal(draft.get('load-balancers', 'b')?.state.vip, '127.77.0.2');
  deleteObject(draft, 'load-balancers', 'a', undefined);
  put(draft, 'load-balancers', 'b', { tags: { x: 'y' } });
  assert.equal(draft.get('load-balancers', 'b')?.state.vip, '127.77.0.2');
});

test('a put without manageWeights keeps the weights of bound targets, and a patch changes them', () => {
  const draft = webDraft();
  const targets = { a: { address: '10.0.0.1', port: 80, weight: 7 }, b: { address: '10.0.0.2', port: 80, weight: 8 } };
  const options = { owner: OWNER, keepsWeights: true };
  put(draft, 'attachments', 'pool', { listenerId: 'web', manageWeights: false, targets }, options);
  const weights = () =>
    Object.values(draft.get('attachments', 'pool')?.properties.targets ?? {}).map((target) => target.weight);
  assert.deepEqual(weights(), [undefined, 8]);
  put(draft, 'attachments', 'pool', patchedProperties(draft, 'attachments', 'pool', { targets: { a: { weight: 0 } } }));
  assert.deepEqual(weights(), [0, 8]);
});

test('an equal put without manageWeights makes no model version, and a new target gets its weight', () => {
  const draft = webDraft();
  const only = (name: string, weight?: number) => {
    const targets = { [name]: { address: '10.0.0.1', port: 80, ...(weight === undefined ? {} : { weight }) } };
    const properties = { listenerId: 'web', manageWeights: false, targets };
    put(draft, 'attachments', 'pool', properties, { owner: OWNER, keepsWeights: true });
    return draft.get('attachments', 'pool')?.properties.targets[name]?.weight;
  };
  only('a');
  const { version } = draft;
  only('a');
  assert.equal(draft.version, version);
  assert.equal(only('constructor', 7), 7);
});

test('a merge patch binds, changes and unbinds targets, removes fields, and leaves other targets unchanged', () => {
  const draft = webDraft();
  const patch = { a: { weight: 5 }, b: { address: '10.0.0.2', port: 81, description: 'x' } };
  put(draft, 'attachments', 'pool', patchedProperties(draft, 'attachments', 'pool', { targets: patch }));
  put(
    draft,
    'attachments',
    'pool',
    patchedProperties(draft, 'attachments', 'pool', { targets: { a: null, b: { description: null } } }),
  );
  assert.deepEqual(draft.get('attachments', 'pool')?.properties.targets, { b: { address: '10.0.0.2', port: 81 } });
  // A change of a name that is not bound is told by the name, and unbinding it again changes nothing.
  const mistyped = () => patchedProperties(draft, 'attachments', 'pool', { targets: { bb: { weight: 0 }, no: null } });
  assert.throws(mistyped, {
    code: 'InvalidParameter',
    message: 'targets.bb is not bound: check the name, or give address or serverId to bind it',
  });
});

test('random writes keep parents existing, rules on HTTP listeners, and one listener for each VIP:port', () => {
  const id = fc.constantFrom('a', 'b', 'c');
  const command = fc.oneof(
    fc.record({
      kind: fc.constant('load-balancers' as const),
      id,
      input: fc.record({ address: fc.constantFrom('10.0.0.1', '10.0.0.2') }),
    }),
    fc.record({
      kind: fc.constant('listeners' as const),
      id,
      input: fc.record({
        loadBalancerId: id,
        protocol: fc.constantFrom('TCP', 'HTTP', 'HTTP'),
        port: fc.constantFrom(1, 2),
      }),
    }),
    fc.record({
      kind: fc.constant('rules' as const),
      id,
      input: fc.record({ listenerId: id, path: fc.constantFrom('/a', '/b') }),
    }),
    fc.record({
      kind: fc.constant('attachments' as const),
      id,
      input: fc.oneof(
        fc.record({ listenerId: id, targets: fc.constant(TARGET) }),
        fc.record({ ruleId: id, targets: fc.constant(TARGET) }),
      ),
    }),
    fc.record({
      kind: fc.constantFrom<Kind>('load-balancers', 'listeners', 'rules', 'attachments'),
      id,
      input: fc.constant(undefined),
    }),
  );
  assertHolds(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      const draft = emptyDraft();
      for (const { kind, id: object, input } of commands) {
        codeOf(() =>
          input === undefined ? deleteObject(draft, kind, object, undefined) : put(draft, kind, object, input),
        );
      }
      const taken = new Set<string>();
      for (const { properties } of draft.list('listeners')) {
        const at = `${draft.get('load-balancers', properties.loadBalancerId)?.state.vip}:${properties.port}`;
        assert.ok(!at.startsWith('undefined') && !taken.has(at), at);
        taken.add(at);
      }
      for (const { properties } of draft.list('rules'))
        assert.equal(draft.get('listeners', properties.listenerId)?.properties.protocol, 'HTTP');
      for (const { properties } of draft.list('attachments'))
        assert.ok(draft.get('listeners', properties.listenerId ?? '') ?? draft.get('rules', properties.ruleId ?? ''));
    }),
  );
});

test('a token has at most 10,000 objects that it created; the administrator and updates have no limit', () => {
  const draft = emptyDraft();
  const stored = put(draft, 'backend-servers', 'i-0', SERVER_OF_TOKEN, { caller: 'a' });
  const objects = Array.from({ length: 10_000 }, (_, i) => ({ ...stored, id: `i-${i}` }));
  const full = new Draft(Model.of(1, objects as StoredObject[]));
  const create = (more: object) => writeErrorOf(() => put(full, 'backend-servers', 'new', SERVER_OF_TOKEN, more))?.code;
  assert.equal(create({ caller: 'a' }), 'LimitExceeded');
  put(full, 'backend-servers', 'i-7', { ...SERVER_OF_TOKEN, bandwidthMbps: 1 }, { caller: 'a' });
  assert.equal(full.get('backend-servers', 'i-7')?.createdBy, 'a');
  assert.equal(create({ caller: 'b' }), undefined);
  put(full, 'backend-servers', 'of-administrator', SERVER_OF_TOKEN);
  full.delete('backend-servers', 'i-3');
  full.delete('backend-servers', 'new');
  assert.equal(create({ caller: 'a' }), undefined);
});

const SERVER_OF_TOKEN = { region: 'a', vpcId: 'v', addresses: ['10.0.0.1'] };

test('a put has the properties and the problems of its whole body, and keeps targets that it does not change', () => {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', {});
  put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'TCP', port: 9000 });
  const targets = { a: { address: '10.0.0.1', port: 80 }, b: { address: '10.0.0.2', port: 80, weight: 5 } };
  put(draft, 'attachments', 'pool', { listenerId: 'web', targets });
  const stored = draft.get('attachments', 'pool');
  const outcome = (input: object) => {
    const copy = structuredClone({ listenerId: 'web', ...input });
    const { problems, properties } = putProperties('attachments', copy, stored);
    const fresh = putProperties('attachments', copy, undefined);
    assert.deepEqual(problems, fresh.problems);
    if (problems.length > 0) return problems;
    const [known, whole] = [properties(), fresh.properties()];
    assert.deepEqual(known, whole);
    return stored && changedTargets(known, stored.properties);
  };
  assert.deepEqual(outcome({ targets }), []);
  assert.deepEqual(outcome({ targets: { b: targets.b, a: targets.a } }), []);
  assert.deepEqual(outcome({ targets: { ...targets, b: { ...targets.b, weight: 6 } } }), ['b']);
  assert.deepEqual(
    outcome({ targets: { ...targets, b: { address: '10.0.0.2', port: 80 }, c: { address: '10.0.0.3' } } }),
    ['b', 'c'],
  );
  assert.deepEqual(outcome({ targets: { a: targets.a } }), []);
  assert.deepEqual(outcome({ targets: {} }), []);
  assert.equal(JSON.stringify(outcome({ targets: { ...targets, b: { port: 0 } } })).includes('targets.b.port'), true);
  assert.equal(JSON.stringify(outcome({ targets, unknown: 1 })).includes('unknown'), true);
  const twice = { ...targets, c: targets.a };
  const error = writeErrorOf(() => {
    const { properties } = putProperties('attachments', { listenerId: 'web', targets: twice }, stored);
    put(draft, 'attachments', 'pool', { listenerId: 'web', targets }, { properties: properties() });
  });
  assert.match(String(error?.message), /targets\.c is 10\.0\.0\.1:80, and so is "a"/);
});
