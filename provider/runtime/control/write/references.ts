// References between stored objects: a reference names an existing object, and a referenced object is not deleted.
import { WeirError } from '../../../model/base/errors.ts';
import { KIND_NAMES, KINDS, type Kind } from '../../../model/base/kinds.ts';
import { kindsNamedBy, type Reference, referencesOf } from '../../../model/base/references.ts';
import { fieldsOf } from '../../stored/lookup.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { nameOf } from '../../stored/references.ts';

/** The references of an object to missing objects. */
export function danglingReferences(view: ModelView, object: StoredObject): Reference[] {
  return namedBy(object).filter(({ kind, id }) => view.get<Kind>(kind, String(id)) === undefined);
}

/** Throws `InUse` if other stored objects refer to `object`, which therefore cannot be deleted. */
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

/** Every object that refers to `object`, or to another one that does. */
export function dependentsOf(view: ModelView, object: StoredObject): StoredObject[] {
  const found = new Set<StoredObject>();
  const add = (each: StoredObject) => {
    for (const user of usersOf(view, each)) {
      if (found.has(user)) continue;
      found.add(user);
      add(user);
    }
  };
  add(object);
  return [...found];
}

/** The references of an object. A group also refers to the servers that joined through the API. */
function namedBy(object: StoredObject): readonly Reference[] {
  return referencesOf(object.kind, fieldsOf(object));
}
