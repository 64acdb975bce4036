// Changes of targets: the line that describes them, and the result of carrying them out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { memberLine, membershipLine } from '../../../../provider/messages/membership-line.ts';
import { type MembershipChange, membershipChanges } from '../../../../provider/model/rules/membership.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';

const UNKNOWN = 'unknown-value';
const isKnown = (value: unknown) => value !== UNKNOWN;
const target = (address: string, port?: number, weight?: number) => ({ address, port, weight });

function line(before: object, after: object, defaultPort?: number): string | undefined {
  return membershipLine(
    'web',
    membershipChanges({ targets: before, defaultPort }, { targets: after, defaultPort }, isKnown),
  );
}

test('one line shows binds, unbinds, weights and ports in this order', () => {
  const before = { b1: target('10.0.0.1', 80), b2: target('10.0.0.2', 80, 20), b3: target('10.0.0.3', 80) };
  const after = { b1: target('10.0.0.1', 81), b2: target('10.0.0.2', 80, 25), b5: target('10.0.0.5', 80, 50) };
  assert.equal(line(before, after), 'web: bind b5 10.0.0.5:80 w50 · unbind b3 · weight b2 20→25 · port b1 80→81');
});

test('order, notation and defaults do not change the membership', () => {
  const before = { b1: target('2001:db8::1', 80, 100), b2: target('10.0.0.2') };
  const after = { b2: target('10.0.0.2', 80), b1: target('2001:DB8:0::1', 80) };
  assert.equal(line(before, after, 80), undefined);
});

test('another default port changes the port of the targets that use it', () => {
  const targets = { b1: target('10.0.0.1'), b2: target('10.0.0.2', 9000) };
  const changes = membershipChanges({ targets, defaultPort: 80 }, { targets, defaultPort: 81 });
  assert.deepEqual(changes, [{ operation: 'port', name: 'b1', from: 80, to: 81 }]);
});

test('weight 0 is a weight', () => {
  assert.equal(line({ b1: target('10.0.0.1', 80) }, { b1: target('10.0.0.1', 80, 0) }), 'web: weight b1 100→0');
});

test('an unknown value is shown as unknown, and counts as a change', () => {
  const before = { b1: target('10.0.0.1', 80, 10) };
  assert.equal(line(before, { b1: { ...before.b1, port: UNKNOWN } }), 'web: port b1 80→(known after up)');
  assert.equal(line(before, { ...before, b2: UNKNOWN }), 'web: bind b2 (known after up)');
  assert.equal(
    line(before, { ...before, b2: { address: UNKNOWN, port: 80 } }),
    'web: bind b2 (known after up):80 w100',
  );
  assert.equal(
    membershipLine('web', membershipChanges({ targets: before }, { targets: UNKNOWN }, isKnown)),
    'web: targets (known after up)',
  );
});

test('a server is shown in place of a missing address, and beside a given one', () => {
  const before = { b1: { serverId: 'i-a', port: 80 }, b2: target('10.0.0.2', 80) };
  const after = { b1: { serverId: 'i-b', port: 80 }, b2: { ...target('10.0.0.2', 80), serverId: 'eni-1' } };
  assert.equal(line(before, after), 'web: server b1 i-a→i-b · server b2 none→eni-1');
  assert.equal(line({}, after), 'web: bind b1 i-b:80 w100 · bind b2 eni-1 10.0.0.2:80 w100');
  assert.equal(line({}, { b1: { serverId: UNKNOWN, port: 80 } }), 'web: bind b1 (known after up):80 w100');
});

test('joins and leaves of a group are shown by server and not by name, and not at all if no members are named', () => {
  const members = (before: unknown, after: unknown) => memberLine('web', before, after, isKnown);
  assert.equal(members({ a: 'i-1', b: 'i-3' }, { other: 'i-1', c: 'i-5' }), 'web: join i-5 · leave i-3');
  assert.equal(members({ a: 'i-1' }, { b: 'i-1' }), undefined);
  assert.equal(members({ a: 'i-1' }, undefined), undefined);
  assert.equal(
    members({ b: 'i-1' }, { a: UNKNOWN, b: UNKNOWN }),
    'web: join a (known after up) · join b (known after up) · leave i-1',
  );
  assert.equal(members({}, UNKNOWN), 'web: members (known after up)');
});

test('targets without a port, which a classic load balancer has, have no port that changes', () => {
  const before = { b1: target('10.0.0.1', undefined, 20), b2: target('10.0.0.2') };
  const after = { b1: target('10.0.0.1', undefined, 25), b2: target('10.0.0.2'), b3: target('10.0.0.3') };
  assert.equal(line(before, after), 'web: bind b3 10.0.0.3 w100 · weight b1 20→25');
  assert.equal(line(before, { b1: target('10.0.0.1', 80, 20) }), 'web: unbind b2 · port b1 none→80');
});

test('the line stays one line, whatever the names are', () => {
  const text = line({}, { 'a\nb: unbind c\u2028': target('10.0.0.1', 80), 'é x': target('10.0.0.2', 80) });
  assert.equal(text, 'web: bind a\\u000ab: unbind c\\u2028 10.0.0.1:80 w100 · bind é x 10.0.0.2:80 w100');
});

test('at most ten changes are shown, and the others are counted', () => {
  const after = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`b${i}`, target('10.0.0.1', 80 + i)]));
  const text = line({}, after) ?? '';
  assert.equal(text.split(' · ').length, 11);
  assert.match(text, / · and 3 more$/);
});

const targetsOf = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  fc.record(
    {
      address: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'),
      port: fc.integer({ min: 80, max: 83 }),
      weight: fc.integer({ min: 0, max: 3 }),
    },
    { noNullPrototype: true },
  ),
  { noNullPrototype: true },
);

test('the changes, carried out one by one, lead from any targets to any others', () => {
  assertHolds(
    fc.property(targetsOf, targetsOf, (before, after) => {
      const state: Record<string, Record<string, unknown>> = structuredClone(before);
      for (const change of membershipChanges({ targets: before }, { targets: after }) ?? []) carryOut(change, state);
      assert.deepEqual(state, after);
    }),
  );
});

function carryOut(change: MembershipChange, state: Record<string, Record<string, unknown>>): void {
  if (change.operation === 'unbind') delete state[change.name];
  else if (change.operation === 'bind') {
    const { address, port, weight } = change;
    state[change.name] = { address, port, weight };
  } else state[change.name] = { ...state[change.name], [change.operation]: change.to };
}
