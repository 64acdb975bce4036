// The record of a stack's last write is kept beside its object while others change the object.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../../../../../provider/model/base/kinds.ts';
import type { MergePatch } from '../../../../../provider/model/base/merge-patch.ts';
import { fingerprint } from '../../../../../provider/model/base/secrets.ts';
import { patchedProperties } from '../../../../../provider/runtime/control/write/object-patch.ts';
import type { PutRequest } from '../../../../../provider/runtime/control/write/put-request.ts';
import type { Draft } from '../../../../../provider/runtime/stored/model.ts';
import { emptyDraft, put, writeErrorOf } from '../../../../harness/control/drafts.ts';

const OWNER = 'urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:TargetAttachment::pool';
const BY_STACK: Partial<PutRequest> = { owner: OWNER, isOfStack: true };
const A = { address: '10.0.0.1', port: 80 };
const B = { address: '10.0.0.2', port: 80 };

function patch(draft: Draft, kind: Kind, id: string, change: MergePatch, more: Partial<PutRequest> = {}): void {
  put(draft, kind, id, patchedProperties(draft, kind, id, change), { ...more, patch: change });
}

function poolDraft(more: Partial<PutRequest>): Draft {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', {});
  put(draft, 'attachments', 'pool', { loadBalancerId: 'lb', targets: { a: A, b: B } }, more);
  return draft;
}

const writtenOf = (draft: Draft) => draft.get('attachments', 'pool')?.written;

test('the record is empty after a write of the stack, has what others change, and loses it when the stack writes or they undo it', () => {
  const draft = poolDraft(BY_STACK);
  const version = writtenOf(draft)?.version;
  assert.deepEqual(writtenOf(draft)?.patch, {});
  const change = { targets: { a: { weight: 0 }, b: null, c: { address: '10.0.0.3', port: 80 } } };
  patch(draft, 'attachments', 'pool', change);
  assert.deepEqual(writtenOf(draft), { version, patch: { targets: { a: { weight: null }, b: B, c: null } } });
  patch(draft, 'attachments', 'pool', { targets: { c: null } });
  assert.deepEqual(writtenOf(draft), { version, patch: { targets: { a: { weight: null }, b: B } } });
  patch(draft, 'attachments', 'pool', { targets: { b: { ...B, weight: 5 } } }, BY_STACK);
  assert.deepEqual(writtenOf(draft), { version: draft.version, patch: { targets: { a: { weight: null } } } });
  patch(draft, 'attachments', 'pool', { defaultPort: 81 }, BY_STACK);
  patch(draft, 'attachments', 'pool', { targets: { a: { weight: null } } });
  assert.deepEqual(writtenOf(draft)?.patch, {});
});

test('an equal write of the stack makes no version, and one that others made the same makes only a record', () => {
  const draft = poolDraft(BY_STACK);
  const { version } = draft;
  patch(draft, 'attachments', 'pool', {}, BY_STACK);
  put(draft, 'attachments', 'pool', { loadBalancerId: 'lb', targets: { a: A, b: B } }, BY_STACK);
  assert.deepEqual([draft.version, writtenOf(draft)?.version], [version, version]);
  patch(draft, 'attachments', 'pool', { targets: { a: { weight: 0 } } });
  patch(draft, 'attachments', 'pool', { targets: { a: { weight: 0 } } }, BY_STACK);
  assert.deepEqual(writtenOf(draft), { version: version + 2, patch: {} });
});

test('an object without a record gets one with the first write of its stack, and a put with the owner by anybody ends it', () => {
  const draft = poolDraft({ owner: OWNER });
  patch(draft, 'attachments', 'pool', { targets: { a: { weight: 0 } } });
  assert.equal(writtenOf(draft), undefined);
  patch(draft, 'attachments', 'pool', { defaultPort: 81 }, BY_STACK);
  assert.deepEqual(writtenOf(draft)?.patch, {});
  put(draft, 'attachments', 'pool', { loadBalancerId: 'lb', targets: {} }, { owner: OWNER });
  assert.equal(writtenOf(draft), undefined);
});

test('the record has fingerprints in place of secrets', () => {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', {});
  const stickySession = { type: 'cookie', cookieKey: 'first' };
  put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80, stickySession }, BY_STACK);
  patch(draft, 'listeners', 'web', { stickySession: { cookieKey: 'second' } });
  const { patch: record } = draft.get('listeners', 'web')?.written ?? {};
  assert.deepEqual(record, { stickySession: { cookieKeyFingerprint: fingerprint('first') } });
  patch(draft, 'listeners', 'web', { stickySession: { cookieKey: null } }, BY_STACK);
  assert.deepEqual(draft.get('listeners', 'web')?.written?.patch, {});
});

test('a patch is checked as the object that it makes, and every property and kind can be patched', () => {
  const draft = poolDraft({});
  const refused = (kind: Kind, id: string, change: MergePatch) => writeErrorOf(() => patch(draft, kind, id, change));
  assert.match(refused('attachments', 'pool', { loadBalancerId: null })?.message ?? '', /exactly one of/);
  assert.match(
    refused('load-balancers', 'lb', { address: 'x', sharedWith: 5 })?.message ?? '',
    /address .*sharedWith /s,
  );
  assert.equal(refused('listeners', 'none', {})?.code, 'NotFound');
  patch(draft, 'load-balancers', 'lb', { tags: { team: 'shop', gone: 'x' } });
  patch(draft, 'load-balancers', 'lb', { tags: { gone: null }, deletionProtection: true });
  const { tags, deletionProtection } = draft.get('load-balancers', 'lb')?.properties ?? {};
  assert.deepEqual([tags, deletionProtection], [{ team: 'shop' }, true]);
});
