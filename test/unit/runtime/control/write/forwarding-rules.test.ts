// Forwarding rules: errors of rules and of listeners with rules, and warnings about equal rules.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WeirError } from '../../../../../provider/model/base/errors.ts';
import type { Kind } from '../../../../../provider/model/base/kinds.ts';
import { compile } from '../../../../../provider/runtime/compile/compile.ts';
import { deleteObject } from '../../../../../provider/runtime/control/write/changes.ts';
import { ruleWarnings } from '../../../../../provider/runtime/control/write/forwarding-rules.ts';
import type { Draft } from '../../../../../provider/runtime/stored/model.ts';
import type { StoredObject } from '../../../../../provider/runtime/stored/object.ts';
import { emptyDraft, put as putAs, writeErrorOf } from '../../../../harness/control/drafts.ts';

const OWNER = 'urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:ForwardingRule::api';
const FOREIGN = OWNER.replace(':dev:', ':prod:');

function put(draft: Draft, kind: Kind, id: string, input: Record<string, unknown>, owner = OWNER): void {
  putAs(draft, kind, id, input, { owner });
}

const TARGETS = { a: { address: '10.0.0.1', port: 80 } };

/** A model with the HTTP listener `web`, its rule `api`, a TCP listener, and a classic load balancer. */
function ruleDraft(): Draft {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', { sharedWith: ['shop/prod'] });
  put(draft, 'load-balancers', 'classic', { type: 'classic' });
  put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 });
  put(draft, 'listeners', 'tcp', { loadBalancerId: 'lb', protocol: 'TCP', port: 81 });
  put(draft, 'listeners', 'old', { loadBalancerId: 'classic', protocol: 'HTTP', port: 82, backendPort: 8080 });
  put(draft, 'rules', 'api', { listenerId: 'web', path: '/api' });
  put(draft, 'attachments', 'pool', { ruleId: 'api', targets: TARGETS });
  return draft;
}

/** Asserts that `work` throws a `WeirError` and leaves the draft unchanged. Returns the error. */
function refusal(draft: Draft, work: () => void): WeirError {
  const { version } = draft;
  const error = writeErrorOf(work) ?? assert.fail('was not refused');
  assert.equal(draft.version, version);
  return error;
}

type Row = [name: string, kind: Kind, id: string, input: Record<string, unknown>, code: string, problem: RegExp];

const REFUSED: readonly Row[] = [
  [
    'a rule of a missing listener',
    'rules',
    'x',
    { listenerId: 'no', path: '/' },
    'InvalidParameter',
    /^listenerId .*no no$/,
  ],
  ['a rule of a TCP listener', 'rules', 'x', { listenerId: 'tcp', path: '/' }, 'InvalidParameter', /^listenerId .*TCP/],
  [
    'a rule under a classic load balancer',
    'rules',
    'x',
    { listenerId: 'old', path: '/' },
    'OperationFailed.ActionNotSupport',
    /^listenerId .*classic/,
  ],
  [
    'a listener with rules that moves to a classic load balancer',
    'listeners',
    'web',
    { loadBalancerId: 'classic', protocol: 'HTTP', port: 80, backendPort: 8080 },
    'OperationFailed.ActionNotSupport',
    /^loadBalancerId .*rule api/,
  ],
  [
    'an attachment of a missing rule',
    'attachments',
    'x',
    { ruleId: 'no', targets: {} },
    'InvalidParameter',
    /^ruleId .*no no$/,
  ],
  [
    'a target of a rule without any port',
    'attachments',
    'x',
    { ruleId: 'api', targets: { a: { address: '10.0.0.1' } } },
    'InvalidParameter',
    /^targets\.a\.port is required/,
  ],
];

for (const [name, kind, id, input, code, problem] of REFUSED) {
  test(`${name} is an error`, () => {
    const draft = ruleDraft();
    const refused = refusal(draft, () => put(draft, kind, id, input));
    assert.equal(refused.code, code);
    assert.match(refused.details.map(({ path, message }) => `${path} ${message}`).join('; '), problem);
  });
}

test('a listener with rules becomes TCP only if its stack owns the rules, which then no longer serve', () => {
  const draft = ruleDraft();
  const tcp = { loadBalancerId: 'lb', protocol: 'TCP', port: 80 };
  put(draft, 'rules', 'theirs', { listenerId: 'web', path: '/theirs' }, FOREIGN);
  const refused = refusal(draft, () => put(draft, 'listeners', 'web', tcp));
  assert.match(refused.details[0]?.message ?? '', /^can't be TCP: .*rule api of urn:pulumi:dev.*, rule theirs of/);
  deleteObject(draft, 'rules', 'theirs', undefined);
  put(draft, 'listeners', 'web', tcp);
  assert.deepEqual(compile(draft).snapshot.listeners.get('web')?.rules, []);
  deleteObject(draft, 'attachments', 'pool', undefined);
  deleteObject(draft, 'rules', 'api', undefined);
});

test("a rule equal to another stack's rule of the same listener is an error that names its owner", () => {
  const draft = ruleDraft();
  const equal = { path: '/%61pi/' };
  const refused = refusal(draft, () => put(draft, 'rules', 'x', { listenerId: 'web', ...equal }, FOREIGN));
  assert.equal(refused.code, 'OwnedByOther');
  assert.match(
    refused.details[0]?.message ?? '',
    /^matches the same requests as a rule of urn:pulumi:dev::shop::[^,]*$/,
  );
  put(draft, 'listeners', 'other', { loadBalancerId: 'lb', protocol: 'HTTP', port: 90 });
  put(draft, 'rules', 'x', { listenerId: 'other', ...equal }, FOREIGN);
  put(draft, 'rules', 'y', { listenerId: 'web', path: '/api', host: 'a' }, FOREIGN);
  const moved = refusal(draft, () => put(draft, 'rules', 'y', { listenerId: 'web', path: '/api' }, FOREIGN));
  assert.equal(moved.code, 'OwnedByOther');
});

test('equal rules of one stack are accepted, and each has a warning that names the other', () => {
  const draft = ruleDraft();
  put(draft, 'rules', 'api2', { listenerId: 'web', path: '/api/' });
  put(draft, 'rules', 'exact', { listenerId: 'web', path: '/api', pathMatch: 'exact' });
  const warnings = (id: string) =>
    ruleWarnings(draft, draft.get('rules', id) as StoredObject<'rules'>, (other) => `rule ${other.id}`);
  assert.deepEqual(warnings('api2'), [
    'is equal to rule api, which takes none of the requests once this rule has a target that takes traffic',
  ]);
  assert.deepEqual(warnings('api'), [
    'is equal to rule api2, which takes the requests while it has a target that takes traffic',
  ]);
  assert.deepEqual(warnings('exact'), []);
});

test('a listener with rules and a rule with targets cannot be deleted, and the error names each user', () => {
  const draft = ruleDraft();
  put(draft, 'rules', 'img', { listenerId: 'web', host: 'img.example.com' }, FOREIGN);
  const ofListener = refusal(draft, () => deleteObject(draft, 'listeners', 'web', undefined));
  assert.equal(ofListener.code, 'InUse');
  assert.deepEqual(
    ofListener.details.map(({ message }) => message),
    [`rule api of ${OWNER}`, `rule img of ${FOREIGN}`],
  );
  const ofRule = refusal(draft, () => deleteObject(draft, 'rules', 'api', undefined));
  assert.deepEqual([ofRule.code, ofRule.details[0]?.message], ['InUse', `attachment pool of ${OWNER}`]);
  for (const [kind, id] of [
    ['attachments', 'pool'],
    ['rules', 'api'],
    ['rules', 'img'],
    ['listeners', 'web'],
  ] as const) {
    deleteObject(draft, kind, id, undefined);
  }
});

test('a target of a rule belongs to one stack; other stacks may bind it to the listener or another rule', () => {
  const draft = ruleDraft();
  put(draft, 'rules', 'img', { listenerId: 'web', path: '/img' });
  const refused = refusal(draft, () => put(draft, 'attachments', 'x', { ruleId: 'api', targets: TARGETS }, FOREIGN));
  assert.equal(refused.code, 'OwnedByOther');
  assert.match(refused.details[0]?.message ?? '', /10\.0\.0\.1:80.*attachment pool/);
  put(draft, 'attachments', 'x', { ruleId: 'img', targets: TARGETS }, FOREIGN);
  put(draft, 'attachments', 'y', { listenerId: 'web', targets: TARGETS }, FOREIGN);
});
