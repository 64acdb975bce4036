// Changes of a listener's targets, which are matched by target key and then by name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { TargetGroupChange } from '../../../../provider/cli/plan/changes.ts';
import { planOf, type RuntimeView } from '../../../../provider/cli/plan/plan.ts';
import { parsePreview, SECRET } from '../../../../provider/cli/plan/preview.ts';
import { UNKNOWN } from '../../../../provider/model/base/unknown.ts';
import {
  attachment,
  lb,
  NOW_MS,
  type PreviewChange,
  type PreviewResource,
  plan,
  previewListener,
  previewTargets,
  previewText,
  web,
} from '../../../harness/plan/preview-json.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';

/** The operations in the order of the rows, such as "bind b3" and "weight b1 20→25". */
function operationsOf({ rows }: TargetGroupChange): string[] {
  return rows.flatMap(({ before, after, operations }) => {
    const name = (after ?? before)?.binding.name;
    return operations.map(
      (change) => `${change.operation} ${name}${'from' in change ? ` ${change.from}→${change.to}` : ''}`,
    );
  });
}

/** The shares of the targets by name, in percent. */
function sharesOf({ rows }: TargetGroupChange, when: 'before' | 'after'): Record<string, number | undefined> {
  return Object.fromEntries(
    rows.flatMap((row) => {
      const { binding, share } = row[when] ?? {};
      return binding === undefined
        ? []
        : [[binding.name, share === undefined ? undefined : Math.round(share * 1000) / 10]];
    }),
  );
}

function only(
  sames: readonly PreviewResource[],
  changes: readonly PreviewChange[],
  runtime?: RuntimeView,
): TargetGroupChange {
  const { targetGroups } = plan(sames, changes, runtime);
  assert.equal(targetGroups.length, 1, JSON.stringify(targetGroups.map(({ after }) => after?.parent.key)));
  return targetGroups[0] as TargetGroupChange;
}

const pool = attachment('pool', previewTargets({ b1: 20, b2: undefined }));
const with2 = (b2: object) =>
  attachment('pool', { ...previewTargets({ b1: 20 }), b2: { ...previewTargets({ b2: undefined }).b2, ...b2 } });

const ROWS: readonly (readonly [rule: string, changes: readonly PreviewChange[], operations: readonly string[]])[] = [
  ['a new name is bound', [[pool, attachment('pool', previewTargets({ b1: 20, b2: undefined, b3: 7 }))]], ['bind b3']],
  ['a removed name is unbound', [[pool, attachment('pool', previewTargets({ b1: 20 }))]], ['unbind b2']],
  ['a weight changes, also from the default', [[pool, with2({ weight: 25 })]], ['weight b2 100→25']],
  ['a port changes in place', [[pool, with2({ port: 81 })]], ['port b2 80→81']],
  ['an address changes in place', [[pool, with2({ address: '10.0.0.9' })]], ['address b2 10.0.0.2→10.0.0.9']],
  ['an address in another notation is no change', [[pool, with2({ address: '10.0.0.2', weight: 100 })]], []],
  ['an unknown weight is a change', [[pool, with2({ weight: UNKNOWN })]], ['weight b2 100→known after up']],
  [
    'a renamed target keeps its target key',
    [[pool, attachment('pool', { b1: previewTargets({ b1: 20 }).b1, c2: previewTargets({ b2: undefined }).b2 })]],
    ['rename c2 b2→c2'],
  ],
  [
    'swapped names are two renames',
    [[pool, attachment('pool', { b2: previewTargets({ b1: 20 }).b1, b1: previewTargets({ b2: undefined }).b2 })]],
    ['rename b2 b1→b2', 'rename b1 b2→b1'],
  ],
  [
    'an attachment under another name takes the targets over',
    [
      [pool, undefined],
      [undefined, { ...attachment('next', previewTargets({ b1: 20, b2: 50 })) }],
    ],
    ['move b1 pool→next', 'move b2 pool→next', 'weight b2 100→50'],
  ],
  [
    'targets are neither bound nor unbound if their map is not known',
    [[pool, { ...pool, properties: { ...pool.properties, targets: UNKNOWN } }]],
    ['open b1', 'open b2'],
  ],
];

for (const [rule, changes, operations] of ROWS) {
  test(rule, () => {
    const { targetGroups } = plan([lb, web], changes);
    assert.deepEqual(targetGroups.flatMap(operationsOf), operations);
  });
}

test('shares cover all attachments of the listener, also those without a change', () => {
  const targetGroup = only([lb, web, attachment('other', previewTargets({ c3: 60 }))], [[pool, with2({ weight: 0 })]]);
  assert.deepEqual(sharesOf(targetGroup, 'before'), { b1: 11.1, b2: 55.6, c3: 33.3 });
  assert.deepEqual(sharesOf(targetGroup, 'after'), { b1: 25, b2: 0, c3: 75 });
});

test('an unknown weight makes all shares unknown except those of weight 0', () => {
  const targetGroup = only(
    [lb, web, attachment('other', previewTargets({ c3: 0 }))],
    [[pool, with2({ weight: UNKNOWN })]],
  );
  assert.deepEqual(sharesOf(targetGroup, 'after'), { b1: undefined, b2: undefined, c3: 0 });
});

test('an attachment to the load balancer serves each listener without one of its own, under a classic one at the port of the listener', () => {
  const classic = { ...lb, properties: { ...lb.properties, type: 'classic' } };
  const listeners = [
    previewListener('http', 80, { backendPort: 8080 }),
    previewListener('alt', 81, { backendPort: 8081 }),
  ];
  const bare = (weight: number) =>
    attachment('all', { b1: { address: '10.0.0.1', weight } }, { loadBalancerId: 'lb-1' });
  const own = attachment('own', {}, { listenerId: 'alt-1' });
  const { targetGroups } = plan([classic, ...listeners], [[bare(10), bare(20)]]);
  assert.deepEqual(
    targetGroups.map(({ after, rows }) => [after?.parent.name, after?.isDefault, rows[0]?.after?.binding.key]),
    [
      ['http', true, '10.0.0.1:8080'],
      ['alt', true, '10.0.0.1:8081'],
    ],
  );
  // An attachment of a listener replaces the load balancer's targets even if the attachment has no targets.
  const served = plan([classic, ...listeners, own], [[bare(10), bare(20)]]).targetGroups;
  assert.deepEqual(
    served.map(({ after }) => after?.parent.name),
    ['http'],
  );
});

test('a new listener and its attachment are matched by their dependencies', () => {
  const created = { ...previewListener('new', 90), id: undefined };
  const bound = {
    ...attachment('bound', previewTargets({ b1: 1 }), {}),
    id: undefined,
    references: { listenerId: created },
  };
  const targetGroup = only(
    [lb],
    [
      [undefined, created],
      [undefined, bound],
    ],
  );
  assert.equal(targetGroup.after?.parent.name, 'new');
  assert.deepEqual(operationsOf(targetGroup), ['bind b1']);
});

test('the targets of a rule are a target group of their own, and the targets of its listener do not change with them', () => {
  const rule = { type: 'ForwardingRule', name: 'api', id: 'api-1', properties: { listenerId: 'web-1', path: '/api' } };
  const of = (weights: Record<string, number>) => attachment('ruled', previewTargets(weights), { ruleId: 'api-1' });
  const targetGroup = only([lb, web, rule, pool], [[of({ b3: 1 }), of({ b3: 1, b4: 1 })]]);
  assert.equal(targetGroup.after?.parent.key, 'rules api-1');
  assert.deepEqual(sharesOf(targetGroup, 'after'), { b3: 50, b4: 50 });
});

test('a listener that is renamed without an alias keeps its VIP, its port and its targets', () => {
  const renamed = { ...previewListener('www', 80), id: undefined };
  const bound = {
    ...attachment('pool2', previewTargets({ b1: 20, b2: undefined }), {}),
    id: undefined,
    references: { listenerId: renamed },
  };
  const targetGroup = only(
    [lb],
    [
      [web, undefined],
      [pool, undefined],
      [undefined, renamed],
      [undefined, bound],
    ],
  );
  assert.deepEqual(operationsOf(targetGroup), ['move b1 pool→pool2', 'move b2 pool→pool2']);
});

const stored = (id: string, properties: object) => ({ id, incarnation: 'i', version: 1, ...properties });
const NONE = { holderOf: () => undefined, healthOf: () => undefined };

/** A runtime with the load balancer, its listener `web-1` and the given attachments. */
function runtimeWith(...attachments: readonly ReturnType<typeof stored>[]): RuntimeView {
  return {
    ...NONE,
    objects: new Map([
      ['load-balancers', [stored('lb-1', { address: '127.0.0.1', vip: '127.0.0.1' })]],
      ['listeners', [stored('web-1', web.properties)]],
      ['attachments', attachments],
    ]),
  };
}

test('the view of a runtime adds the weights that others keep and the targets that other stacks bind', () => {
  const free = (properties: object) =>
    attachment('pool', previewTargets({ b1: 20, b2: 20 }), {
      listenerId: 'web-1',
      manageWeights: false,
      ...properties,
    });
  const runtime = runtimeWith(
    stored('pool-1', { listenerId: 'web-1', targets: previewTargets({ b1: 50, b2: 20 }) }),
    stored('foreign', {
      listenerId: 'web-1',
      targets: previewTargets({ c3: 30 }),
      owner: 'urn:pulumi:prod::billing::t::n',
    }),
  );
  const targetGroup = only(
    [lb, web],
    [[free({}), { ...free({}), properties: { ...free({}).properties, targets: previewTargets({ b1: 20 }) } }]],
    runtime,
  );
  assert.deepEqual(sharesOf(targetGroup, 'before'), { b1: 50, b2: 20, c3: 30 });
  assert.deepEqual(sharesOf(targetGroup, 'after'), { b1: 62.5, c3: 37.5 });
});

test('what others changed in the runtime is told, and stays in the shares if the program changes something else', () => {
  const present = previewTargets({ b1: 0, b2: 20, b9: 5 });
  const runtime = runtimeWith(stored('pool-1', { listenerId: 'web-1', targets: present }));
  const old = attachment('pool', previewTargets({ b1: 20, b2: 20, b4: 1 }));
  const targets = previewTargets({ b1: 20, b2: 30, b3: 20, b4: 1 });
  const { outside, targetGroups } = plan([lb, web], [[old, attachment('pool', targets)]], runtime);
  const fate = 'changed outside; pulumi refresh shows it';
  assert.deepEqual(outside, [
    `pool: b1 has weight 0 in the runtime, 20 in the state: ${fate}`,
    `pool: b4 is not bound in the runtime, and is in the state: ${fate}`,
    `pool: b9 10.0.0.9:80 is bound in the runtime, and not in the state: ${fate}`,
  ]);
  const [targetGroup] = targetGroups;
  assert.deepEqual(targetGroup && operationsOf(targetGroup), ['weight b2 20→30', 'bind b3']);
  assert.deepEqual(targetGroup && sharesOf(targetGroup, 'after'), { b1: 0, b2: 54.5, b9: 9.1, b3: 36.4 });
  const unchanged = plan([lb, web, old], [], runtime);
  assert.deepEqual([unchanged.outside, unchanged.targetGroups], [outside, []]);
});

test('a target that another stack has bound to the same parent is a warning, because the runtime refuses to bind it', () => {
  const weights = Object.fromEntries(['b1', 'b2', 'b3', 'b4', 'b5', 'b6'].map((name) => [name, 20]));
  const pool = { ...attachment('pool', previewTargets(weights)), id: undefined };
  const warningsWith = (properties: object) => {
    const theirs = stored('theirs', { listenerId: 'web-1', targets: previewTargets(weights), ...properties });
    return plan([lb, web], [[undefined, pool]], runtimeWith(theirs)).warnings.filter(
      ({ rule }) => rule === 'bound-elsewhere',
    );
  };
  const urn = (project: string) => `urn:pulumi:dev::${project}::t::theirs`;
  assert.deepEqual(
    warningsWith({ owner: urn('billing') }).map(({ text }) => text),
    [
      'attachment `pool` is refused while attachment `theirs` of `billing/dev` has bound `b1`, `b2`, `b3`, `b4`, `b5`, ' +
        '1 more target to listener `web`: unbind the targets there first.',
    ],
  );
  assert.match(warningsWith({})[0]?.text ?? '', /`theirs` of no stack has bound/);
  // Attachments of one stack may overlap, and those of the listener take the place of those of its load balancer.
  assert.deepEqual(warningsWith({ owner: urn('shop') }), []);
  assert.deepEqual(warningsWith({ owner: urn('billing'), listenerId: undefined, loadBalancerId: 'lb-1' }), []);
});

test("targets that a stack binds to a load balancer of others are planned for its own listeners, not for a third stack's", () => {
  const urn = (project: string) => `urn:pulumi:prod::${project}::t::n`;
  const theirs = (id: string, port: number, sharedWith: readonly string[]) =>
    stored(id, { ...previewListener(id, port).properties, sharedWith, owner: urn('billing') });
  const runtime: RuntimeView = {
    ...NONE,
    objects: new Map([
      ['load-balancers', [stored('lb-1', { address: '127.0.0.1', vip: '127.0.0.1', owner: urn('platform') })]],
      ['listeners', [theirs('closed', 81, []), theirs('open', 82, ['shop/*'])]],
    ]),
  };
  const pool = attachment('pool', previewTargets({ b1: 1 }), { loadBalancerId: 'lb-1' });
  const { targetGroups } = plan([web], [[undefined, pool]], runtime);
  assert.deepEqual(targetGroups.map(({ after }) => after?.parent.name).sort(), ['open', 'web']);
});

test('objects of different kinds may have the same id', () => {
  const same = { id: 'web', references: {} };
  const front = { ...web, ...same, properties: { ...web.properties, loadBalancerId: 'web' } };
  const bound = (weight: number) => ({
    ...attachment('pool', previewTargets({ b1: 20, b2: weight }), { listenerId: 'web' }),
    ...same,
  });
  const targetGroup = only([{ ...lb, ...same }, front], [[bound(20), bound(60)]]);
  assert.deepEqual(sharesOf(targetGroup, 'after'), { b1: 25, b2: 75 });
  assert.equal(targetGroup.after?.parent.kind, 'listeners');
});

test('a secret id stands for the resource on which the property depends', () => {
  const references = (loadBalancerId: PreviewResource) => ({ references: { loadBalancerId } });
  const listeners = ['one', 'two'].map((name, index) => ({ ...previewListener(name, 80 + index), ...references(lb) }));
  const bound = listeners.map((front, index) => ({
    ...attachment(`of-${front.name}`, previewTargets({ [`b${index}`]: 1 })),
    id: undefined,
    references: { listenerId: front },
  }));
  const text = previewText(
    [lb, ...listeners],
    bound.map((after) => [undefined, after] as const),
  ).replaceAll(UNKNOWN, SECRET);
  const { targetGroups } = planOf(parsePreview(text), undefined, NOW_MS);
  assert.deepEqual(
    targetGroups.map((targetGroup) => [targetGroup.after?.parent.name, ...operationsOf(targetGroup)]),
    [
      ['one', 'bind b0'],
      ['two', 'bind b1'],
    ],
  );
});

test('an object that a failed up replaced and left behind goes with the next up', () => {
  const owner = 'urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:TargetAttachment::pool';
  const runtime = runtimeWith(
    stored('pool-1', { owner, listenerId: 'web-1', targets: previewTargets({ b1: 20 }) }),
    stored('pool-0', { owner, listenerId: 'web-1', targets: previewTargets({ b3: 20 }) }),
  );
  const now = attachment('pool', previewTargets({ b1: 20 }));
  const targetGroup = only([lb, web, now], [], runtime);
  assert.deepEqual(operationsOf(targetGroup), ['unbind b3']);
  assert.deepEqual(sharesOf(targetGroup, 'after'), { b1: 100 });
});

test('if two attachments bind one target key, its holder counts, and a new binding takes its place', () => {
  const both = new Map([
    ['load-balancers', [stored('lb-1', { vip: '127.0.0.1' })]],
    ['listeners', [stored('web-1', web.properties)]],
    [
      'attachments',
      [
        stored('old', { listenerId: 'web-1', targets: { x: { address: '10.0.0.9', port: 80, weight: 10 } } }),
        stored('older', { listenerId: 'web-1', targets: { x: { address: '10.0.0.9', port: 80, weight: 90 } } }),
        stored('rest', { listenerId: 'web-1', targets: { y: { address: '10.0.0.8', port: 80, weight: 10 } } }),
      ],
    ],
  ] as const);
  const before = attachment('mine', {});
  const after = attachment('mine', { x: { address: '10.0.0.9', port: 80, weight: 30 } });
  const targetGroup = only([lb, web], [[before, after]], { ...NONE, objects: both as never, holderOf: () => 'old' });
  assert.deepEqual(sharesOf(targetGroup, 'before'), { x: 50, y: 50 });
  assert.deepEqual(sharesOf(targetGroup, 'after'), { x: 75, y: 25 });
});

test('an adopted object goes on unchanged under its id', () => {
  const theirs = { listenerId: 'web-1', targets: previewTargets({ b1: 20 }) };
  const runtime: RuntimeView = {
    ...NONE,
    objects: new Map([
      ['load-balancers', [stored('lb-1', { address: '127.0.0.1', vip: '127.0.0.1' })]],
      ['listeners', [stored('web-1', web.properties)]],
      ['attachments', [stored('by-hand', theirs)]],
    ]),
  };
  const adopting = (properties: object) => ({
    ...attachment('pool', {}),
    id: undefined,
    properties: { ...properties, adopt: 'by-hand' },
  });
  const same = plan([lb, web], [[undefined, adopting(theirs)]], runtime);
  assert.deepEqual(same.targetGroups, []);
  assert.deepEqual(
    same.changes.map(({ verb }) => verb),
    ['adopt'],
  );
});

test('members of auto scaling groups and targets by server have a share, and targets that may take no traffic have none', () => {
  const server = (id: string, address: string, rest: object = {}) =>
    stored(id, {
      region: 'r',
      vpcId: 'v',
      addresses: [address],
      status: 'Running',
      isolated: false,
      kind: 'ecs',
      ...rest,
    });
  const runtime: RuntimeView = {
    ...NONE,
    objects: new Map([
      ['load-balancers', [stored('lb-1', { address: '127.0.0.1', vip: '127.0.0.1', performance: 'shared' })]],
      ['listeners', [stored('web-1', web.properties)]],
      [
        'backend-servers',
        [
          server('i-1', '10.0.0.11'),
          server('i-2', '10.0.0.12', { status: 'Stopped' }),
          server('i-3', '10.0.0.13', { expiresAt: '2026-11-20T00:00:00Z' }),
          server('i-4', '10.0.0.14', { expiresAt: '2026-11-22T00:00:00Z' }),
        ],
      ],
      ['groups', [stored('g', { members: { one: 'i-1', two: 'i-2', three: 'i-3' } })]],
      ['group-attachments', [stored('ga', { groupId: 'g', listenerId: 'web-1', port: 80, weight: 60 })]],
    ]),
  };
  const by = (weight: number) => attachment('pool', { four: { serverId: 'i-4', port: 80, weight } });
  const targetGroup = only([lb, web], [[by(60), by(20)]], runtime);
  assert.deepEqual(sharesOf(targetGroup, 'before'), { four: 50, one: 50, two: 0, three: 0 });
  assert.deepEqual(sharesOf(targetGroup, 'after'), { four: 25, one: 75, two: 0, three: 0 });
  assert.deepEqual(
    targetGroup.rows.map(({ after }) => [after?.binding.key, after?.binding.ineligible]),
    [
      ['10.0.0.11:80', undefined],
      ['10.0.0.12:80', 'server i-2 is Stopped, not Running'],
      ['10.0.0.13:80', 'server i-3 has expired'],
      ['10.0.0.14:80', undefined],
    ],
  );
});

const i1 = { region: 'r', vpcId: 'v', addresses: ['10.0.0.11', '10.0.0.12'] };
const SERVERS: readonly (readonly [rule: string, after: object, reason: string | undefined])[] = [
  [
    'other addresses than its target names',
    { addresses: ['10.0.0.11'] },
    'server i-1 has no address 10.0.0.12: it has 10.0.0.11',
  ],
  [
    'a type that the target does not name',
    { kind: 'eni' },
    'server i-1 is of type "eni", which the target must name, and not "ecs"',
  ],
  ['another region', { region: 'q' }, 'server i-1 is in region q, and the load balancer in r'],
  ['a region that is not known', { region: UNKNOWN }, undefined],
  ['a secret region', { region: SECRET }, undefined],
];

for (const [rule, after, reason] of SERVERS) {
  test(`a server with ${rule}: ${reason === undefined ? 'its target takes traffic' : 'its target takes none'}`, () => {
    const server = (properties: PreviewResource['properties']): PreviewResource => ({
      type: 'BackendServer',
      name: 's',
      id: 'i-1',
      properties,
    });
    const pool = attachment('pool', {
      one: { serverId: 'i-1', address: '10.0.0.12', port: 80 },
      ...previewTargets({ b2: 1 }),
    });
    const regional = { ...lb, properties: { ...lb.properties, region: 'r' } };
    const { targetGroups } = plan([regional, web, pool], [[server(i1), server({ ...i1, ...after })]]);
    const found = targetGroups.flatMap(({ rows }) => rows.flatMap(({ after: row }) => row?.binding.ineligible ?? []));
    assert.deepEqual(found, reason === undefined ? [] : [reason]);
  });
}

const weights = fc.dictionary(fc.constantFrom('b1', 'b2', 'b3', 'b4', 'b5'), fc.integer({ min: 0, max: 100 }));

test('known shares sum to 1, or to 0 if no target takes traffic', () => {
  assertHolds(
    fc.property(weights, weights, weights, (before, after, other) => {
      const stays = attachment(
        'stays',
        previewTargets(Object.fromEntries(Object.entries(other).map(([name, w]) => [`c1${name}`, w]))),
      );
      const { targetGroups } = plan(
        [lb, web, stays],
        [[attachment('pool', previewTargets(before)), attachment('pool', previewTargets(after))]],
      );
      for (const { rows } of targetGroups) {
        for (const when of ['before', 'after'] as const) {
          const parts = rows.flatMap((row) => row[when] ?? []);
          const sum = parts.reduce((total, { share }) => total + (share ?? Number.NaN), 0);
          const takes = parts.some(({ binding }) => binding.weight !== 0);
          assert.ok(Math.abs(sum - (takes ? 1 : 0)) < 1e-9, `${sum}`);
        }
      }
    }),
  );
});

test('equal targets before and after the up give no target group', () => {
  assertHolds(
    fc.property(weights, (same) => {
      const pair: PreviewChange = [attachment('pool', previewTargets(same)), attachment('pool', previewTargets(same))];
      assert.deepEqual(plan([lb, web], [pair]).targetGroups, []);
    }),
  );
});

test('the operations turn the targets before the up into those after it', () => {
  assertHolds(
    fc.property(weights, weights, (before, after) => {
      const { targetGroups } = plan(
        [lb, web],
        [[attachment('pool', previewTargets(before)), attachment('pool', previewTargets(after))]],
      );
      const result = new Map(Object.entries(before));
      for (const { before: was, after: is, operations } of targetGroups.flatMap(({ rows }) => rows)) {
        for (const change of operations) {
          const name = (is ?? was)?.binding.name ?? '';
          if (change.operation === 'unbind') result.delete(name);
          if (change.operation === 'bind') result.set(name, is?.binding.weight ?? Number.NaN);
          if (change.operation === 'weight') result.set(name, Number(change.to));
        }
      }
      assert.deepEqual([...result].sort(), Object.entries(after).sort());
    }),
  );
});
