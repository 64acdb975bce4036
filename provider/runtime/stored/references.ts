// References to stored objects by id, and the names of objects in errors.
import { type Problem, WeirError } from '../../model/base/errors.ts';
import { KIND_NAMES, type Kind } from '../../model/base/kinds.ts';
import type { ModelView } from './model.ts';
import type { StoredObject } from './object.ts';

/** The problem that the property at `path` names a missing object. */
export function noSuch(kind: Kind, id: string, path: string): Problem {
  return { path, message: `names no ${KIND_NAMES[kind]}: there is no ${id}` };
}

/** The object with this id. Throws `NotFound` if there is none. */
export function existingObject<K extends Kind>(view: ModelView, kind: K, id: string): StoredObject<K> {
  const object = view.get(kind, id);
  if (object === undefined) throw notFound(kind, id);
  return object;
}

function notFound(kind: Kind, id: string): WeirError {
  return new WeirError('NotFound', `There is no ${KIND_NAMES[kind]} ${id}.`);
}

/** The name of an object of somebody else in errors: its owner is told, so that it can be asked, and the id is not. */
export function foreignName({ kind, owner }: Pick<StoredObject, 'kind' | 'owner'>): string {
  const name = KIND_NAMES[kind];
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name} ${owner === undefined ? 'without an owner' : `of ${owner}`}`;
}

/** The name of an object in errors: "listener web of urn:...", or "listener web" if the object has no owner. */
export function nameOf({ kind, id, owner }: Pick<StoredObject, 'kind' | 'id' | 'owner'>): string {
  return `${KIND_NAMES[kind]} ${id}${owner ? ` of ${owner}` : ''}`;
}
