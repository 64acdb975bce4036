// JSON merge patches (RFC 7396): applying one to a value, and making one from two values.
import { isDeepStrictEqual } from 'node:util';
import { isRecord, RESERVED_NAME, valueIn } from './record.ts';

/** A JSON merge patch: null removes a member, and members that it does not name stay. */
export type MergePatch = Readonly<Record<string, unknown>>;

/** The value after the patch. A member that the patch does not name is the same object as before. */
export function patched(value: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  // A copy by spreading takes a tenth of the time of one by entries, and a patch may change one of 500 targets.
  const members: Record<string, unknown> = { ...(isRecord(value) ? value : {}) };
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) delete members[name];
    else setIn(members, name, patched(valueIn(members, name), change));
  }
  return members;
}

/** Sets a member. An assignment of the name `__proto__` would change the prototype instead. */
function setIn(members: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== RESERVED_NAME) members[name] = value;
  else Object.defineProperty(members, name, { value, writable: true, enumerable: true, configurable: true });
}

/** The patch that turns one object into another. Members that are the same object in both cost nothing. */
export function patchBetween(before: MergePatch, after: MergePatch): MergePatch {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changes = [...names].flatMap((name): [string, unknown][] => {
    const [was, is] = [valueIn(before, name), valueIn(after, name)];
    if (was === is || isDeepStrictEqual(was, is)) return [];
    if (is === undefined) return [[name, null]];
    return [[name, isRecord(was) && isRecord(is) ? patchBetween(was, is) : is]];
  });
  return Object.fromEntries(changes);
}

/** The part of a patch that another patch does not overwrite. */
export function patchWithout(patch: MergePatch, other: MergePatch): MergePatch {
  const rest = Object.entries(patch).flatMap(([name, change]): [string, unknown][] => {
    const over = valueIn(other, name);
    if (over === undefined) return [[name, change]];
    if (!isRecord(over) || !isRecord(change)) return [];
    const left = patchWithout(change, over);
    return Object.keys(left).length === 0 ? [] : [[name, left]];
  });
  return Object.fromEntries(rest);
}
