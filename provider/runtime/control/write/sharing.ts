// Sharing: below an object of another stack, only a stack that the object is shared with may have objects.
import { isDeepStrictEqual } from 'node:util';
import { WeirError } from '../../../model/base/errors.ts';
import { KIND_NAMES, type Kind } from '../../../model/base/kinds.ts';
import { matchesOwner, projectAndStackOf } from '../../../model/base/owners.ts';
import { type ParentReference, parentReferenceOf } from '../../../model/base/references.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { isSameStack } from '../../stored/owner.ts';
import { foreignName, nameOf } from '../../stored/references.ts';
import { dependentsOf } from './references.ts';

/**
 * Throws `OwnedByOther` if a stack creates, moves or adopts an object below an object of another stack that is not
 * shared with it. An adoption is judged at the place that the object had before as well. Other changes of an object
 * pass, also after the sharing was withdrawn.
 */
export function refuseUnshared(view: ModelView, next: StoredObject, existing: StoredObject | undefined): void {
  const reference = parentReferenceOf(next.kind, next.properties);
  const isAdopted = existing !== undefined && !isSameStack(existing, next);
  const isMoved = existing === undefined || (reference !== undefined && !isBelow(existing, reference));
  if (isAdopted) refuseUnsharedPlace(view, existing, next.owner, 'is below');
  if (isMoved) refuseUnsharedPlace(view, next, next.owner, 'names');
}

/** Throws `OwnedByOther` if the place of an object is not for the owner. `verb`: what the object does to its parent. */
function refuseUnsharedPlace(view: ModelView, object: StoredObject, owner: string | undefined, verb: string): void {
  const reference = parentReferenceOf(object.kind, object.properties);
  const parent = reference && view.get<Kind>(reference.kind, reference.id);
  const governing = parent && governingOf(view, parent);
  if (reference === undefined || parent === undefined || governing === undefined) return;
  if (isSameStack(governing, { owner }) || matchesOwner(sharedWithOf(view, governing), owner)) return;
  const place = governing === parent ? '' : `${nameOf(parent)} below `;
  const message = `${verb} ${place}${nameOf(governing)}, which is not shared with ${adviceFor(owner)}`;
  throw new WeirError('OwnedByOther', `${reference.property} ${message}`, [{ path: reference.property, message }]);
}

/**
 * The object whose owner and lists decide for an object and what lies below it: itself, or the nearest one above it that
 * has an owner. Returns `undefined` if nobody owns any of them, so that anybody may have objects there.
 */
function governingOf(view: ModelView, object: StoredObject): StoredObject | undefined {
  if (object.owner !== undefined) return object;
  const reference = parentReferenceOf(object.kind, object.properties);
  const parent = reference && view.get<Kind>(reference.kind, reference.id);
  return parent && governingOf(view, parent);
}

/** Properties that change nothing for the objects that depend on an object. */
const WITHOUT_EFFECT = new Set(['tags', 'sharedWith', 'deletionProtection']);

/**
 * Throws `OwnedByOther` if a stack adopts an object and changes it in the same write, while objects of a third stack
 * depend on it: those would change hands together with it. What the former owner has there goes the way of the object.
 */
export function refuseAdoptedChange(view: ModelView, next: StoredObject, existing: StoredObject | undefined): void {
  if (existing === undefined || isSameStack(existing, next) || !hasEffect(existing.properties, next.properties)) return;
  const foreign = dependentsOf(view, existing).find((user) => {
    return user.owner !== undefined && !isSameStack(user, next) && !isSameStack(user, existing);
  });
  if (foreign === undefined) return;
  const message = `The ${KIND_NAMES[existing.kind]} ${existing.id} is used by ${foreignName(foreign)}: adopt it without changes.`;
  throw new WeirError('OwnedByOther', message, [{ path: '', message }]);
}

function hasEffect(before: object, after: object): boolean {
  const effective = (properties: object) => Object.entries(properties).filter(([name]) => !WITHOUT_EFFECT.has(name));
  return !isDeepStrictEqual(Object.fromEntries(effective(before)), Object.fromEntries(effective(after)));
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
