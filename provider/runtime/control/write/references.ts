// The references between stored objects: those that lead nowhere, and the objects that name one which is to be deleted.
import { WeirError } from '../../../model/base/errors.ts';
import { KIND_NAMES, KINDS, type Kind } from '../../../model/base/kinds.ts';
import { type Reference, referencesOf } from '../../../model/base/references.ts';
import { fieldsOf } from '../../stored/lookup.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { nameOf } from '../../stored/references.ts';

/** The references of the object to what is not there. */
export function* danglingReferences(view: ModelView, object: StoredObject): Iterable<Reference> {
  for (const reference of namedBy(object)) {
    if (view.get<Kind>(reference.kind, String(reference.id)) === undefined) yield reference;
  }
}

/** An object stays as long as another one names it. */
export function refuseInUse(view: ModelView, object: StoredObject): void {
  const users = [...usersOf(view, object)];
  if (users.length === 0) return;
  const names = users.map(nameOf);
  throw new WeirError(
    'InUse',
    `The ${KIND_NAMES[object.kind]} ${object.id} is used by ${names.join(', ')}: delete those first.`,
    names.map((message) => ({ path: '', message })),
  );
}

function* usersOf(view: ModelView, object: StoredObject): Iterable<StoredObject> {
  for (const kind of KINDS) for (const user of view.list<Kind>(kind)) if (isUser(user, object)) yield user;
}

function isUser(user: StoredObject, { kind, id }: StoredObject): boolean {
  for (const reference of namedBy(user)) if (reference.kind === kind && reference.id === id) return true;
  return false;
}

/** A group also names the servers that joined it through the API. */
function namedBy(object: StoredObject): Iterable<Reference> {
  return referencesOf(object.kind, fieldsOf(object));
}
