// The resources that cover an object in permissions: the object itself, and the load balancer above it.
import type { Kind } from '../../../model/base/kinds.ts';
import { type ParentReference, parentReferenceOf } from '../../../model/base/references.ts';
import { type Actions, KIND_ACTIONS } from '../../../model/permissions/actions.ts';
import type { StoredObjects } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import type { Need } from './access.ts';

/** Resources on each of which a permission covers the object. The first is the topmost one. */
type Covering = readonly [string, ...string[]];

/** The need for one of the actions on one resource. */
export function needOf(actions: Actions, resource: string, path = ''): Need {
  return { actions, resources: [resource], path };
}

/** The needs for one of the actions on what covers each of the objects. Equal needs are listed once. */
export function needsOf(view: StoredObjects, objects: readonly (StoredObject | undefined)[], actions: Actions): Need[] {
  return needsOn(actions, objects, (object) => coveringOf(view, object));
}

/** The needs for one of the actions on what covers the parents of the objects, where the objects are to be. */
export function needsOfPlace(
  view: StoredObjects,
  objects: readonly (StoredObject | undefined)[],
  actions: Actions,
): Need[] {
  return needsOn(actions, objects, (object) => placeOf(view, object));
}

function needsOn(
  actions: Actions,
  objects: readonly (StoredObject | undefined)[],
  resourcesOf: (object: StoredObject) => Covering | undefined,
): Need[] {
  const needs = new Map<string, Need>();
  for (const object of objects) {
    const resources = object && resourcesOf(object);
    if (resources !== undefined) needs.set(resources.join(' '), { actions, resources, path: '' });
  }
  return [...needs.values()];
}

/**
 * What covers an object: the load balancer above it, and the object itself or, for an attachment, its parent. Returns
 * `undefined` if an object above it is missing.
 */
function coveringOf(view: StoredObjects, { kind, id, properties }: StoredObject): Covering | undefined {
  const { type } = KIND_ACTIONS[kind];
  const parent = parentReferenceOf(kind, properties);
  if (parent === undefined) return type && [`${type}/${id}`];
  const above = coveringOfParent(view, parent);
  return type === undefined ? above : above && [above[0], `${type}/${id}`];
}

function placeOf(view: StoredObjects, object: StoredObject): Covering | undefined {
  const parent = parentReferenceOf(object.kind, object.properties);
  return parent === undefined ? coveringOf(view, object) : coveringOfParent(view, parent);
}

function coveringOfParent(view: StoredObjects, { kind, id }: ParentReference): Covering | undefined {
  const parent = view.get<Kind>(kind, id);
  if (parent !== undefined) return coveringOf(view, parent);
  // A missing parent needs the permission too, so that a caller without it does not learn which ids exist.
  const { type } = KIND_ACTIONS[kind];
  return type && [`${type}/${id}`];
}
