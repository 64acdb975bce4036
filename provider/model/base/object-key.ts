// Keys for objects of any kind. A key has the kind in it, because two kinds may have the same id.
import type { Kind } from './kinds.ts';

export function keyOf(kind: Kind, id: unknown): string {
  return `${kind} ${id}`;
}

/** The id in an object's key. The URN in the key of an object without an id is returned as it is. */
export function idOf(key: string): string {
  return key.replace(/^[a-z-]+ /, '');
}
