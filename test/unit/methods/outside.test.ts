// The merge of an update: the patch has what the program changed, and what others changed is found, whatever the kind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeOf } from '../../../provider/methods/outside.ts';
import { patched } from '../../../provider/model/base/merge-patch.ts';
import { fingerprint } from '../../../provider/model/base/secrets.ts';
import type { Properties } from '../../../provider/properties/properties.ts';
import { autoScalingGroup } from '../../../provider/resources/auto-scaling-group.ts';
import type { ResourceDescription } from '../../../provider/resources/description.ts';
import { forwardingRule } from '../../../provider/resources/forwarding-rule.ts';
import { listener } from '../../../provider/resources/listener.ts';
import { targetAttachment } from '../../../provider/resources/target-attachment.ts';

const NAME = 'web';

/** The merge for a state, a program and the object in the runtime, with the found changes as short texts. */
function merged(
  of: ResourceDescription,
  state: Properties,
  program: Properties,
  there: Properties,
  stack: object = {},
) {
  const object = { id: NAME, incarnation: 'i-1', version: 9, stack, ...there };
  const { patch, found, propertiesAfter } = mergeOf(of, { incarnation: 'i-1', ...state }, program, object);
  return { patch, propertiesAfter, found: found.map(({ path, fate }) => `${path.join('.')} ${fate}`) };
}

const http = { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 };

interface Row {
  readonly what: string;
  readonly of: ResourceDescription;
  readonly state: Properties;
  readonly program: Properties;
  readonly there: Properties;
  readonly patch: object;
  readonly found?: readonly string[];
}

const target = (last: number, more: object = {}) => ({ address: `10.0.0.${last}`, port: 80, ...more });
const pem = (name: string, serverNames?: string[]) => ({
  ...{ certificate: `certificate of ${name}`, privateKey: `key of ${name}` },
  ...(serverNames && { serverNames }),
});
const shownPem = (name: string) => ({
  ...{ certificate: `certificate of ${name}`, privateKeyFingerprint: fingerprint(`key of ${name}`) },
});
const check = { protocol: 'HTTP', path: '/a' };

const ROWS: readonly Row[] = [
  {
    what: 'a property that the program no longer gives is unset, and one that it does not name stays',
    of: listener,
    state: { ...http, drainSeconds: 5 },
    program: http,
    there: { ...http, drainSeconds: 5, maxConnections: 9, idleTimeoutSeconds: 60 },
    patch: { drainSeconds: null },
    found: ['maxConnections kept'],
  },
  {
    what: 'an equal program makes an empty patch, whatever the notation',
    of: listener,
    state: { ...http, drainSeconds: 0 },
    program: { ...http, requestTimeoutSeconds: 60 },
    there: { ...http, drainSeconds: 0, requestTimeoutSeconds: 60, algorithm: 'weighted-round-robin' },
    patch: {},
  },
  {
    what: 'another protocol of a health check replaces the whole check, since others may have set what it does not have',
    of: forwardingRule,
    state: { listenerId: 'l', path: '/', healthCheck: check },
    program: { listenerId: 'l', path: '/', healthCheck: { protocol: 'TCP' } },
    there: { listenerId: 'l', path: '/', healthCheck: { ...check, host: 'a.example' } },
    patch: { healthCheck: { protocol: 'TCP', path: null, host: null } },
    found: ['healthCheck.host overwritten'],
  },
  {
    what: 'a health check that others removed is written whole if the program changes it',
    of: listener,
    state: { ...http, healthCheck: check },
    program: { ...http, healthCheck: { ...check, intervalSeconds: 9 } },
    there: http,
    patch: { healthCheck: { ...check, intervalSeconds: 9 } },
    found: ['healthCheck.protocol overwritten', 'healthCheck.path overwritten'],
  },
  {
    what: 'a certificate that others rotated stays if the program adds another one',
    of: listener,
    state: { ...http, protocol: 'HTTPS', certificates: { main: pem('old') } },
    program: { ...http, protocol: 'HTTPS', certificates: { main: pem('old'), more: pem('more') } },
    there: { ...http, protocol: 'HTTPS', certificates: { main: shownPem('new') } },
    patch: { certificates: { more: pem('more') } },
    found: ['certificates.main.certificate kept', 'certificates.main.privateKey kept'],
  },
  {
    what: 'a certificate of the program is written with its key, which may be the same, since others may have rotated both',
    of: listener,
    state: { ...http, protocol: 'HTTPS', certificates: { main: pem('a') } },
    program: {
      ...{ ...http, protocol: 'HTTPS' },
      certificates: { main: { ...pem('a'), certificate: 'renewed' } },
    },
    there: { ...http, protocol: 'HTTPS', certificates: { main: shownPem('b') } },
    patch: { certificates: { main: { certificate: 'renewed', privateKey: 'key of a' } } },
    found: ['certificates.main.certificate overwritten', 'certificates.main.privateKey overwritten'],
  },
  {
    what: 'a target that others unbound is bound whole if the program changes it, and stays unbound otherwise',
    of: targetAttachment,
    state: { listenerId: 'l', targets: { a: target(1), b: target(2) } },
    program: { listenerId: 'l', targets: { a: target(1, { weight: 5 }), b: target(2) } },
    there: { listenerId: 'l', targets: {} },
    patch: { targets: { a: target(1, { weight: 5 }) } },
    found: ['targets.a overwritten', 'targets.b kept'],
  },
  {
    what: 'a target that the program removes is not worth a line, whatever others changed of it',
    of: targetAttachment,
    state: { listenerId: 'l', targets: { a: target(1), b: target(2) } },
    program: { listenerId: 'l', targets: { a: target(1) } },
    there: { listenerId: 'l', targets: { a: target(1), b: target(2, { weight: 0 }) } },
    patch: { targets: { b: null } },
  },
  {
    what: 'a renamed target keeps the weight that others gave it, and gets what the program changes',
    of: targetAttachment,
    state: { listenerId: 'l', defaultPort: 80, targets: { a: { address: '10.0.0.1' } } },
    program: { listenerId: 'l', defaultPort: 80, targets: { b: { address: '10.0.0.1', description: 'x' } } },
    there: { listenerId: 'l', defaultPort: 80, targets: { a: { address: '10.0.0.1', weight: 0 } } },
    patch: { targets: { a: null, b: { address: '10.0.0.1', weight: 0, description: 'x' } } },
    found: ['targets.b.weight kept'],
  },
  {
    what: 'a renamed target of a server is known by the address that the runtime has for it, also with manageWeights false',
    of: targetAttachment,
    state: {
      ...{ listenerId: 'l', manageWeights: false, targets: { a: { serverId: 's', port: 80, weight: 9 } } },
      boundTargets: { a: { address: '10.0.0.1' } },
    },
    program: { listenerId: 'l', manageWeights: false, targets: { b: target(1, { weight: 5 }) } },
    there: { listenerId: 'l', manageWeights: false, targets: { a: { serverId: 's', port: 80, weight: 70 } } },
    patch: { targets: { a: null, b: target(1, { weight: 70 }) } },
  },
  {
    what: 'manageWeights set to true writes every weight, and weights that the API set before are no changes outside',
    of: targetAttachment,
    state: { listenerId: 'l', manageWeights: false, targets: { a: target(1, { weight: 5 }), b: target(2) } },
    program: { listenerId: 'l', targets: { a: target(1, { weight: 5 }), b: target(2) } },
    there: { listenerId: 'l', manageWeights: false, targets: { a: target(1, { weight: 0 }), b: target(2) } },
    patch: { manageWeights: null, targets: { a: { weight: 5 }, b: { weight: null } } },
  },
  {
    what: 'a target that others bound under their own name makes room for the same target of the program',
    of: targetAttachment,
    state: { listenerId: 'l', targets: {} },
    program: { listenerId: 'l', targets: { a: target(1) } },
    there: { listenerId: 'l', targets: { mine: target(1, { weight: 5 }), other: target(2) } },
    patch: { targets: { a: target(1), mine: null } },
    found: ['targets.mine overwritten', 'targets.other kept'],
  },
  {
    what: 'members that joined by the API are no changes outside, and declared members are',
    of: autoScalingGroup,
    state: { members: { a: 's1', b: 's2' } },
    program: { members: { a: 's1', c: 's2' } },
    there: { members: { b: 's2', d: 's4' } },
    patch: { members: { b: null, c: 's2' } },
    found: ['members.a kept', 'members.d kept'],
  },
  {
    what: 'members that joined by the API stay, and are told, if the program names members for the first time',
    of: autoScalingGroup,
    state: {},
    program: { members: { a: 's1' } },
    there: { members: { d: 's4' } },
    patch: { members: { a: 's1' } },
    found: ['members.d kept'],
  },
  {
    what: 'the first tags of a program leave those of others alone',
    of: listener,
    state: http,
    program: { ...http, tags: { a: '1', b: '1' } },
    there: { ...http, tags: { b: '2', c: '2' } },
    patch: { tags: { a: '1', b: '1' } },
    found: ['tags.b overwritten', 'tags.c kept'],
  },
  {
    what: 'a program without tags takes its own away, and leaves those of others alone',
    of: listener,
    state: { ...http, tags: { a: '1' } },
    program: http,
    there: { ...http, tags: { a: '1', c: '2' } },
    patch: { tags: { a: null } },
    found: ['tags.c kept'],
  },
  {
    what: 'a check that others turned into one of another protocol is written whole if it cannot have what the program changes',
    of: forwardingRule,
    state: { listenerId: 'l', path: '/', healthCheck: check },
    program: { listenerId: 'l', path: '/', healthCheck: { ...check, path: '/b' } },
    there: { listenerId: 'l', path: '/', healthCheck: { protocol: 'TCP', intervalSeconds: 9 } },
    patch: { healthCheck: { protocol: 'HTTP', path: '/b', intervalSeconds: null } },
    found: [
      'healthCheck.intervalSeconds overwritten',
      'healthCheck.path overwritten',
      'healthCheck.protocol overwritten',
    ],
  },
  {
    what: 'a check that others turned into one of another protocol stays, if it can have what the program changes',
    of: forwardingRule,
    state: { listenerId: 'l', path: '/', healthCheck: check },
    program: { listenerId: 'l', path: '/', healthCheck: { ...check, intervalSeconds: 7 } },
    there: { listenerId: 'l', path: '/', healthCheck: { protocol: 'TCP' } },
    patch: { healthCheck: { intervalSeconds: 7 } },
    found: ['healthCheck.path kept', 'healthCheck.protocol kept'],
  },
  {
    what: 'a session by cookie that others set goes if the program makes it a TCP listener',
    of: listener,
    state: http,
    program: { ...http, protocol: 'TCP' },
    there: { ...http, maxConnections: 9, stickySession: { type: 'cookie' } },
    patch: { protocol: 'TCP', stickySession: null },
    found: ['maxConnections kept', 'stickySession overwritten'],
  },
  {
    what: 'a protocol that others gave a listener is overwritten if it excludes what the program changes',
    of: listener,
    state: http,
    program: { ...http, trustedProxies: ['10.0.0.0/8'] },
    there: { ...http, protocol: 'TCP', maxConnections: 9 },
    patch: { protocol: 'HTTP', trustedProxies: ['10.0.0.0/8'] },
    found: ['maxConnections kept', 'protocol overwritten'],
  },
  {
    what: 'a session that the program removes is told if others changed it',
    of: listener,
    state: { ...http, stickySession: { type: 'source-ip' } },
    program: http,
    there: { ...http, stickySession: { type: 'source-ip', lifetimeSeconds: 9 } },
    patch: { stickySession: null },
    found: ['stickySession.lifetimeSeconds overwritten'],
  },
];

for (const { what, of, state, program, there, patch, found = [] } of ROWS) {
  test(what, () => {
    const result = merged(of, state, program, there);
    assert.deepEqual(result.patch, patch);
    assert.deepEqual(result.found.sort(), [...found].sort());
  });
}

test('a write of the stack that the state does not know of is what the program is compared with, unless others changed it since', () => {
  const state = { listenerId: 'l', targets: { a: target(1), b: target(2), c: target(3) }, writtenVersion: 4 };
  // The interrupted write gave a and b the weight 5, and bound d. Then others took b out of traffic.
  const written = { targets: { b: { weight: 5 } } };
  const there = {
    listenerId: 'l',
    targets: { a: target(1, { weight: 5 }), b: target(2, { weight: 0 }), c: target(3), d: target(4) },
  };
  const unknown = merged(targetAttachment, state, state, there, { writtenVersion: 7, written });
  assert.deepEqual(unknown.patch, { targets: { a: { weight: null }, d: null } });
  assert.deepEqual(unknown.found, ['targets.b.weight kept']);
  // The interrupted write gave the listener its first tag, and others gave it the tag b.
  const tagged = merged(
    listener,
    { ...http, writtenVersion: 4 },
    http,
    { ...http, tags: { a: '1', b: '2' } },
    {
      ...{ writtenVersion: 7, written: { tags: { b: null } } },
    },
  );
  assert.deepEqual([tagged.patch, tagged.found], [{ tags: { a: null } }, ['tags.b kept']]);
  const known = merged(targetAttachment, state, state, there, { writtenVersion: 4, written });
  assert.deepEqual(known.patch, {});
  assert.deepEqual(known.found, ['targets.a.weight kept', 'targets.b.weight kept', 'targets.d kept']);
});

test('the patch turns what the runtime has into what the program wants, except for what others changed', () => {
  for (const { of, state, program, there } of ROWS) {
    const after = patched(there, merged(of, state, program, there).patch) as Properties;
    // A second update from the program to itself has nothing to write: the patch was whole.
    assert.deepEqual(merged(of, program, program, after).patch, {});
  }
});
