// Glob patterns, and the texts that they match.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesGlob } from '../../../../provider/model/base/glob.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';

const MATCHES: readonly (readonly [pattern: string, text: string, isMatch: boolean])[] = [
  ['loadbalancer/web', 'loadbalancer/web', true],
  ['loadbalancer/web', 'loadbalancer/web-2', false],
  ['loadbalancer/web-*', 'loadbalancer/web-', true],
  ['loadbalancer/web-*', 'loadbalancer/web', false],
  ['loadbalancer/*-web', 'loadbalancer/a-web-web', true],
  ['loadbalancer/*a*b', 'loadbalancer/xaxbxb', true],
  ['loadbalancer/w?b', 'loadbalancer/web', true],
  ['loadbalancer/w?b', 'loadbalancer/wb', false],
  ['loadbalancer/a.c', 'loadbalancer/abc', false],
  ['*', 'runtime', true],
  ['', '', true],
  ['?', '', false],
  ['slb:Describe*', 'slb:DescribeListeners', true],
  ['slb:describe*', 'slb:DescribeListeners', false],
];

for (const [pattern, text, isMatch] of MATCHES) {
  test(`"${pattern}" ${isMatch ? 'matches' : 'does not match'} "${text}"`, () => {
    assert.equal(matchesGlob(pattern, text), isMatch);
  });
}

test('a pattern matches the same texts as its regular expression, and a hostile pattern takes no time', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 12 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
  assertHolds(
    fc.property(letters, text, (pattern, candidate) => {
      const expected = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(candidate);
      assert.equal(matchesGlob(pattern, candidate), expected);
    }),
  );
  assert.equal(matchesGlob(`${'*a'.repeat(60)}b`, 'a'.repeat(10_000)), false);
});
