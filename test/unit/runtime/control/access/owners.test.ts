// Tokens that name owners: for which owners they write, and which objects they change and delete.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../../../../../provider/model/base/kinds.ts';
import { TokenAccess } from '../../../../../provider/runtime/control/access/access.ts';
import { demandOwner, demandOwnerOf } from '../../../../../provider/runtime/control/access/owners.ts';
import { emptyDraft, put, writeErrorOf } from '../../../../harness/control/drafts.ts';

const urnOf = (project: string, stack: string) => `urn:pulumi:${stack}::${project}::weir::x`;

function tokenFor(owners: readonly string[] | undefined): TokenAccess {
  const statements = [{ actions: ['*'], resources: ['*'] }];
  return new TokenAccess({ id: 'ci-1', name: 'ci', statements, ...(owners && { owners: [...owners] }) }, () => true);
}

const OWNERS: readonly (readonly [
  patterns: readonly string[] | undefined,
  owner: string | undefined,
  isAllowed: boolean,
])[] = [
  [undefined, undefined, true],
  [undefined, urnOf('shop', 'dev'), true],
  [['shop/dev'], urnOf('shop', 'dev'), true],
  [['billing/*', 'shop/*'], urnOf('shop', 'prod'), true],
  [['*/dev'], urnOf('shop', 'dev'), true],
  [['shop/*'], undefined, false],
  [['*/*'], undefined, false],
  [['shop/dev'], urnOf('shop', 'prod'), false],
  [['dev/shop'], urnOf('shop', 'dev'), false],
  [['shop/*'], urnOf('shop2', 'dev'), false],
  [['*/*'], 'shop/dev', false],
  [['*/*'], 'urn:pulumi:dev', false],
  [['*/*'], ' urn:pulumi:dev::shop::weir::x', false],
  [['shop/*'], 'urn:pulumi:dev::billing::weir::urn:pulumi:dev::shop::weir::x', false],
  [['shop*/*'], 'urn:pulumi:dev::shop/x::weir::x', false],
];

for (const [patterns, owner, isAllowed] of OWNERS) {
  const token = patterns === undefined ? 'without owners' : `for ${patterns.join(', ')}`;
  test(`a token ${token} ${isAllowed ? 'writes' : 'does not write'} for ${owner ?? 'nobody'}`, () => {
    const code = isAllowed ? undefined : 'Forbidden';
    const access = tokenFor(patterns);
    const draft = emptyDraft();
    const object = put(draft, 'load-balancers', 'lb', {}, { owner });
    assert.equal(writeErrorOf(() => demandOwner(access, owner))?.code, code);
    // An update and a delete of an object of this owner, and its transfer to an owner of the token.
    assert.equal(writeErrorOf(() => demandOwnerOf(access, draft, object, object))?.code, code);
    assert.equal(writeErrorOf(() => demandOwnerOf(access, draft, object, undefined))?.code, code);
    const taken = { ...object, owner: urnOf('shop', 'dev') };
    // What is nobody's may be taken over.
    assert.equal(
      writeErrorOf(() => demandOwnerOf(access, draft, object, taken))?.code,
      owner === undefined ? undefined : code,
    );
  });
}

test('the errors name the owners of the token, the owner of the write, and the command that helps', () => {
  const access = tokenFor(['shop/*', 'cart/dev']);
  const draft = emptyDraft();
  const theirs = put(draft, 'load-balancers', 'lb', {}, { owner: urnOf('billing', 'prod') });
  const nobodys = put(draft, 'load-balancers', 'raw', {});
  const only = 'The token "ci" writes only for the owners shop/*, cart/dev, and';
  const advice =
    'the administrator can create a token that writes for it with `weir token create --owners billing/prod`';
  const messages = [
    () => demandOwner(access, undefined),
    () => demandOwner(access, theirs.owner),
    () => demandOwner(access, 'shop/dev'),
    () => demandOwnerOf(access, draft, theirs, undefined),
    () => demandOwnerOf(access, draft, nobodys, undefined),
  ].map((work) => writeErrorOf(work)?.message);
  assert.deepEqual(messages, [
    `${only} owner is required: the URN of a resource of such a stack.`,
    `${only} owner is ${theirs.owner}: ${advice}.`,
    `${only} owner is shop/dev, which is not the URN of a resource, such as urn:pulumi:STACK::PROJECT::TYPE::NAME.`,
    `${only} the object is load balancer lb of ${theirs.owner}: ${advice}.`,
    `${only} load balancer raw has no owner: use a token without owners.`,
  ]);
});

test('a token with owners does not take over what objects of other owners use, whatever they are and however far away', () => {
  const [shop, cart] = [urnOf('shop', 'dev'), urnOf('cart', 'dev')];
  const server = { region: 'r', vpcId: 'v', addresses: ['10.0.0.1'] };
  const PARTS = [
    ['backend-servers', 's'],
    ['groups', 'g'],
    ['load-balancers', 'lb'],
    ['listeners', 'web'],
    ['rules', 'api'],
  ] as const;
  for (const [kind, id] of PARTS) {
    for (const user of [undefined, shop, cart]) {
      const draft = emptyDraft();
      put(draft, 'backend-servers', 's', server);
      put(draft, 'groups', 'g', { members: { s: 's' } });
      put(draft, 'load-balancers', 'lb', {});
      put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 });
      put(draft, 'rules', 'api', { listenerId: 'web', path: '/api' });
      put(draft, 'group-attachments', 'ga', { ruleId: 'api', groupId: 'g', port: 80 }, { owner: user });
      const before = draft.get<Kind>(kind, id) ?? assert.fail();
      const take = (owners: readonly string[] | undefined) =>
        writeErrorOf(() => demandOwnerOf(tokenFor(owners), draft, before, { ...before, owner: shop }));
      const error = take(['shop/*']);
      assert.deepEqual([kind, user, error?.code], [kind, user, user === cart ? 'Forbidden' : undefined]);
      assert.equal(take(['shop/*', 'cart/*']), undefined);
      // A token without owners may, as that of a platform's team that adopts what a runtime has.
      assert.equal(take(undefined), undefined);
      if (error === undefined) continue;
      const text = `and is used by a group attachment of ${cart}: use a token without owners.`;
      assert.ok(error.message.endsWith(text), error.message);
    }
  }
});
