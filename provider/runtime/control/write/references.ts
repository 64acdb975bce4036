// References between stored objects: a reference names an existing object, and a referenced object is not deleted.
import { WeirError } from '../../../model/base/errors.ts';
import { KIND_NAMES, type Kind } from '../../../model/base/kinds.ts';
import type { Reference } from '../../../model/base/references.ts';
import { namedBy, usersOf } from '../../stored/dependents.ts';
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
  const advice = object.kind === 'backend-servers' ? 'take it out of those first' : 'delete those first';
  throw new WeirError(
    'InUse',
    `The ${KIND_NAMES[object.kind]} ${object.id} is used by ${names.join(', ')}: ${advice}.`,
    names.map((message) => ({ path: '', message })),
  );
}
