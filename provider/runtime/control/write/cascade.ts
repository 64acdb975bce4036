// The cascade: a delete by a stack takes along the objects of this stack below the deleted one, and those of no other.
import { isRetained } from '../../../model/base/incarnation.ts';
import { KINDS, type Kind } from '../../../model/base/kinds.ts';
import { objectsBelow } from '../../../model/rules/below.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { isSameStack } from '../../stored/owner.ts';

/**
 * The objects below an object that a delete by its stack takes along, in the order in which they can be deleted. They
 * belong to the same stack, and none of them is retained. An object without an owner takes none along.
 */
export function ownedBelow(view: ModelView, upper: StoredObject): StoredObject[] {
  if (upper.owner === undefined) return [];
  const all = KINDS.flatMap((kind) => [...view.list<Kind>(kind)]);
  const isTaken = (object: StoredObject) => isSameStack(object, upper) && !isRetained(object);
  return objectsBelow(upper, all, ({ properties }) => properties, isTaken).reverse();
}
