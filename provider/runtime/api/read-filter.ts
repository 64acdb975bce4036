// The objects that the caller of one request may read, for responses that name the same object many times.
import type { Access } from '../control/access/access.ts';
import { mayRead } from '../control/access/permissions.ts';
import type { Model } from '../stored/model.ts';
import type { StoredObject } from '../stored/object.ts';

/** Returns whether the caller may read an object. */
export type ReadFilter = (object: StoredObject) => boolean;

/** Makes a filter that decides once for each object, because an attachment has up to 500 targets. */
export function readFilter(model: Model, access: Access): ReadFilter {
  const known = new Map<StoredObject, boolean>();
  return (object) => {
    let isReadable = known.get(object);
    if (isReadable === undefined) {
      isReadable = mayRead(access, model, object);
      known.set(object, isReadable);
    }
    return isReadable;
  };
}
