// Rules that change between responses of their own and targets, as writes of the model.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../../../../provider/runtime/compile/compile.ts';
import { deleteObject } from '../../../../../provider/runtime/control/write/changes.ts';
import { ownResponseWarnings } from '../../../../../provider/runtime/control/write/own-responses.ts';
import type { Draft } from '../../../../../provider/runtime/stored/model.ts';
import type { StoredObject } from '../../../../../provider/runtime/stored/object.ts';
import { emptyDraft, put, writeErrorOf } from '../../../../harness/control/drafts.ts';

const PLAIN = { listenerId: 'web', path: '/shop' };
const MOVED = { ...PLAIN, redirect: { path: '/new' } };
const TARGETS = { a: { address: '10.0.0.1', port: 80 } };

function shopDraft(): Draft {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', {});
  put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 });
  put(draft, 'rules', 'shop', PLAIN);
  return draft;
}

/** What the rule responds itself in the snapshot, and how many targets it has; `undefined` if it is not served. */
function served(draft: Draft): [response: string | undefined, targets: number] | undefined {
  const [rule] = compile(draft).snapshot.listeners.get('web')?.rules ?? [];
  return rule && [rule.targetGroup.actions?.own?.type, rule.targetGroup.targets.size];
}

function warnings(draft: Draft): string[] {
  return ownResponseWarnings(draft, draft.get('rules', 'shop') as StoredObject<'rules'>, ({ id }) => id);
}

test('a rule with an attachment becomes a redirect at once, and tells which attachments are left', () => {
  const draft = shopDraft();
  put(draft, 'attachments', 'pool', { ruleId: 'shop', targets: TARGETS });
  assert.deepEqual(served(draft), [undefined, 1]);
  put(draft, 'rules', 'shop', MOVED);
  assert.deepEqual(served(draft), ['redirect', 0]);
  assert.deepEqual(warnings(draft), ['has a redirect: pool binds no targets to it, and has to be deleted']);
  const refused = writeErrorOf(() => put(draft, 'attachments', 'pool', { ruleId: 'shop', targets: {} }));
  assert.equal(refused?.code, 'OperationFailed.ActionNotSupport');
  deleteObject(draft, 'attachments', 'pool', undefined);
  assert.deepEqual([served(draft), warnings(draft)], [['redirect', 0], []]);
});

test('a rule that becomes plain with its attachment still there has its targets at once', () => {
  const draft = shopDraft();
  put(draft, 'attachments', 'pool', { ruleId: 'shop', targets: TARGETS });
  put(draft, 'rules', 'shop', MOVED);
  put(draft, 'rules', 'shop', PLAIN);
  assert.deepEqual([served(draft), warnings(draft)], [[undefined, 1], []]);
  deleteObject(draft, 'attachments', 'pool', undefined);
  assert.equal(served(draft), undefined);
});

test('a rule without an attachment that becomes plain goes on with its last response until it has one', () => {
  const draft = shopDraft();
  assert.equal(served(draft), undefined);
  put(draft, 'rules', 'shop', { ...PLAIN, fixedResponse: { status: 404 } });
  put(draft, 'rules', 'shop', MOVED);
  put(draft, 'rules', 'shop', PLAIN);
  assert.deepEqual(served(draft), ['redirect', 0]);
  put(draft, 'rules', 'shop', { ...PLAIN, path: '/other' });
  assert.deepEqual(served(draft), ['redirect', 0]);
  assert.deepEqual(warnings(draft), ['goes on with its former redirect until an attachment binds targets to it']);
  put(draft, 'groups', 'g', {});
  put(draft, 'group-attachments', 'pool', { ruleId: 'shop', groupId: 'g', port: 80 });
  assert.deepEqual([served(draft), warnings(draft)], [[undefined, 0], []]);
  deleteObject(draft, 'group-attachments', 'pool', undefined);
  assert.equal(served(draft), undefined);
});

test('a redirect that leads to the URL that was requested is refused', () => {
  const draft = shopDraft();
  const refused = writeErrorOf(() => put(draft, 'rules', 'shop', { ...PLAIN, redirect: { protocol: 'HTTP' } }));
  assert.deepEqual(
    refused?.details.map(({ path }) => path),
    ['redirect'],
  );
});
