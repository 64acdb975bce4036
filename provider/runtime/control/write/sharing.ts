// Sharing: below an object of another stack, only a stack that the object is shared with may have objects.
import { isDeepStrictEqual } from 'node:util';
import { WeirError } from '../../../model/base/errors.ts';
import { KIND_NAMES, type Kind } from '../../../model/base/kinds.ts';
import { projectAndStackOf } from '../../../model/base/owners.ts';
import { type ParentReference, parentReferenceOf } from '../../../model/base/references.ts';
import { routeKey } from '../../../model/base/route-key.ts';
import { governingOf, isOpenTo } from '../../../model/rules/sharing.ts';
import { rulesTakenFrom } from '../../../model/rules/taken-requests.ts';
import { dependentsOf } from '../../stored/dependents.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { isSameStack } from '../../stored/owner.ts';
import { foreignName, nameOf } from '../../stored/references.ts';

type Rule = StoredObject<'rules'>;

/**
 * Throws `OwnedByOther` if a stack creates, moves or adopts an object below an object of another stack that is not
 * shared with it. An adoption is judged at the place that the object had before as well. Other changes of an object
 * pass, also after the sharing was withdrawn. A rule that takes requests from another rule counts as below it.
 */
export function refuseUnshared(view: ModelView, next: StoredObject, existing: StoredObject | undefined): void {
  const reference = parentReferenceOf(next.kind, next.properties);
  const isAdopted = existing !== undefined && !isSameStack(existing, next);
  const isMoved = existing === undefined || (reference !== undefined && !isBelow(existing, reference));
  if (isAdopted) refuseUnsharedPlace(view, existing, next.owner, 'is below');
  if (isMoved) refuseUnsharedPlace(view, next, next.owner, 'names');
  if (next.kind !== 'rules') return;
  const before = existing?.kind === 'rules' ? existing : undefined;
  if (isAdopted || isMoved || (before && routeKey(before.properties) !== routeKey(next.properties)))
    refuseTakenRequests(view, next, before);
}

/** Throws `OwnedByOther` if the place of an object is not for the owner. `verb`: what the object does to its parent. */
function refuseUnsharedPlace(view: ModelView, object: StoredObject, owner: string | undefined, verb: string): void {
  const reference = parentReferenceOf(object.kind, object.properties);
  const parent = parentOf(view, object);
  const governing = parent && governingOf(parent, (each) => parentOf(view, each));
  if (reference === undefined || parent === undefined || governing === undefined) return;
  if (isOpenTo<StoredObject>(governing, owner, (each) => parentOf(view, each))) return;
  const place = governing === parent ? '' : `${nameOf(parent)} below `;
  throw unshared(reference.property, `${verb} ${place}${nameOf(governing)}`, owner);
}

/** Throws `OwnedByOther` if a rule takes requests from a rule that is not shared with its stack. */
function refuseTakenRequests(view: ModelView, next: Rule, before: Rule | undefined): void {
  const { listenerId, path } = next.properties;
  // Requests that the rule itself had are its own, but not those of a rule that is only now adopted.
  const isOther = (each: Rule) => each.id !== next.id || (before !== undefined && isSameStack(before, next));
  const others = [...view.list('rules')].filter((each) => each.properties.listenerId === listenerId && isOther(each));
  for (const taken of rulesTakenFrom(next, others)) {
    const governing = governingOf<StoredObject>(taken, (each) => parentOf(view, each));
    if (governing === undefined || isOpenTo(governing, next.owner, (each) => parentOf(view, each))) continue;
    const place = governing.kind === 'rules' ? '' : `${foreignName(taken)} below `;
    throw unshared(
      path === undefined ? 'host' : 'path',
      `takes requests from ${place}${foreignName(governing)}`,
      next.owner,
    );
  }
}

function parentOf(view: ModelView, { kind, properties }: StoredObject): StoredObject | undefined {
  const reference = parentReferenceOf(kind, properties);
  return reference && view.get<Kind>(reference.kind, reference.id);
}

function unshared(path: string, what: string, owner: string | undefined): WeirError {
  const message = `${what}, which is not shared with ${adviceFor(owner)}`;
  return new WeirError('OwnedByOther', `${path} ${message}`, [{ path, message }]);
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

function adviceFor(owner: string | undefined): string {
  const stack = projectAndStackOf(owner);
  return stack === undefined
    ? `the owner ${owner}: it can be shared with stacks of Pulumi only`
    : `${stack}: ask its owner to add sharedWith: ${JSON.stringify([stack])} to it`;
}
