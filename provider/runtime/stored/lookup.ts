// Access to stored objects for the model's rules that compare several objects.
import type { Kind } from '../../model/base/kinds.ts';
import type { Lookup, ObjectFields } from '../../model/rules/lookup.ts';
import { membersOf } from './members.ts';
import type { StoredObjects } from './model.ts';
import type { StoredObject } from './object.ts';

export function lookupIn(objects: StoredObjects): Lookup {
  return {
    get: <K extends Kind>(kind: K, id: unknown) => {
      const object = objects.get<Kind>(kind, String(id));
      return (object && fieldsOf(object)) as ObjectFields<K> | undefined;
    },
    isKnown: () => true,
    hasExpired: (serverId) => objects.get('backend-servers', String(serverId))?.expired === true,
  };
}

/**
 * The properties of an object. A group that declares no members gets the servers that joined through the API as
 * members.
 */
export function fieldsOf(object: StoredObject): object {
  return object.kind === 'groups' ? { ...object.properties, members: membersOf(object) } : object.properties;
}
