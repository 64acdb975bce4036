// The spelling of a path that rules and targets see.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { removeDotSegments } from '../../../../../../provider/runtime/embedded/http/message/target-path.ts';
import { assertHolds } from '../../../../../harness/properties/properties.ts';

const ROWS: [target: string, result: string][] = [
  ['/', '/'],
  ['/a/b', '/a/b'],
  ['/.', '/'],
  ['/..', '/'],
  ['/a/.', '/a/'],
  ['/a/..', '/'],
  ['/a/b/..', '/a/'],
  ['/a/b/../', '/a/'],
  ['/../../a', '/a'],
  ['/a/./b', '/a/b'],
  ['/a//../b', '/a/b'],
  ['//a/../b', '//b'],
  ['/.a/..b/...', '/.a/..b/...'],
  ['/%2e/a', '/a'],
  ['/a/%2E./b', '/b'],
  ['/a/.%2e', '/'],
  ['/a/%252e%252e/b', '/a/%252e%252e/b'],
  ['/a/..%2f../b', '/a/..%2f../b'],
  ['/a/..;x/b', '/a/..;x/b'],
  ['/a/%2f/../b', '/a/b'],
  ['/a?/../b', '/a?/../b'],
  ['/a/..?x=/.', '/?x=/.'],
  ['/%20%zz', '/%20%zz'],
];

for (const [target, result] of ROWS) {
  test(`${target} becomes ${result}`, () => assert.equal(removeDotSegments(target), result));
}

test('removing dot segments leaves none, and doing so again changes nothing', () => {
  const segment = fc.constantFrom('', '.', '..', '%2e', '%2E.', 'a', '%2F', 'b.c', '...');
  assertHolds(
    fc.property(fc.array(segment), (segments) => {
      const once = removeDotSegments(`/${segments.join('/')}`);
      assert.equal(removeDotSegments(once), once);
      assert.doesNotMatch(once, /\/(\.|%2e){1,2}(\/|$)/i);
      assert.ok(once.startsWith('/'));
    }),
  );
});
