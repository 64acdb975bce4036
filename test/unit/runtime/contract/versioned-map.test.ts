// Versions of an immutable map: each one keeps its entries, and two of them tell which keys differ.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VersionedMap } from '../../../../provider/runtime/contract/versioned-map.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';

const VALUES = Array.from({ length: 3 }, (_, value) => ({ value }));

/** Changes of one step: keys with the index of their value, or with 3 to remove them. */
const step = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 3 })), { maxLength: 80 });

test('each version of a map has the entries that were put into it, whatever other versions change', () => {
  assertHolds(
    fc.property(fc.array(fc.tuple(step, fc.nat())), (steps) => {
      const versions = [{ map: VersionedMap.of<number, object>(), plain: new Map<number, object>() }];
      for (const [changes, from] of steps) {
        const { map, plain } = versions[from % versions.length] as (typeof versions)[number];
        const next = new Map(plain);
        for (const [key, value] of changes) {
          const present = VALUES[value];
          if (present === undefined) next.delete(key);
          else next.set(key, present);
        }
        versions.push({ map: map.with(changes.map(([key, value]) => [key, VALUES[value]])), plain: next });
      }
      const inOrder = (entries: Iterable<[number, object]>) => [...entries].sort(([a], [b]) => a - b);
      for (const { map, plain } of versions) {
        assert.deepEqual(inOrder(map), inOrder(plain));
        assert.equal(map.size, plain.size);
        for (const other of versions) {
          const differ = [...new Set([...map.keys(), ...other.map.keys()])].filter(
            (key) => map.get(key) !== other.map.get(key),
          );
          assert.deepEqual(map.changedSince(other.map).sort(), differ.sort());
        }
      }
    }),
  );
});

test('entries are in the order in which they came, and a changed value keeps its place', () => {
  const [a, b] = [{ name: 'a' }, { name: 'b' }];
  const map = VersionedMap.of<string, object>([
    ['z', a],
    ['y', a],
  ]);
  assert.deepEqual([...map.with([['x', b]]).with([['z', b]])].flat(), ['z', b, 'y', a, 'x', b]);
  assert.deepEqual([...map.with([['z', undefined]]).keys()], ['y']);
});

test('a change that changes nothing is the identical version', () => {
  const map = VersionedMap.of([['a', VALUES]]);
  assert.equal(map.with([]), map);
  assert.equal(map.with([['b', undefined]]), map);
});

test('a map whose keys all come and go does not keep the places of the old ones', () => {
  let map = VersionedMap.of<number, object>();
  const first = map.with([[0, VALUES]]);
  for (let key = 0; key < 2_000; key++)
    map = map.with([
      [key - 1, undefined],
      [key, VALUES],
    ]);
  assert.deepEqual([...map], [[1_999, VALUES]]);
  assert.deepEqual(first.changedSince(map).sort(), [0, 1_999]);
});
