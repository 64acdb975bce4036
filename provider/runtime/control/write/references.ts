// The references between stored objects: those that lead nowhere, and the objects that name one which is to be deleted.
import { WeirError } from '../../../model/base/errors.ts';
import { KIND_NAMES, KINDS, type Kind } from '../../../model/base/kinds.ts';
import { kindsNamedBy, type Reference, referencesOf } from '../../../model/base/references.ts';
import { fieldsOf } from '../../stored/lookup.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { nameOf } from '../../stored/references.ts';

/** The references of the object to what is not there. */
export function danglingReferences(view: ModelView, object: StoredObject): Reference[] {
  return namedBy(object).filter(({ kind, id }) => view.get<Kind>(kind, String(id)) === undefined);
}

/** An object stays as long as another one names it. */
export function refuseInUse(view: ModelView, object: StoredObject): void {
  const users = usersOf(view, object);
  if (users.length === 0) return;
  const names = users.map(nameOf);
  throw new WeirError(
    'InUse',
    `The ${KIND_NAMES[object.kind]} ${object.id} is used by ${names.join(', ')}: delete those first.`,
    names.map((message) => ({ path: '', message })),
  );
}

function usersOf(view: ModelView, { kind, id }: StoredObject): StoredObject[] {
  const isNamed = (reference: Reference) => reference.kind === kind && reference.id === id;
  return KINDS.filter((other) => kindsNamedBy(other).includes(kind)).flatMap((other) =>
    [...view.list<Kind>(other)].filter((user) => namedBy(user).some(isNamed)),
  );
}

/** A group also names the servers that joined it through the API. */
function namedBy(object: StoredObject): readonly Reference[] {
  return referencesOf(object.kind, fieldsOf(object));
}
