// `diff`: what is a change, what replaces the object, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diff, forEngine } from '../../../provider/methods/diff.ts';
import { UNKNOWN } from '../../../provider/model/base/unknown.ts';
import type { Properties } from '../../../provider/properties/properties.ts';
import { autoScalingAttachment } from '../../../provider/resources/auto-scaling-attachment.ts';
import { autoScalingGroup } from '../../../provider/resources/auto-scaling-group.ts';
import { backendServer } from '../../../provider/resources/backend-server.ts';
import type { ResourceDescription } from '../../../provider/resources/description.ts';
import { listener } from '../../../provider/resources/listener.ts';
import { loadBalancer } from '../../../provider/resources/load-balancer.ts';
import { targetAttachment } from '../../../provider/resources/target-attachment.ts';

const OWNER = 'urn:pulumi:dev::shop::pulumi-nodejs:dynamic/weir:TargetAttachment::web';
const OF_STATE = { runtimeId: 'rt-1', runtimeEndpoint: 'http://127.0.0.1:7400', incarnation: 'i-1', vip: '127.0.0.1' };

/**
 * The expected outcome of a diff: no change (`same`), a change in place (`change`), or the names of the properties that
 * replace the object.
 */
type Outcome = 'same' | 'change' | readonly string[];
const NAMES = { same: 'no change', change: 'a change in place' } as const;
type Row = readonly [rule: string, olds: Properties, news: Properties, outcome: Outcome];

function outcomeOf(resource: ResourceDescription, olds: Properties, news: Properties): Outcome {
  const state = { ...olds, ...OF_STATE };
  const { changes, replaces = [], deleteBeforeReplace } = diff(resource, state, news, undefined);
  assert.equal(deleteBeforeReplace, false);
  if (replaces.length > 0) return replaces;
  return changes ? 'change' : 'same';
}

const http = { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 };
const tcp = { ...http, protocol: 'TCP' };

const LISTENER: readonly Row[] = [
  ['an equal program', http, http, 'same'],
  ['a default written out', http, { ...http, algorithm: 'weighted-round-robin', drainSeconds: 0 }, 'same'],
  ['a default of a nested object written out', http, { ...http, healthCheck: { protocol: 'TCP' } }, 'same'],
  ['a default no longer written', { ...http, requestTimeoutSeconds: 60 }, http, 'same'],
  ['the default that the protocol decides', http, { ...http, idleTimeoutSeconds: 60 }, 'same'],
  ['the default of another protocol', tcp, { ...tcp, idleTimeoutSeconds: 60 }, 'change'],
  ['another port', http, { ...http, port: 81 }, 'change'],
  ['another protocol', http, tcp, 'change'],
  ['another algorithm', http, { ...http, algorithm: 'source-ip-hash' }, 'change'],
  ['an unknown port', http, { ...http, port: UNKNOWN }, 'change'],
  ['an unknown protocol', http, { ...http, protocol: UNKNOWN }, 'change'],
  ['an unknown health check', http, { ...http, healthCheck: UNKNOWN }, 'change'],
  ['an unknown part of the health check', http, { ...http, healthCheck: { port: UNKNOWN } }, 'change'],
  ['another load balancer', http, { ...http, loadBalancerId: 'lb2' }, ['loadBalancerId']],
  ['an unknown load balancer', http, { ...http, loadBalancerId: UNKNOWN }, ['loadBalancerId']],
];

const b1 = { address: '10.0.0.1', port: 80, weight: 10 };
const b2 = { address: '2001:db8::2', port: 80 };
const web = { listenerId: 'http', targets: { b1, b2 } };
const withB1 = (changes: object) => ({ ...web, targets: { b1: { ...b1, ...changes }, b2 } });
const freeWeights = { ...web, manageWeights: false };

const ATTACHMENT: readonly Row[] = [
  ['another order of the map', web, { ...web, targets: { b2, b1 } }, 'same'],
  ['the default weight written out', web, { ...web, targets: { b1, b2: { ...b2, weight: 100 } } }, 'same'],
  ['an address in another notation', web, { ...web, targets: { b1, b2: { ...b2, address: '2001:DB8:0::2' } } }, 'same'],
  ['another weight', web, withB1({ weight: 11 }), 'change'],
  ['weight 0', web, withB1({ weight: 0 }), 'change'],
  ['an unknown weight', web, withB1({ weight: UNKNOWN }), 'change'],
  ['an unknown map', web, { ...web, targets: UNKNOWN }, 'change'],
  ['an unknown target', web, { ...web, targets: { b1, b2: UNKNOWN } }, 'change'],
  ['a target less', web, { ...web, targets: { b1 } }, 'change'],
  ['another weight that is left to others', freeWeights, { ...withB1({ weight: 99 }), manageWeights: false }, 'same'],
  [
    'another port beside a weight that is left to others',
    freeWeights,
    { ...withB1({ weight: 99, port: 81 }), manageWeights: false },
    'change',
  ],
  [
    'a new target beside weights that are left to others',
    freeWeights,
    { ...freeWeights, targets: { b1, b2, b3: b1 } },
    'change',
  ],
  ['weights that are managed again', freeWeights, web, 'change'],
  ['another listener', web, { ...web, listenerId: 'tcp' }, ['listenerId']],
  ['an unknown listener', web, { ...web, listenerId: UNKNOWN }, ['listenerId']],
  [
    'a load balancer in place of the listener',
    web,
    { targets: web.targets, loadBalancerId: 'lb' },
    ['loadBalancerId', 'listenerId'],
  ],
];

const LOAD_BALANCER: readonly Row[] = [
  ['the default type written out', {}, { type: 'application' }, 'same'],
  ['another address', { address: '127.0.0.1' }, { address: '127.0.0.2' }, 'change'],
  ['another tag', { tags: { a: '1' } }, { tags: { a: '2' } }, 'change'],
  ['another type', {}, { type: 'classic' }, ['type']],
  ['an unknown type', {}, { type: UNKNOWN }, ['type']],
];

const server = { region: 'eu-1', vpcId: 'vpc-1', addresses: ['2001:db8::1'] };

const SERVER: readonly Row[] = [
  ['defaults written out', server, { ...server, status: 'Running', isolated: false, kind: 'ecs' }, 'same'],
  ['an address in another notation', server, { ...server, addresses: ['2001:DB8:0::1'] }, 'same'],
  ['another status', server, { ...server, status: 'Stopped' }, 'change'],
  ['another address', server, { ...server, addresses: ['2001:db8::2'] }, 'change'],
  ['another kind', server, { ...server, kind: 'eni' }, ['kind']],
];

const GROUP: readonly Row[] = [
  ['members that joined through the API', {}, {}, 'same'],
  ['members in another order', { members: { a: 'i-1', b: 'i-2' } }, { members: { b: 'i-2', a: 'i-1' } }, 'same'],
  ['a member more', { members: { a: 'i-1' } }, { members: { a: 'i-1', b: 'i-2' } }, 'change'],
  ['members that are no longer named', { members: { a: 'i-1' } }, {}, 'change'],
  ['another pattern of servers that may join', { joinable: ['i-*'] }, { joinable: ['eni-*'] }, 'change'],
];

const members = { groupId: 'g', listenerId: 'http', port: 80 };

const GROUP_ATTACHMENT: readonly Row[] = [
  ['the default weight written out', members, { ...members, weight: 100 }, 'same'],
  ['another group', members, { ...members, groupId: 'h' }, 'change'],
  ['another port', members, { ...members, port: 81 }, 'change'],
  ['another listener', members, { ...members, listenerId: 'tcp' }, ['listenerId']],
];

const ADOPTED: readonly Row[] = [
  ['an id to adopt', http, { ...http, adopt: 'web-1', adoptAndChange: true, adoptFrom: 'urn' }, 'same'],
  ['an id to adopt that is no longer given', { ...http, adopt: 'web-1' }, http, 'same'],
];

for (const [resource, rows] of [
  [backendServer, SERVER],
  [autoScalingGroup, GROUP],
  [autoScalingAttachment, GROUP_ATTACHMENT],
  [listener, ADOPTED],
  [listener, LISTENER],
  [targetAttachment, ATTACHMENT],
  [loadBalancer, LOAD_BALANCER],
] as const) {
  for (const [rule, olds, news, outcome] of rows) {
    test(`${resource.type}: ${rule} is ${typeof outcome === 'string' ? NAMES[outcome] : 'a replacement'}`, () => {
      assert.deepEqual(outcomeOf(resource, olds, news), outcome);
    });
  }
}

test('another owner, another shim and an accepted runtime are changes in place', () => {
  const state = { ...http, ...OF_STATE, owner: OWNER, __provider: 'old' };
  const news = { ...http, owner: OWNER, __provider: 'old' };
  const changesOf = (inputs: Properties, accepted?: string) => diff(listener, state, inputs, accepted);
  assert.equal(changesOf(news).changes, false);
  assert.equal(changesOf(news, 'rt-1').changes, false);
  for (const difference of [
    changesOf({ ...news, owner: `${OWNER}2` }),
    changesOf({ ...news, __provider: 'new' }),
    changesOf(news, 'rt-2'),
  ]) {
    assert.equal(difference.changes, true);
    assert.deepEqual(difference.replaces, []);
  }
});

test('the engine compares the inputs itself if the object changes, so that it honours replaceOnChanges', () => {
  const written = { ...http, owner: OWNER, __provider: 'old' };
  const rows: readonly (readonly [rule: string, news: Properties, oldInputs: Properties | undefined, told: unknown])[] =
    [
      ['no change', written, written, false],
      ['a default written out', { ...written, drainSeconds: 0 }, written, false],
      ['another port', { ...written, port: 81 }, written, undefined],
      ['another port, without old inputs', { ...written, port: 81 }, undefined, undefined],
      ['a drift that the old inputs do not show', { ...written, port: 81 }, { ...written, port: 81 }, true],
      ['another text of the provider', { ...written, __provider: 'new' }, written, true],
      ['another owner', { ...written, owner: `${OWNER}2` }, written, true],
      ['other timeouts', { ...written, customTimeouts: { create: '1m' } }, written, true],
      ['another load balancer, which replaces the listener', { ...written, loadBalancerId: 'other' }, written, true],
    ];
  for (const [rule, news, oldInputs, told] of rows) {
    const difference = diff(listener, { ...written, ...OF_STATE }, news, undefined);
    assert.equal(forEngine(difference, news, oldInputs).changes, told, rule);
  }
});

test('a protected load balancer is not replaced, but changes in place', () => {
  const olds = { deletionProtection: true };
  assert.throws(() => diff(loadBalancer, olds, { type: 'classic', deletionProtection: true }, undefined), {
    name: 'WeirError',
    message: /^a change of type replaces the load balancer, but it has deletionProtection/,
  });
  // An update that replaces the load balancer must not remove its deletion protection at the same time, because the
  // protection would then be useless.
  assert.throws(() => diff(loadBalancer, olds, { type: 'classic' }, undefined), { name: 'WeirError' });
  assert.deepEqual(outcomeOf(loadBalancer, olds, {}), 'change');
});

test('only a change of membership prints a line, under the name of the resource', () => {
  const state = { ...web, owner: OWNER };
  assert.equal(
    diff(targetAttachment, state, { ...withB1({ weight: 11 }), owner: OWNER }, undefined).line,
    'web: weight b1 10→11',
  );
  assert.equal(diff(targetAttachment, state, { ...web, owner: OWNER, handoverSeconds: 5 }, undefined).line, undefined);
  assert.equal(diff(targetAttachment, state, state, undefined).line, undefined);
});

test('a line shows no values of properties that the program keeps secret', () => {
  const state = { ...web, owner: OWNER };
  const line = (secrets: string[]) =>
    diff(targetAttachment, state, { ...withB1({ weight: 11 }), owner: OWNER }, undefined, secrets).line;
  assert.equal(line(['targets']), 'web: secret changes: targets');
  assert.equal(line(['defaultPort']), 'web: weight b1 10→11');
});

test('the line of a server or a group attachment names what a reviewer asks for, and the line of a group names joins and leaves', () => {
  const owner = OWNER.replace('TargetAttachment::web', 'BackendServer::db1');
  const line = (news: object) =>
    diff(backendServer, { ...server, owner }, { ...server, owner, ...news }, undefined).line;
  assert.equal(line({ status: 'Stopped', zoneId: 'z1' }), 'db1: status Running→Stopped · zoneId none→z1');
  assert.equal(line({ addresses: [UNKNOWN, '10.0.0.2'] }), 'db1: addresses 2001:db8::1→(known after up),10.0.0.2');
  const group = { members: { a: 'i-1' }, owner };
  assert.equal(
    diff(autoScalingGroup, group, { members: { b: 'i-2' }, owner }, undefined).line,
    'db1: join i-2 · leave i-1',
  );
  const attached = { groupId: 'g', listenerId: 'web', port: 80, owner };
  assert.equal(
    diff(autoScalingAttachment, attached, { ...attached, groupId: UNKNOWN, port: 81, weight: 7 }, undefined).line,
    'db1: groupId g→(known after up) · port 80→81 · weight 100→7',
  );
  assert.equal(diff(autoScalingAttachment, attached, { ...attached, weight: 100 }, undefined).line, undefined);
});
