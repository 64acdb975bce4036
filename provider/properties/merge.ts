// Three-way merge of properties: what a program changed between the state and its inputs, and nothing else.
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { MergePatch } from '../model/base/merge-patch.ts';
import { isRecord, valueIn } from '../model/base/record.ts';
import { canonicalForm, unwrapped } from './canonical-form.ts';
import { compact, type Inputs, type Properties, type State } from './properties.ts';

/**
 * Properties that decide which others beside them have a meaning, by the property that holds them. If one changes, the
 * whole object is written.
 */
const DECIDING: Readonly<Record<string, string>> = { healthCheck: 'protocol', stickySession: 'type' };

/** Properties that only make sense together. If one changes, both are written. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['certificate', 'privateKey'],
  ['serverId', 'address'],
];

/** The map of which entries that others added stay when the program no longer gives it. Other maps go as a whole. */
const LASTING_MAP = 'tags';

/** The sides of a merge. `actual` is what the runtime has, in which others may have changed something. */
interface Sides {
  readonly base: unknown;
  readonly desired: unknown;
  readonly actual: unknown;
}

/**
 * The merge patch of the values that differ between the state and the inputs, for the object as the runtime has it. An
 * entry that the runtime does not have is written as a whole.
 */
export function mergePatchOf(schema: z.ZodObject, base: State, desired: Inputs, actual: Properties): MergePatch {
  return patchOfMembers(schema, { base, desired, actual });
}

/**
 * The state after a write that may have failed in part: the program's value where the program changed nothing, otherwise
 * the value in the runtime.
 */
export function settled(schema: z.ZodObject, base: State, desired: Inputs, actual: Properties): Properties {
  return chosen(schema, { base, desired, actual }, 'base', 'actual') as Properties;
}

/**
 * The state with what the stack wrote last, where the runtime still has that. The state does not know of a write whose
 * `pulumi up` was interrupted.
 */
export function rebased(schema: z.ZodObject, state: State, lastWritten: Properties, actual: Properties): State {
  return chosen(schema, { base: state, desired: lastWritten, actual }, 'actual', 'base') as State;
}

/** Each desired value that means the same as the value on the side `same`, otherwise the value on the side `other`. */
function chosen(schema: z.core.$ZodType, sides: Sides, same: keyof Sides, other: keyof Sides, name = ''): unknown {
  if (isSame(schema, sides[same], sides.desired)) return sides.desired;
  if (!Object.values(sides).every(isRecord) && !isByEntry(name, schema, sides)) return sides[other];
  const members = membersOf(schema, sides).map(
    ([key, member, inner]) => [key, chosen(member, inner, same, other, key)] as const,
  );
  const properties = compact(members);
  return sides.desired === undefined && Object.keys(properties).length === 0 ? undefined : properties;
}

function patchOfMembers(schema: z.core.$ZodType, sides: Sides): MergePatch {
  const patch = new Map<string, unknown>();
  const members = membersOf(schema, sides);
  for (const [name, member, inner] of members) {
    if (!isSame(member, inner.base, inner.desired)) patch.set(name, changeOf(name, member, inner));
  }
  for (const [one, other] of PAIRS) {
    const both = members.filter(([name]) => name === one || name === other);
    if (both.length < 2 || !both.some(([name]) => patch.has(name))) continue;
    for (const [name, , inner] of both) patch.set(name, inner.desired ?? null);
  }
  return Object.fromEntries(patch);
}

/** The change of one value that differs between the state and the inputs. */
function changeOf(name: string, schema: z.core.$ZodType, sides: Sides): unknown {
  const { base, desired, actual } = sides;
  if (isByEntry(name, schema, sides)) return changeOfMap(schema, sides);
  if (desired === undefined) return null;
  if (!isRecord(base) || !isRecord(desired) || !isRecord(actual)) return replacing(actual, desired);
  const isOther = membersOf(schema, sides).some(([property, member, inner]) => {
    return property === DECIDING[name] && !isSame(member, inner.base, inner.desired);
  });
  return isOther ? replacing(actual, desired) : patchOfMembers(schema, sides);
}

/** The change of the entries that differ, or the removal of a map of which nothing is left. */
function changeOfMap(schema: z.core.$ZodType, sides: Sides): unknown {
  const patch = patchOfMembers(schema, sides);
  const isLeft = isRecord(sides.actual) && Object.keys(sides.actual).some((name) => patch[name] !== null);
  return sides.desired === undefined && !isLeft ? null : patch;
}

/** The properties with an empty map in place of each one that only `other` has, so that the two differ entry by entry. */
export function withMapsOf({ shape }: z.ZodObject, properties: Properties, other: Properties): Properties {
  const isMissing = (name: string) => properties[name] === undefined && isRecord(other[name]);
  const missing = Object.entries(shape).filter(([name, schema]) => isMissing(name) && isMap(schema as z.core.$ZodType));
  return { ...properties, ...Object.fromEntries(missing.map(([name]) => [name, {}])) };
}

/** Whether a property is compared entry by entry, also if one side lacks it. */
function isByEntry(name: string, schema: z.core.$ZodType, { desired }: Sides): boolean {
  return isMap(schema) && (isRecord(desired) || name === LASTING_MAP);
}

/** Whether a property is a map. One side may lack a map, because its entries are independent of each other. */
function isMap(schema: z.core.$ZodType): boolean {
  return unwrapped(schema) instanceof z.ZodRecord;
}

/** The patch that leaves nothing but the value. */
export function replacing(actual: unknown, value: unknown): unknown {
  if (!isRecord(actual) || !isRecord(value)) return value;
  const gone = Object.keys(actual).filter((name) => valueIn(value, name) === undefined);
  return Object.fromEntries([
    ...gone.map((name) => [name, null]),
    ...Object.entries(value).map(([name, item]) => [name, replacing(valueIn(actual, name), item)]),
  ]);
}

/** The members of an object or the entries of a map, with their schemas and their values on each side. */
function membersOf(schema: z.core.$ZodType, { base, desired, actual }: Sides): [string, z.core.$ZodType, Sides][] {
  const inner = unwrapped(schema);
  const sides = [base, desired, actual].map((side) => (isRecord(side) ? side : {}));
  const at = (name: string): Sides => {
    const [of, wanted, there] = sides.map((side) => valueIn(side, name));
    return { base: of, desired: wanted, actual: there };
  };
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).map(([name, member]) => [name, member as z.core.$ZodType, at(name)]);
  }
  if (!(inner instanceof z.ZodRecord)) return [];
  return [...new Set(sides.flatMap(Object.keys))].map((name) => [name, inner.valueType, at(name)]);
}

function isSame(schema: z.core.$ZodType, one: unknown, other: unknown): boolean {
  return one === other || isDeepStrictEqual(canonicalForm(schema, one), canonicalForm(schema, other));
}
