// Sharing: what a stack may create, move and adopt below objects of another stack, by owners and lists of owners.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Kind, PARENT_KINDS } from '../../../../../provider/model/base/kinds.ts';
import { deleteObject } from '../../../../../provider/runtime/control/write/changes.ts';
import type { Draft } from '../../../../../provider/runtime/stored/model.ts';
import { emptyDraft, put, writeErrorOf } from '../../../../harness/control/drafts.ts';

const urnOf = (project: string, stack: string) => `urn:pulumi:${stack}::${project}::weir::x`;
const PLATFORM = urnOf('platform', 'prod');
const SHOP = urnOf('shop', 'dev');
const BILLING = urnOf('billing', 'dev');
const NOBODY = undefined;

/** The parents of the world, from the topmost to the lowest one. Each has a twin that nobody owns. */
const CHAIN = [
  ['load-balancers', 'lb', {}],
  ['listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 }],
  ['rules', 'api', { listenerId: 'web', path: '/api' }],
] as const;

/** Every kind of object below every kind of parent: its kind, the property that names the parent, and its others. */
const PLACES = [
  ['listeners', 'loadBalancerId', { protocol: 'HTTP', port: 81 }],
  ['rules', 'listenerId', { path: '/mine' }],
  ...(['loadBalancerId', 'listenerId', 'ruleId'] as const).flatMap((property) => [
    ['attachments', property, { targets: { a: { address: '10.0.0.1', port: 80 } } }] as const,
    ['group-attachments', property, { groupId: 'g', port: 80 }] as const,
  ]),
] as const satisfies readonly (readonly [Kind, keyof typeof PARENT_KINDS, object])[];

interface Owned {
  readonly owner: string | undefined;
  readonly sharedWith: readonly string[];
}

/** A chain of objects that nobody owns, a second one beside it, and a group. */
function world(): Draft {
  const draft = emptyDraft();
  for (const [kind, id, input] of CHAIN) {
    put(draft, kind, id, input);
    put(
      draft,
      kind,
      `${id}2`,
      Object.fromEntries(Object.entries(input).map(([k, v]) => [k, k.endsWith('Id') ? `${v}2` : v])),
    );
  }
  put(draft, 'groups', 'g', {});
  return draft;
}

/** Gives the objects of the chain their owners and lists, from the lowest to the topmost one, so that none is checked. */
function give(draft: Draft, chain: readonly Owned[]): void {
  for (const [index, [kind, id, input]] of [...CHAIN.entries()].reverse()) {
    const { owner, sharedWith } = chain[index] ?? { owner: NOBODY, sharedWith: [] };
    put(draft, kind, id, { ...input, sharedWith: [...sharedWith] }, { owner, incarnation: 'new' });
  }
}

const RELATIONS: readonly (readonly [
  relation: string,
  parent: Owned,
  writer: string | undefined,
  isAllowed: boolean,
])[] = [
  ['the stack that owns the parent', { owner: PLATFORM, sharedWith: [] }, PLATFORM, true],
  ['another stack', { owner: PLATFORM, sharedWith: [] }, SHOP, false],
  ['another stack of the same project', { owner: PLATFORM, sharedWith: [] }, urnOf('platform', 'dev'), false],
  ['a stack of the same name', { owner: urnOf('platform', 'dev'), sharedWith: [] }, SHOP, false],
  ['a stack that is listed', { owner: PLATFORM, sharedWith: ['billing/dev', 'shop/dev'] }, SHOP, true],
  ['a stack of a project that is listed', { owner: PLATFORM, sharedWith: ['shop/*'] }, SHOP, true],
  ['a stack that is listed by a pattern', { owner: PLATFORM, sharedWith: ['s*p/*e*'] }, SHOP, true],
  ['any stack of Pulumi, if all are listed', { owner: PLATFORM, sharedWith: ['*/*'] }, SHOP, true],
  ['a stack of which another stack is listed', { owner: PLATFORM, sharedWith: ['shop/prod'] }, SHOP, false],
  ['a stack whose name is listed as a project', { owner: PLATFORM, sharedWith: ['dev/shop'] }, SHOP, false],
  ['a stack of whose project a part is listed', { owner: PLATFORM, sharedWith: ['sho/*', '*op2/*'] }, SHOP, false],
  ['a stack that differs in upper case', { owner: PLATFORM, sharedWith: ['Shop/dev'] }, SHOP, false],
  ['an owner that is no stack', { owner: PLATFORM, sharedWith: ['*/*'] }, 'shop/dev', false],
  [
    'an owner that looks like a stack',
    { owner: PLATFORM, sharedWith: ['shop*/*'] },
    'urn:pulumi:dev::shop/x::weir::x',
    false,
  ],
  ['a caller that names no owner', { owner: PLATFORM, sharedWith: [] }, NOBODY, true],
  ['any stack, if nobody owns the parent', { owner: NOBODY, sharedWith: ['billing/dev'] }, SHOP, true],
];

for (const [relation, parent, writer, isAllowed] of RELATIONS) {
  test(`${relation} ${isAllowed ? 'may' : 'may not'} create, move and adopt each kind of object below each kind of parent`, () => {
    for (const [kind, property, input] of PLACES) {
      const id = CHAIN.find(([each]) => each === PARENT_KINDS[property])?.[1] ?? '';
      const [below, aside] = [id, `${id}2`].map((parentId) => ({ ...input, [property]: parentId }));
      const chain = CHAIN.map((): Owned => parent);
      const attempts: Record<string, (draft: Draft) => void> = {
        create: () => {},
        move: (draft) => put(draft, kind, 'x', aside ?? {}, { owner: writer }),
        // An object without an owner, and one of a third stack, which knew the incarnation.
        adopt: (draft) => put(draft, kind, 'x', below ?? {}),
        'adopt from another': (draft) => put(draft, kind, 'x', below ?? {}, { owner: BILLING }),
      };
      for (const [attempt, prepare] of Object.entries(attempts)) {
        const draft = world();
        prepare(draft);
        give(draft, chain);
        const { version } = draft;
        const error = writeErrorOf(() => put(draft, kind, 'x', below ?? {}, { owner: writer, incarnation: 'new' }));
        const place = [kind, property, attempt];
        assert.deepEqual([...place, error?.code], [...place, isAllowed ? undefined : 'OwnedByOther']);
        if (isAllowed) continue;
        assert.equal(draft.version, version);
        assert.deepEqual(
          error?.details.map(({ path }) => path),
          [property],
        );
        assert.ok(error?.message.includes(` ${id} of ${parent.owner}, which is not shared with `), error?.message);
      }
    }
  });
}

test('updates and deletes pass after the sharing was withdrawn, and a new object does not', () => {
  for (const [kind, property, input] of PLACES) {
    const id = CHAIN.find(([each]) => each === PARENT_KINDS[property])?.[1] ?? '';
    const below = { ...input, [property]: id };
    const change = { listeners: { drainSeconds: 1 }, rules: { path: '/other' }, attachments: { targets: {} } };
    const draft = world();
    const share = (sharedWith: readonly string[]) =>
      give(
        draft,
        CHAIN.map(() => ({ owner: PLATFORM, sharedWith })),
      );
    share(['shop/dev']);
    put(draft, kind, 'x', below, { owner: SHOP });
    share([]);
    put(
      draft,
      kind,
      'x',
      { ...below, ...(kind in change ? change[kind as keyof typeof change] : {}) },
      { owner: SHOP },
    );
    // Another resource of the same stack takes the object over, as after a rename with an alias.
    put(draft, kind, 'x', below, { owner: `${SHOP}2`, incarnation: 'new' });
    assert.equal(writeErrorOf(() => put(draft, kind, 'y', below, { owner: SHOP }))?.code, 'OwnedByOther');
    deleteObject(draft, kind, 'x', undefined);
    assert.equal(writeErrorOf(() => put(draft, kind, 'x', below, { owner: SHOP }))?.code, 'OwnedByOther');
  }
});

const by =
  (owner: string | undefined) =>
  (...sharedWith: string[]): Owned => ({ owner, sharedWith });
const [platform, billing, nobody] = [by(PLATFORM), by(BILLING), by(NOBODY)];

/** The owners and lists of the load balancer, the listener and the rule, and whether SHOP may bind targets to the rule. */
const CHAINS: readonly (readonly [name: string, chain: readonly [Owned, Owned, Owned], isAllowed: boolean])[] = [
  ['no list', [platform(), platform(), platform()], false],
  ["the rule's list", [platform(), platform(), platform('shop/*')], true],
  ["the listener's list", [platform(), platform('shop/*'), platform()], true],
  ["the load balancer's list", [platform('shop/*'), platform(), platform()], true],
  ["the load balancer's list beside others", [platform('shop/*'), platform('a/b'), platform('c/d')], true],
  ["the load balancer's list across a listener of another stack", [platform('shop/*'), billing(), platform()], false],
  ["the load balancer's list across a listener of nobody", [platform('shop/*'), nobody('shop/*'), platform()], false],
  ['the list of a listener of another stack', [platform(), billing('shop/*'), platform()], false],
  ['the list of a load balancer of another stack', [billing('shop/*'), platform(), platform()], false],
  ['the list of a load balancer of nobody', [nobody('shop/*'), platform(), platform()], false],
  ["its own list below another stack's objects", [billing(), billing(), platform('shop/*')], true],
  ["its listener's list below another stack's load balancer", [billing(), platform('shop/*'), platform()], true],
];

for (const [name, chain, isAllowed] of CHAINS) {
  test(`a rule is ${isAllowed ? '' : 'not '}shared by ${name}`, () => {
    const draft = world();
    give(draft, chain);
    const targets = { a: { address: '10.0.0.1', port: 80 } };
    const error = writeErrorOf(() => put(draft, 'attachments', 'x', { ruleId: 'api', targets }, { owner: SHOP }));
    assert.equal(error?.code, isAllowed ? undefined : 'OwnedByOther');
  });
}

/** The owners of the load balancer and the listener, under a rule that nobody owns, and whether SHOP may bind to it. */
const OPEN_CHAINS: readonly (readonly [name: string, chain: readonly [Owned, Owned, Owned], isAllowed: boolean])[] = [
  ["another stack's listener", [nobody(), platform(), nobody()], false],
  ["another stack's load balancer", [platform(), nobody(), nobody()], false],
  ["another stack's load balancer, with lists of nobody", [platform(), nobody('shop/*'), nobody('shop/*')], false],
  ["another stack's load balancer that is shared", [platform('shop/*'), nobody(), nobody()], true],
  ["another stack's listener below its own load balancer", [by(SHOP)(), platform(), nobody()], false],
  ["its own listener below another stack's load balancer", [platform(), by(SHOP)(), nobody()], true],
];

for (const [name, chain, isAllowed] of OPEN_CHAINS) {
  test(`a rule of nobody is ${isAllowed ? '' : 'not '}open to a stack below ${name}`, () => {
    const draft = world();
    give(draft, chain);
    const targets = { a: { address: '10.0.0.1', port: 80 } };
    const error = writeErrorOf(() => put(draft, 'attachments', 'x', { ruleId: 'api', targets }, { owner: SHOP }));
    assert.equal(error?.code, isAllowed ? undefined : 'OwnedByOther');
    if (!isAllowed)
      assert.match(error?.message ?? '', /rule api below .* of urn:pulumi:prod::platform::weir::x, which/);
  });
}

test('an object is not taken from where it is by moving it in the same write', () => {
  for (const [kind, property, input] of PLACES) {
    const id = CHAIN.find(([each]) => each === PARENT_KINDS[property])?.[1] ?? '';
    const [below, aside] = [id, `${id}2`].map((parentId) => ({ ...input, [property]: parentId }));
    for (const owner of [PLATFORM, BILLING, NOBODY]) {
      const draft = world();
      put(draft, kind, 'x', below ?? {}, { owner });
      const take = () => writeErrorOf(() => put(draft, kind, 'x', aside ?? {}, { owner: SHOP, incarnation: 'new' }));
      const share = (sharedWith: readonly string[]) =>
        give(
          draft,
          CHAIN.map(() => ({ owner: PLATFORM, sharedWith })),
        );
      share([]);
      assert.equal(take()?.code, 'OwnedByOther', `${kind} ${property} ${owner}`);
      share(['shop/*']);
      assert.equal(take(), undefined);
    }
  }
});

test('an adoption changes nothing that objects of a third stack depend on', () => {
  const server = { region: 'a', vpcId: 'v', addresses: ['10.0.0.1', '10.0.0.2'] };
  const turned = { ...server, addresses: server.addresses.toReversed() };
  const cases: [kind: Kind, id: string, same: object, changed: object][] = [
    ['backend-servers', 's', server, turned],
    ['backend-servers', 'm', server, turned],
    ['groups', 'g', { members: { m: 'm' } }, { members: {} }],
    ['load-balancers', 'lb', { address: '127.0.0.1' }, { address: '127.0.0.2' }],
    ['listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 }, { ...CHAIN[1][2], port: 81 }],
    ['rules', 'api', CHAIN[2][2], { ...CHAIN[2][2], path: '/other' }],
  ];
  for (const [kind, id, same, changed] of cases) {
    const draft = world();
    for (const each of ['s', 'm']) put(draft, 'backend-servers', each, server);
    put(draft, 'load-balancers', 'lb', { address: '127.0.0.1' });
    put(draft, 'groups', 'g', { members: { m: 'm' } });
    put(draft, 'attachments', 'a', { ruleId: 'api', targets: { a: { serverId: 's', port: 80 } } }, { owner: PLATFORM });
    put(draft, 'group-attachments', 'ga', { ruleId: 'api', groupId: 'g', port: 80 }, { owner: PLATFORM });
    const adopt = (properties: object, owner = SHOP) =>
      writeErrorOf(() => draft.attempt(() => put(draft, kind, id, properties, { owner, incarnation: 'new' })));
    assert.equal(adopt(changed)?.code, 'OwnedByOther', `${kind} ${id}`);
    assert.match(adopt(changed)?.message ?? '', /is used by an? .* of urn:pulumi:prod::platform::weir::x: adopt it/);
    // Everybody may take it as it is, and the stack that depends on it may take it and change it.
    assert.equal(adopt(same), undefined);
    assert.equal(adopt(changed, PLATFORM), undefined);
  }
});

test('the error names the property, the owner, and what the owner has to add', () => {
  const draft = world();
  give(draft, [platform(), platform(), platform()]);
  const message = (owner: string) =>
    writeErrorOf(() => put(draft, 'rules', 'x', { listenerId: 'web', path: '/x' }, { owner }))?.message;
  const names = `listenerId names listener web of ${PLATFORM}, which is not shared with`;
  assert.equal(message(SHOP), `${names} shop/dev: ask its owner to add sharedWith: ["shop/dev"] to it`);
  assert.equal(message('me'), `${names} the owner me: it can be shared with stacks of Pulumi only`);
});

test("a rule takes no requests from another stack's rule that is not shared, whether created, moved, changed or adopted", () => {
  const wide = { listenerId: 'web', host: 'shop.example', path: '/app' };
  const narrow = { ...wide, path: '/app/login' };
  const open = [platform('*/*'), platform('*/*'), platform('*/*')] as const;
  const attempts: Record<string, (draft: Draft) => void> = {
    create: () => {},
    move: (draft) => put(draft, 'rules', 'x', { ...narrow, listenerId: 'web2' }, { owner: BILLING }),
    change: (draft) => put(draft, 'rules', 'x', { ...narrow, path: '/other' }, { owner: BILLING }),
    adopt: (draft) => put(draft, 'rules', 'x', narrow),
  };
  for (const [attempt, prepare] of Object.entries(attempts)) {
    for (const [sharedWith, isAllowed] of [
      [[], false],
      [['billing/*'], true],
    ] as const) {
      const draft = world();
      prepare(draft);
      give(draft, open);
      put(draft, 'rules', 'theirs', { ...wide, sharedWith }, { owner: SHOP });
      // The platform's rules are shared as the listener is.
      put(draft, 'rules', 'all', { listenerId: 'web', path: '/' }, { owner: PLATFORM });
      const write = () => put(draft, 'rules', 'x', narrow, { owner: BILLING, incarnation: 'new' });
      const error = writeErrorOf(write);
      assert.deepEqual([attempt, error?.code], [attempt, isAllowed ? undefined : 'OwnedByOther']);
      const name =
        'path takes requests from a rule of urn:pulumi:dev::shop::weir::x, which is not shared with billing/dev';
      if (!isAllowed) assert.ok(error?.message.startsWith(name), error?.message);
      if (!isAllowed) continue;
      // What it has, it goes on to have, and may replace, also after the sharing was withdrawn.
      put(draft, 'rules', 'theirs', wide, { owner: SHOP });
      put(draft, 'rules', 'x', { ...narrow, algorithm: 'source-ip-hash' }, { owner: BILLING });
      put(draft, 'rules', 'y', { ...narrow, path: '/app/login/new' }, { owner: BILLING });
      assert.equal(
        writeErrorOf(() => put(draft, 'rules', 'z', { ...wide, path: '/app/pay' }, { owner: BILLING }))?.code,
        'OwnedByOther',
      );
    }
  }
});
