// One text for an object of any kind: kinds may have the same ids.
import type { Kind } from './kinds.ts';

export function keyOf(kind: Kind, id: unknown): string {
  return `${kind} ${id}`;
}

/** A URN, which stands for what has no id yet, stays as it is. */
export function idOf(key: string): string {
  return key.replace(/^[a-z-]+ /, '');
}
