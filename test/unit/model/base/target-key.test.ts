// Target keys: one key for every way in which a target's address can be written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalAddress, targetKey } from '../../../../provider/model/base/target-key.ts';

const FORMS: [written: string, canonical: string][] = [
  ['10.0.0.1', '10.0.0.1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['::', '::'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:0a00:0001', '10.0.0.1'],
  ['0:0:0:0:0:ffff:10.0.0.1', '10.0.0.1'],
  ['::ffff:0.0.0.0', '0.0.0.0'],
  ['::10.0.0.1', '::10.0.0.1'],
  ['::ffff:0:10.0.0.1', '::ffff:0:a00:1'],
  ['::fffe:10.0.0.1', '::fffe:a00:1'],
];

for (const [written, canonical] of FORMS) {
  test(`${written} is compared as ${canonical}`, () => {
    assert.equal(canonicalAddress(written), canonical);
  });
}

test('a key has an IPv6 address in brackets, and an IPv4 address mapped into IPv6 without', () => {
  assert.equal(targetKey('::1', 80), '[::1]:80');
  assert.equal(targetKey('::ffff:10.0.0.1', 80), '10.0.0.1:80');
});
