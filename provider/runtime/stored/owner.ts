// The owner of an object: the owner's name in errors, and whether two owners belong to one stack.
import type { StoredObject } from './object.ts';

export { isSameStack } from '../../model/base/owners.ts';

export function ownerName({ owner }: Pick<StoredObject, 'owner'>): string {
  return owner ?? 'nobody (created through the API)';
}
