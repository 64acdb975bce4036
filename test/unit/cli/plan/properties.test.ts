// The changed properties that a plan shows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlannedChange } from '../../../../provider/cli/plan/objects.ts';
import { changedProperties } from '../../../../provider/cli/plan/properties.ts';

test('a tag with the name of an inherited member of an object is shown like any other', () => {
  const shown = (before: object, after: object) => {
    const change = { verb: 'update', stated: { tags: before }, after: { properties: { tags: after } } };
    return changedProperties(change as unknown as PlannedChange, (key) => key);
  };
  assert.deepEqual(shown({}, { toString: 'a' }), ['`tags.toString` `a`']);
  assert.deepEqual(shown({ constructor: 'a' }, { constructor: 'b' }), ['`tags.constructor` `a`→`b`']);
  assert.deepEqual(shown({ valueOf: 'a' }, {}), ['`tags.valueOf` `a`→`none`']);
});
