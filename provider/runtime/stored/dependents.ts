// The objects that use an object: those that refer to it, and those that refer to these.

import { KINDS, type Kind } from '../../model/base/kinds.ts';
import { keyOf } from '../../model/base/object-key.ts';
import { kindsNamedBy, type Reference, referencesOf } from '../../model/base/references.ts';
import { fieldsOf } from './lookup.ts';
import type { ModelView } from './model.ts';
import type { StoredObject } from './object.ts';

/** The references of an object. A group also refers to the servers that joined through the API. */
export function namedBy(object: StoredObject): readonly Reference[] {
  return referencesOf(object.kind, fieldsOf(object));
}

/** The objects that refer to `object` itself. */
export function usersOf(view: ModelView, { kind, id }: StoredObject): StoredObject[] {
  const isNamed = (reference: Reference) => reference.kind === kind && reference.id === id;
  return KINDS.filter((other) => kindsNamedBy(other).includes(kind)).flatMap((other) =>
    [...view.list<Kind>(other)].filter((user) => namedBy(user).some(isNamed)),
  );
}

/** Every object that refers to `object`, or to another one that does. Each object of the view is looked at once. */
export function dependentsOf(view: ModelView, object: StoredObject): StoredObject[] {
  if (usersOf(view, object).length === 0) return [];
  const users = new Map<string, StoredObject[]>();
  for (const user of KINDS.flatMap((kind) => [...view.list<Kind>(kind)])) {
    for (const { kind, id } of namedBy(user)) {
      const key = keyOf(kind, String(id));
      const known = users.get(key);
      if (known === undefined) users.set(key, [user]);
      else if (known.at(-1) !== user) known.push(user);
    }
  }
  const found = new Set<StoredObject>();
  const waiting = [object];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const user of users.get(keyOf(next.kind, next.id)) ?? []) {
      if (!found.has(user)) waiting.push(user);
      found.add(user);
    }
  }
  return [...found];
}
