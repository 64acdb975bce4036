// The order of an exported program: objects before those that refer to them, each load balancer's objects together.
import type { ApiObject } from '../../model/api/objects.ts';
import { KINDS, type Kind, PARENT_KINDS } from '../../model/base/kinds.ts';
import { keyOf } from '../../model/base/object-key.ts';
import { kindsNamedBy } from '../../model/base/references.ts';

const PARENTS: readonly Kind[] = Object.values(PARENT_KINDS);

interface Exported {
  readonly kind: Kind;
  readonly stored: ApiObject;
}

/**
 * The order of the kinds in four stages: servers and groups, which belong to no load balancer; load balancers;
 * attachments; listeners and rules. Within a stage, a kind comes after the kinds that it refers to, because it reaches
 * more kinds than they do.
 */
const ORDER: readonly Kind[] = [...KINDS].sort(
  (a, b) => stageOf(a) - stageOf(b) || reachedFrom(a).size - reachedFrom(b).size,
);

function stageOf(kind: Kind): number {
  const isParent = PARENTS.includes(kind);
  const hasParent = [...reachedFrom(kind)].some((other) => PARENTS.includes(other));
  if (!isParent) return hasParent ? 2 : 0;
  return hasParent ? 3 : 1;
}

/** All kinds that an object of the kind refers to, directly or through other objects. */
function reachedFrom(kind: Kind): ReadonlySet<Kind> {
  return new Set(kindsNamedBy(kind).flatMap((other) => [other, ...reachedFrom(other)]));
}

/**
 * All objects in the order of an exported program: servers and groups, then each load balancer with everything below
 * it. An object whose parent is not exported stands at the top level, in the order of the kinds.
 */
export function inOrder(objects: ReadonlyMap<Kind, readonly ApiObject[]>): Exported[] {
  const all = ORDER.flatMap((kind) => (objects.get(kind) ?? []).map((stored): Exported => ({ kind, stored })));
  const keys = new Set(all.map(({ kind, stored }) => keyOf(kind, stored.id)));
  const byParent = Map.groupBy(all, ({ stored }) => parentOf(stored, keys));
  const withAllBelow = (object: Exported): Exported[] => [object, ...below(keyOf(object.kind, object.stored.id))];
  const below = (key: string | undefined): Exported[] => (byParent.get(key) ?? []).flatMap(withAllBelow);
  return below(undefined);
}

function parentOf(stored: ApiObject, keys: ReadonlySet<string>): string | undefined {
  return Object.entries(PARENT_KINDS)
    .filter(([property]) => stored[property] !== undefined)
    .map(([property, kind]) => keyOf(kind, stored[property]))
    .find((key) => keys.has(key));
}
