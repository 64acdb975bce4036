// Tallies: what is counted change by change equals what is counted at once, and bindings multiply at load balancers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Draft, Model } from '../../../../provider/runtime/stored/model.ts';
import type { StoredObject } from '../../../../provider/runtime/stored/object.ts';
import { Tallies } from '../../../../provider/runtime/stored/tallies.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';

const TOKENS = [undefined, 'a', 'b'] as const;

const base = { incarnation: 'x', owner: undefined, version: 0 };
const anyToken = fc.constantFrom(...TOKENS);
const id = fc.constantFrom('1', '2', '3');
const loadBalancerId = fc.constantFrom('lb-1', 'lb-2');

const listener = fc
  .record({ id, createdBy: anyToken, changedBy: anyToken, loadBalancerId })
  .map(({ loadBalancerId, ...more }) => ({ ...base, ...more, kind: 'listeners', properties: { loadBalancerId } }));

const attachment = fc
  .record({
    kind: fc.constantFrom('attachments', 'group-attachments'),
    id,
    createdBy: anyToken,
    loadBalancerId: fc.option(loadBalancerId, { nil: undefined }),
    boundByKey: fc.array(fc.option(fc.constantFrom('', 'a', 'b'), { nil: undefined }), { maxLength: 4 }),
  })
  .map(({ loadBalancerId, boundByKey, ...more }) => ({
    ...base,
    ...more,
    properties: loadBalancerId === undefined ? { listenerId: '1' } : { loadBalancerId },
    state: {
      boundSince: Object.fromEntries(boundByKey.map((_, index) => [`10.0.0.1:${index}`, 1])),
      boundBy: Object.fromEntries(
        boundByKey.flatMap((by, index) => (by === undefined ? [] : [[`10.0.0.1:${index}`, by]])),
      ),
    },
  }));

const server = fc
  .record({ id, createdBy: anyToken })
  .map((more) => ({ ...base, ...more, properties: {}, kind: 'backend-servers' }));
const step = fc.record({
  object: fc.oneof(listener, attachment, server),
  isDelete: fc.boolean(),
  isUndone: fc.boolean(),
});

const objectsOf = (model: Model) =>
  (['listeners', 'attachments', 'group-attachments', 'backend-servers'] as const).flatMap((kind): StoredObject[] => [
    ...model.list(kind),
  ]);

/** Bindings by the definition: each pair of a listener and a target in which the token has a part. */
function bindingsIn(model: Model, token: string): number {
  let count = 0;
  for (const each of [...model.list('attachments'), ...model.list('group-attachments')]) {
    for (const key of Object.keys(each.state.boundSince)) {
      const isOwn = (each.state.boundBy?.[key] ?? each.createdBy) === token;
      const at = each.properties.loadBalancerId;
      if (at === undefined) count += isOwn ? 1 : 0;
      else {
        const below = [...model.list('listeners')].filter(({ properties }) => properties.loadBalancerId === at);
        count += below.filter(({ createdBy, changedBy }) => isOwn || [createdBy, changedBy].includes(token)).length;
      }
    }
  }
  return count;
}

test('tallies that follow each change, and each undone change, equal those of the whole model', () => {
  assertHolds(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const draft = new Draft(Model.of(0, []));
      for (const { object, isDelete, isUndone } of steps) {
        const before = draft.toModel();
        const stored = object as unknown as StoredObject;
        if (isDelete) draft.delete(stored.kind, stored.id);
        else draft.put(stored);
        if (isUndone) draft.undoTo(before);
      }
      const model = draft.toModel();
      const whole = Tallies.of(objectsOf(model));
      assert.equal(model.tallies.bindings, whole.bindings);
      for (const token of ['a', 'b']) {
        assert.equal(
          model.tallies.objectsOf(token),
          objectsOf(model).filter(({ createdBy }) => createdBy === token).length,
        );
        assert.equal(model.tallies.bindingsOf(token), bindingsIn(model, token));
        assert.equal(whole.bindingsOf(token), bindingsIn(model, token));
      }
    }),
  );
});
