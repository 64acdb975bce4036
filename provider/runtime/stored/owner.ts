// Whose an object is: what errors name, and what tells one stack's objects from another's.
import { stackOf } from '../../model/base/urn.ts';
import type { StoredObject } from './object.ts';

export function ownerName({ owner }: Pick<StoredObject, 'owner'>): string {
  return owner ?? 'nobody: it was made through the API';
}

/** Within a stack, objects may stand in for each other while resources are renamed or created anew. */
export function isSameStack(a: Pick<StoredObject, 'owner'>, b: Pick<StoredObject, 'owner'>): boolean {
  return stackOf(a.owner) === stackOf(b.owner);
}
