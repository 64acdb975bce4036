// An object as a call or a property names it, and as an error names it.
import { type Problem, WeirError } from '../../model/base/errors.ts';
import { KIND_NAMES, type Kind } from '../../model/base/kinds.ts';
import type { ModelView } from './model.ts';
import type { StoredObject } from './object.ts';

/** The property at `path` names an object that is not there. */
export function noSuch(kind: Kind, id: string, path: string): Problem {
  return { path, message: `names no ${KIND_NAMES[kind]}: there is no ${id}` };
}

/** The object that a call is about; throws NotFound where there is none. */
export function existingObject<K extends Kind>(view: ModelView, kind: K, id: string): StoredObject<K> {
  const object = view.get(kind, id);
  if (object === undefined) throw notFound(kind, id);
  return object;
}

function notFound(kind: Kind, id: string): WeirError {
  return new WeirError('NotFound', `There is no ${KIND_NAMES[kind]} ${id}.`);
}

/** "listener web of urn:..."; without what is not known of its owner. */
export function nameOf({ kind, id, owner }: Pick<StoredObject, 'kind' | 'id' | 'owner'>): string {
  return `${KIND_NAMES[kind]} ${id}${owner ? ` of ${owner}` : ''}`;
}
