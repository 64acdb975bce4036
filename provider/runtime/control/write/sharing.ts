// Sharing: below an object of another stack, only a stack that the object is shared with may have objects.
import { WeirError } from '../../../model/base/errors.ts';
import type { Kind } from '../../../model/base/kinds.ts';
import { matchesOwner, projectAndStackOf } from '../../../model/base/owners.ts';
import { type ParentReference, parentReferenceOf } from '../../../model/base/references.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { isSameStack } from '../../stored/owner.ts';
import { nameOf } from '../../stored/references.ts';

/**
 * Throws `OwnedByOther` if a stack creates, moves or adopts an object below an object of another stack that is not
 * shared with it. Other changes of an object pass, also after the sharing was withdrawn. An object without an owner is
 * nobody's, so that anybody may have objects below it.
 */
export function refuseUnshared(view: ModelView, next: StoredObject, existing: StoredObject | undefined): void {
  const reference = parentReferenceOf(next.kind, next.properties);
  const parent = reference && view.get<Kind>(reference.kind, reference.id);
  if (reference === undefined || parent?.owner === undefined || isSameStack(parent, next)) return;
  const isThere = existing !== undefined && isSameStack(existing, next) && isBelow(existing, reference);
  if (isThere || matchesOwner(sharedWithOf(view, parent), next.owner)) return;
  const message = `names ${nameOf(parent)}, which is not shared with ${adviceFor(next.owner)}`;
  throw new WeirError('OwnedByOther', `${reference.property} ${message}`, [{ path: reference.property, message }]);
}

function isBelow({ kind, properties }: StoredObject, { property, id }: ParentReference): boolean {
  const reference = parentReferenceOf(kind, properties);
  return reference?.property === property && reference.id === id;
}

/** The patterns of the object's own list, and of the lists of the objects above it as far as one stack owns them. */
function sharedWithOf(view: ModelView, object: StoredObject): readonly string[] {
  const own = 'sharedWith' in object.properties ? (object.properties.sharedWith ?? []) : [];
  const reference = parentReferenceOf(object.kind, object.properties);
  const parent = reference && view.get<Kind>(reference.kind, reference.id);
  return parent !== undefined && isSameStack(parent, object) ? [...own, ...sharedWithOf(view, parent)] : own;
}

function adviceFor(owner: string | undefined): string {
  const stack = projectAndStackOf(owner);
  return stack === undefined
    ? `the owner ${owner}: it can be shared with stacks of Pulumi only`
    : `${stack}: ask its owner to add sharedWith: ${JSON.stringify([stack])} to it`;
}
