// Sharing: the object whose owner and lists of stacks decide for a place, and for which stacks the place is open.
import { isSameStack, matchesOwner } from '../base/owners.ts';

/** An object with the URN of its owner; `undefined` for an object without an owner. Its properties may be unknown. */
export interface Owned {
  readonly owner?: string | undefined;
  readonly properties: object;
}

/** Returns the object directly above another one, or `undefined` if there is none or it is not known. */
export type Above<O extends Owned> = (object: O) => O | undefined;

/**
 * The object whose owner and lists decide for an object and what lies below it: itself, or the nearest one above it that
 * has an owner. Returns `undefined` if nobody owns any of them, so that anybody may have objects there.
 */
export function governingOf<O extends Owned>(object: O, above: Above<O>): O | undefined {
  if (object.owner !== undefined) return object;
  const parent = above(object);
  return parent && governingOf(parent, above);
}

/** Whether an object is the owner's, or is shared with the owner by its lists. */
export function isOpenTo<O extends Owned>(object: O, owner: string | undefined, above: Above<O>): boolean {
  return isSameStack(object, { owner }) || matchesOwner(sharedWithOf(object, above), owner);
}

/** The patterns of the object's own list, and of the lists of the objects above it as far as one stack owns them. */
function sharedWithOf<O extends Owned>(object: O, above: Above<O>): readonly string[] {
  const { sharedWith }: { readonly sharedWith?: unknown } = object.properties;
  const own = (Array.isArray(sharedWith) ? sharedWith : []).filter((pattern) => typeof pattern === 'string');
  const parent = above(object);
  return parent !== undefined && isSameStack(parent, object) ? [...own, ...sharedWithOf(parent, above)] : own;
}
