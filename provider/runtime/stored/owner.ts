// The owner of an object: the owner's name in errors, and whether two owners belong to one stack.
import { stackOf } from '../../model/base/urn.ts';
import type { StoredObject } from './object.ts';

export function ownerName({ owner }: Pick<StoredObject, 'owner'>): string {
  return owner ?? 'nobody (created through the API)';
}

/**
 * Whether two objects belong to one stack. Objects of one stack may share an endpoint, target or rule for a while,
 * because Pulumi creates the replacement of a resource before it deletes the old resource.
 */
export function isSameStack(a: Pick<StoredObject, 'owner'>, b: Pick<StoredObject, 'owner'>): boolean {
  return stackOf(a.owner) === stackOf(b.owner);
}
