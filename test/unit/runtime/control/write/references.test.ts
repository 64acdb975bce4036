// References between stored objects: a referenced object must exist and cannot be deleted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KIND_NAMES, type Kind } from '../../../../../provider/model/base/kinds.ts';
import { propertyPath } from '../../../../../provider/model/base/property-path.ts';
import { referencesOf } from '../../../../../provider/model/base/references.ts';
import { deleteObject } from '../../../../../provider/runtime/control/write/changes.ts';
import type { Draft } from '../../../../../provider/runtime/stored/model.ts';
import { emptyDraft, put, writeErrorOf } from '../../../../harness/control/drafts.ts';

/** Objects in an order in which each object refers only to earlier objects. */
const OBJECTS: readonly (readonly [kind: Kind, id: string, properties: object])[] = [
  ['backend-servers', 'i-1', { region: 'r', vpcId: 'v', addresses: ['10.0.0.1'] }],
  ['backend-servers', 'i-2', { region: 'r', vpcId: 'v', addresses: ['10.0.0.2'] }],
  ['groups', 'g', { members: { a: 'i-1' } }],
  ['load-balancers', 'lb', { address: '127.0.0.1' }],
  ['listeners', 'http', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 }],
  ['rules', 'rule', { listenerId: 'http', path: '/a' }],
  ['attachments', 'of-lb', { loadBalancerId: 'lb', targets: { a: { address: '10.0.0.3', port: 80 } } }],
  ['attachments', 'of-http', { listenerId: 'http', targets: { a: { serverId: 'i-2', port: 80 } } }],
  ['attachments', 'of-rule', { ruleId: 'rule', targets: {} }],
  ['group-attachments', 'of-g', { listenerId: 'http', groupId: 'g', port: 80 }],
];

const REFERENCES = OBJECTS.flatMap(([kind, id, properties]) =>
  referencesOf(kind, properties).map((reference) => ({ user: { kind, id, properties }, ...reference })),
);

function filledDraft(): Draft {
  const draft = emptyDraft();
  for (const [kind, id, properties] of OBJECTS) put(draft, kind, id, properties);
  return draft;
}

/** Returns the properties with `id` in place of the id at the path. */
function withIdAt(properties: object, [name = '', ...rest]: readonly string[], id: string): object {
  const value = (properties as Record<string, object>)[name] ?? {};
  return { ...properties, [name]: rest.length === 0 ? id : withIdAt(value, rest, id) };
}

for (const { user, path, kind } of REFERENCES) {
  const property = propertyPath(path);
  test(`${user.kind} ${user.id}: ${property} must name an existing ${KIND_NAMES[kind]}`, () => {
    const draft = filledDraft();
    const version = draft.version;
    const refusal = writeErrorOf(() => put(draft, user.kind, user.id, withIdAt(user.properties, path, 'none')));
    assert.equal(refusal?.code, 'InvalidParameter');
    assert.equal(refusal?.message, `${property} names no ${KIND_NAMES[kind]}: there is no none`);
    assert.equal(draft.version, version);
  });
}

for (const [kind, id] of OBJECTS) {
  const users = REFERENCES.filter((reference) => reference.kind === kind && reference.id === id);
  const names = users.map(({ user }) => `${KIND_NAMES[user.kind]} ${user.id}`);
  test(`${kind} ${id} ${names.length === 0 ? 'can be deleted' : `cannot be deleted because of ${names.join(', ')}`}`, () => {
    const draft = filledDraft();
    const refusal = writeErrorOf(() => deleteObject(draft, kind, id, undefined));
    assert.equal(refusal?.code, names.length === 0 ? undefined : 'InUse');
    assert.deepEqual(new Set(refusal?.details.map(({ message }) => message)), new Set(names));
    const advice = kind === 'backend-servers' ? /: take it out of those first\.$/ : /: delete those first\.$/;
    if (refusal !== undefined) assert.match(refusal.message, advice);
    assert.equal(draft.get(kind, id) !== undefined, names.length > 0);
  });
}
