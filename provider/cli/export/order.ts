// The order in which an exported program declares objects: what is referred to first, and what belongs together together.
import type { ApiObject } from '../../model/api/objects.ts';
import type { Kind } from '../../model/base/kinds.ts';
import { keyOf } from '../../model/base/object-key.ts';
import { REFERENCES } from '../../model/base/references.ts';
import { PARENTS } from '../../model/objects/parent.ts';

export interface Exported {
  readonly kind: Kind;
  readonly stored: ApiObject;
}

/** On one parent in this order: its own targets before the listeners and rules below it. */
const ORDER: readonly Kind[] = [
  'backend-servers',
  'groups',
  'load-balancers',
  'attachments',
  'group-attachments',
  'listeners',
  'rules',
];

/** Servers and groups, then each load balancer with all that is on it; what is on something else stands by itself. */
export function inOrder(objects: ReadonlyMap<Kind, readonly ApiObject[]>): Exported[] {
  const all = ORDER.flatMap((kind) => (objects.get(kind) ?? []).map((stored): Exported => ({ kind, stored })));
  const keys = new Set(all.map(({ kind, stored }) => keyOf(kind, stored.id)));
  const byParent = Map.groupBy(all, ({ stored }) => parentOf(stored, keys));
  const withAllBelow = (object: Exported): Exported[] => [object, ...below(keyOf(object.kind, object.stored.id))];
  const below = (key: string | undefined): Exported[] => (byParent.get(key) ?? []).flatMap(withAllBelow);
  return below(undefined);
}

function parentOf(stored: ApiObject, keys: ReadonlySet<string>): string | undefined {
  return PARENTS.filter((property) => stored[property] !== undefined)
    .map((property) => keyOf(REFERENCES[property], stored[property]))
    .find((key) => keys.has(key));
}
