// Compile: the snapshot of a model, and the identity of its unchanged parts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Compiled, compile } from '../../../../provider/runtime/compile/compile.ts';
import { deleteObject } from '../../../../provider/runtime/control/write/changes.ts';
import { listedTargets } from '../../../../provider/runtime/stored/held-targets.ts';
import type { Draft } from '../../../../provider/runtime/stored/model.ts';
import { emptyDraft, put, writeErrorOf } from '../../../harness/control/drafts.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';

function twoListeners(): Draft {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', { address: '127.0.0.1' });
  for (const [id, port] of [
    ['one', 1001],
    ['two', 1002],
  ] as const) {
    put(draft, 'listeners', id, { loadBalancerId: 'lb', protocol: 'TCP', port });
    put(draft, 'attachments', `${id}-pool`, {
      listenerId: id,
      defaultPort: 80,
      targets: { a: { address: '10.0.0.1' }, b: { address: '10.0.0.2', weight: 0 } },
    });
  }
  return draft;
}

test('compile fills in defaults: times in milliseconds, the default port, weight 100', () => {
  const listener = compile(twoListeners()).snapshot.listeners.get('one');
  assert.equal(listener?.address, '127.0.0.1');
  assert.equal(listener?.idleTimeoutMs, 900_000);
  assert.equal(listener?.targetGroup.healthCheck?.intervalMs, 5000);
  assert.deepEqual(
    [...(listener?.targetGroup.targets.values() ?? [])].map(({ key, weight }) => [key, weight]),
    [
      ['10.0.0.1:80', 100],
      ['10.0.0.2:80', 0],
    ],
  );
});

test('unchanged parts of a snapshot are the identical objects, changed parts are new objects', () => {
  const draft = twoListeners();
  const before = compile(draft);
  put(draft, 'attachments', 'one-pool', {
    listenerId: 'one',
    defaultPort: 80,
    targets: { a: { address: '10.0.0.1', weight: 5 }, b: { address: '10.0.0.2', weight: 0 } },
  });
  const after = compile(draft, before);
  const pair = (id: string) => [before.snapshot.listeners.get(id), after.snapshot.listeners.get(id)] as const;
  const [twoBefore, twoAfter] = pair('two');
  assert.equal(twoAfter, twoBefore);
  const [oneBefore, oneAfter] = pair('one');
  assert.notEqual(oneAfter, oneBefore);
  assert.equal(oneAfter?.targetGroup.healthCheck, oneBefore?.targetGroup.healthCheck);
  assert.equal(oneAfter?.targetGroup.targets.get('10.0.0.2:80'), oneBefore?.targetGroup.targets.get('10.0.0.2:80'));
  assert.equal(oneAfter?.targetGroup.targets.get('10.0.0.1:80')?.weight, 5);
  assert.equal(after.snapshot.version, before.snapshot.version + 1);
});

test('the last attachment that binds a target key is its holder, until it unbinds the target', () => {
  const draft = twoListeners();
  const weight = () => compile(draft).snapshot.listeners.get('one')?.targetGroup.targets.get('10.0.0.1:80')?.weight;
  put(draft, 'attachments', 'aaa', { listenerId: 'one', targets: { x: { address: '10.0.0.1', port: 80, weight: 7 } } });
  assert.equal(weight(), 7);
  put(draft, 'attachments', 'one-pool', {
    listenerId: 'one',
    defaultPort: 80,
    targets: { a: { address: '10.0.0.1', weight: 9 } },
  });
  assert.equal(weight(), 7, 'a change of the older claim is not a newer claim');
  put(draft, 'attachments', 'aaa', { listenerId: 'one', targets: {} });
  assert.equal(weight(), 9);
});

test('targets of a load balancer serve each listener without an attachment; an empty attachment counts', () => {
  const draft = twoListeners();
  put(draft, 'listeners', 'three', { loadBalancerId: 'lb', protocol: 'TCP', port: 1003 });
  put(draft, 'attachments', 'default', {
    loadBalancerId: 'lb',
    defaultPort: 99,
    targets: { d: { address: '10.0.0.9' } },
  });
  const keys = (id: string) => [...(compile(draft).snapshot.listeners.get(id)?.targetGroup.targets.keys() ?? [])];
  assert.deepEqual(keys('three'), ['10.0.0.9:99']);
  assert.deepEqual(keys('one'), ['10.0.0.1:80', '10.0.0.2:80']);
  put(draft, 'attachments', 'empty', { listenerId: 'three', targets: {} });
  assert.deepEqual(keys('three'), []);
});

test("all targets under a classic load balancer have the listener's backend port", () => {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', { type: 'classic', address: '127.0.0.1' });
  put(draft, 'listeners', 'one', { loadBalancerId: 'lb', protocol: 'TCP', port: 1001, backendPort: 8001 });
  put(draft, 'listeners', 'two', { loadBalancerId: 'lb', protocol: 'TCP', port: 1002, backendPort: 8002 });
  put(draft, 'attachments', 'pool', { loadBalancerId: 'lb', targets: { a: { address: '10.0.0.1' } } });
  const keys = [...compile(draft).snapshot.listeners.values()].flatMap((listener) => [
    ...listener.targetGroup.targets.keys(),
  ]);
  assert.deepEqual(keys, ['10.0.0.1:8001', '10.0.0.1:8002']);
});

test("a rule has its own target group with its algorithm and health check, and the listener's PROXY protocol", () => {
  const draft = twoListeners();
  put(draft, 'listeners', 'web', {
    loadBalancerId: 'lb',
    protocol: 'HTTP',
    port: 80,
    proxyProtocol: 'v2',
    slowStartSeconds: 3,
  });
  const rule = { listenerId: 'web', path: '/api', algorithm: 'source-ip-hash', stickySession: { type: 'cookie' } };
  put(draft, 'rules', 'api', rule);
  put(draft, 'attachments', 'of-api', { ruleId: 'api', targets: { a: { address: '10.0.0.7', port: 8 } } });
  const { snapshot } = compile(draft);
  const web = snapshot.listeners.get('web');
  assert.deepEqual([...(web?.targetGroup.targets.keys() ?? [])], []);
  const [api] = web?.rules ?? [];
  assert.equal(api?.targetGroup, snapshot.targetGroups.get('rules/api'));
  assert.deepEqual([...(api?.targetGroup.targets.keys() ?? [])], ['10.0.0.7:8']);
  assert.equal(api?.targetGroup.algorithm, 'source-ip-hash');
  assert.equal(api?.targetGroup.healthCheck?.proxyProtocol, 'v2');
  assert.equal(api?.targetGroup.slowStartMs, 3000);
  assert.deepEqual(api?.targetGroup.sticky, {
    type: 'cookie',
    cookieName: 'weir',
    cookieKey: 'chosen',
    lifetimeMs: undefined,
    sameSite: 'Lax',
    domain: undefined,
  });
});

test("a change of a rule's targets leaves the listener's target group the identical object", () => {
  const draft = twoListeners();
  put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 });
  put(draft, 'rules', 'api', { listenerId: 'web', path: '/api' });
  const before = compile(draft);
  put(draft, 'attachments', 'of-api', { ruleId: 'api', targets: { a: { address: '10.0.0.7', port: 8 } } });
  const after = compile(draft, before);
  const targetGroups = (id: string) => [before, after].map(({ snapshot }) => snapshot.targetGroups.get(id));
  const [ownBefore, ownAfter] = targetGroups('web');
  assert.equal(ownAfter, ownBefore);
  const [apiBefore, apiAfter] = targetGroups('rules/api');
  assert.notEqual(apiAfter, apiBefore);
});

test('a rule without attachments is not served; a rule with an empty attachment is', () => {
  const draft = twoListeners();
  put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 });
  put(draft, 'rules', 'api', { listenerId: 'web', path: '/api' });
  const rules = () =>
    compile(draft)
      .snapshot.listeners.get('web')
      ?.rules.map(({ id, path }) => [id, path]);
  assert.deepEqual(rules(), []);
  put(draft, 'attachments', 'of-api', { ruleId: 'api', targets: {} });
  assert.deepEqual(rules(), [['api', '/api']]);
});

test('UDP targets are checked only if the listener has a UDP health check', () => {
  const draft = twoListeners();
  const checkOf = (id: string) => compile(draft).snapshot.targetGroups.get(id)?.healthCheck?.protocol;
  put(draft, 'listeners', 'dns', { loadBalancerId: 'lb', protocol: 'UDP', port: 53 });
  assert.deepEqual([checkOf('one'), checkOf('dns')], ['TCP', undefined]);
  put(draft, 'listeners', 'dns', { loadBalancerId: 'lb', protocol: 'UDP', port: 53, healthCheck: { protocol: 'UDP' } });
  assert.equal(checkOf('dns'), 'UDP');
});

/** Writes of attachments that bind the same few targets: an attachment, and the weights of its targets by last byte. */
const attachmentWrites = fc.array(
  fc.record({
    id: fc.constantFrom('one-pool', 'a', 'b', 'c'),
    parent: fc.constantFrom({ listenerId: 'one' }, { listenerId: 'two' }, { loadBalancerId: 'lb' }),
    weights: fc.option(fc.dictionary(fc.constantFrom('1', '2', '3', '4', '5'), fc.integer({ min: 0, max: 2 }))),
  }),
  { maxLength: 25 },
);

test('a snapshot that follows an earlier one has the targets that one from nothing has', () => {
  assertHolds(
    fc.property(attachmentWrites, fc.constantFrom('application', 'classic'), (writes, type) => {
      const draft = emptyDraft();
      put(draft, 'load-balancers', 'lb', { address: '127.0.0.1', type });
      const isClassic = type === 'classic';
      for (const [id, port] of [['one', 1001] as const, ['two', 1002] as const]) {
        const fixed = isClassic ? { backendPort: port + 1000 } : {};
        put(draft, 'listeners', id, { loadBalancerId: 'lb', protocol: 'TCP', port, ...fixed });
      }
      let compiled: Compiled | undefined;
      for (const { id, parent, weights } of writes) {
        const targets = Object.entries(weights ?? {}).map(([last, weight]) => {
          return [`t${last}`, { address: `10.0.0.${last}`, weight, ...(isClassic ? {} : { port: 80 }) }];
        });
        const properties = { ...(isClassic ? { loadBalancerId: 'lb' } : parent), targets: Object.fromEntries(targets) };
        if (weights !== null) put(draft, 'attachments', id, properties);
        else writeErrorOf(() => deleteObject(draft, 'attachments', id, undefined));
        const before: Compiled | undefined = compiled;
        compiled = compile(draft, before);
        assert.deepEqual(targetsOf(compiled), targetsOf(compile(draft)));
        assert.deepEqual(listed(compiled), listed(compile(draft)), 'the order is that of the attachments');
        for (const [group, { targets: next }] of compiled.snapshot.targetGroups) {
          const served = before?.snapshot.targetGroups.get(group)?.targets;
          for (const target of next.values()) {
            const was = served?.get(target.key);
            if (was !== undefined && was !== target)
              assert.notDeepEqual(was, target, 'an equal target is the same object');
          }
        }
      }
    }),
  );
});

function listed({ snapshot }: Compiled) {
  return [...snapshot.targetGroups].map(([id, { targets }]) => [id, [...listedTargets(targets)]]);
}

function targetsOf({ snapshot }: Compiled) {
  return [...snapshot.targetGroups].map(([id, { targets }]) => {
    return [id, [...targets.values()].sort((a, b) => a.key.localeCompare(b.key))];
  });
}
