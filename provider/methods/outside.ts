// An update as a merge: what the program changed since the state, and what others changed in the runtime meanwhile.
import { isDeepStrictEqual } from 'node:util';
import type { OutsideChange } from '../messages/outside-lines.ts';
import { secretPathsOf } from '../messages/secrets-line.ts';
import type { ApiObject } from '../model/api/objects.ts';
import type { Kind } from '../model/base/kinds.ts';
import { type MergePatch, patched } from '../model/base/merge-patch.ts';
import { propertyPath } from '../model/base/property-path.ts';
import { isRecord, valueAt } from '../model/base/record.ts';
import { FINGERPRINT, replaceSecrets, withSecretsOf } from '../model/base/secrets.ts';
import { asWritten } from '../properties/as-written.ts';
import { differencesBetween } from '../properties/differences.ts';
import { mergePatchOf, rebased, settled, withMapsOf } from '../properties/merge.ts';
import { type Inputs, type Properties, picked, type State } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';
import { type Aligned, aligned } from './aligned.ts';
import { withoutConflicts } from './conflicts.ts';
import { compared } from './diff.ts';
import { observedOf } from './outputs.ts';

export interface Merge {
  readonly patch: MergePatch;
  /** Values that others changed in the runtime, whether or not the patch overwrites them. */
  readonly found: readonly OutsideChange[];
  /** The properties for the state, after a write that failed in part and left the object as it is given here. */
  readonly propertiesAfter: (stored: ApiObject) => Properties;
}

/**
 * Merges the inputs into the object that the runtime has. `stored` is `undefined` if the caller may not read it: others
 * then count as having changed nothing. `secrets` names the properties whose values must not be printed.
 */
export function mergeOf(
  description: ResourceDescription,
  olds: State,
  news: Inputs,
  stored: ApiObject | undefined,
  secrets: readonly string[] = [],
): Merge {
  const { schema } = description;
  const known = description.forgets?.(olds, news) ?? olds;
  const state = stored === undefined ? known : sinceLastWrite(description, known, stored);
  const observed = stored === undefined ? known : comparable(description, state, news, stored);
  const sides = aligned(description.elements, state, news, observed, stored);
  const { base, actual, displaced, align } = sides;
  const desired = description.desired?.(news, base) ?? news;
  const patch = patchOf(description, sides, desired, observed);
  const isWritten = (path: readonly string[]) =>
    isNamed(patch, path) || (path[0] === description.elements?.map && displaced.includes(String(path[1])));
  return {
    patch: align(patch),
    found: stored === undefined ? [] : foundIn(description, base, actual, desired, isWritten, secrets),
    propertiesAfter: (after) => {
      const there = comparable(description, base, news, after);
      return asWritten(schema, settled(schema, base, desired, there), news);
    },
  };
}

/**
 * The whole properties after the patch, for a runtime of an earlier release. It returns no secrets: where others changed
 * one, the program's own is written.
 */
export function wholeOf(
  description: ResourceDescription,
  olds: State,
  news: Inputs,
  stored: ApiObject,
  patch: MergePatch,
): Properties {
  const { kind, schema } = description;
  const actual = comparable(description, olds, news, stored);
  const present = picked(actual, Object.keys(schema.shape));
  return replaceSecrets(kind, patched(present, patch) as Properties, (name, value, path) => {
    return [name, FINGERPRINT.test(String(value)) ? valueAt(news, path) : value];
  });
}

/** The object after an update, for a plan: all sides are in canonical form. */
export function mergedWith(
  description: ResourceDescription,
  state: State,
  news: Inputs,
  actual: Properties,
): Properties {
  const sides = aligned(description.elements, state, news, actual);
  return patched(actual, sides.align(patchOf(description, sides, news, actual))) as Properties;
}

/** Values that others changed in an object, for a plan: all sides are in canonical form. */
export function outsideOf(
  description: ResourceDescription,
  state: State,
  news: Inputs,
  actual: Properties,
): OutsideChange[] {
  const observed = observedOf(description, actual, state, news);
  const sides = aligned(description.elements, state, news, observed);
  const patch = patchOf(description, sides, news, observed);
  return foundIn(description, sides.base, sides.actual, news, (path) => isNamed(patch, path), []);
}

/** The patch of what the program changed, and of what cannot stay as others changed it. */
function patchOf(description: ResourceDescription, sides: Aligned, desired: Inputs, observed: Properties): MergePatch {
  const { schema } = description;
  const { base, actual, align } = sides;
  const there = picked(observed, Object.keys(schema.shape));
  const patch = mergePatchOf(schema, base, desired, actual);
  return withoutConflicts(description, patch, desired, actual, (change) => patched(there, align(change)) as Properties);
}

/** Values that others changed in an object which a new one replaces. */
export function lostWith(
  description: ResourceDescription,
  state: State,
  news: Inputs,
  stored: ApiObject,
  secrets: readonly string[],
): OutsideChange[] {
  const observed = comparable(description, state, state, stored);
  const { base, actual } = aligned(description.elements, state, news, observed);
  return foundIn(description, base, actual, news, () => true, secrets).map((change) => ({
    ...change,
    fate: 'replaced',
  }));
}

/** The object as its stack wrote it last, with the secrets that the inputs know. */
export function lastWritten({ schema, kind }: ResourceDescription, stored: ApiObject, news: Inputs): State {
  return picked(writtenOf(kind, stored, news), Object.keys(schema.shape));
}

/** The object with what its stack wrote last in place of what others changed, and with the secrets of `known`. */
function writtenOf(kind: Kind, stored: ApiObject, known: Properties): Properties {
  return withSecretsOf(kind, patched(stored, stored.stack?.written ?? {}), known) as Properties;
}

/** Values in a written object that others have changed, as far as its response shows them. */
export function leftIn(
  description: ResourceDescription,
  olds: State,
  news: Inputs,
  stored: ApiObject,
  secrets: readonly string[],
): OutsideChange[] {
  const desired = description.desired?.(news, olds) ?? news;
  return foundIn(description, desired, comparable(description, desired, news, stored), desired, () => false, secrets);
}

/**
 * The state, with what the stack wrote last if the state does not know of that write, because its `pulumi up` was
 * interrupted.
 */
function sinceLastWrite({ schema, kind }: ResourceDescription, state: State, stored: ApiObject): State {
  const { writtenVersion, written } = stored.stack ?? {};
  const isKnown = state.writtenVersion === undefined || state.writtenVersion === writtenVersion;
  if (isKnown || written === undefined || stored.incarnation !== state.incarnation) return state;
  const actual = withSecretsOf(kind, stored, state) as Properties;
  return { ...state, ...rebased(schema, state, writtenOf(kind, stored, state), actual) };
}

/**
 * The runtime's object as it is compared with the state: with the secrets that the state knows, and without changes
 * that are no drift.
 */
function comparable(description: ResourceDescription, state: State, news: Inputs, stored: ApiObject): Properties {
  return observedOf(description, withSecretsOf(description.kind, stored, state), state, news);
}

function foundIn(
  description: ResourceDescription,
  base: State,
  actual: Properties,
  desired: Inputs,
  isWritten: (path: readonly string[]) => boolean,
  secrets: readonly string[],
): OutsideChange[] {
  // A default that depends on another property is no change of its own.
  const keys = Object.keys(description.schema.shape).filter((key) => (base[key] ?? actual[key]) !== undefined);
  const only = (side: Properties, other: Properties) =>
    withMapsOf(description.schema, picked(compared(description, side), keys), other);
  const [state, runtime, program] = [only(base, actual), only(actual, base), only(desired, {})];
  const known = secretPathsOf(description.kind, [state, runtime]);
  const isSecret = (path: readonly string[]) => secrets.includes(String(path[0])) || known.has(propertyPath(path));
  return differencesBetween(state, runtime).flatMap((difference): OutsideChange[] => {
    const { path, before, after } = difference;
    // A value that the state does not know, and a change that the program makes too, are not worth a line.
    if (before === null || isDeepStrictEqual(after, valueAt(program, path))) return [];
    const fate = isWritten(path) ? 'overwritten' : 'kept';
    // The program removes the whole target or the whole certificate, or leaves the members to others.
    const isOfEntry = path.length > 2 || path[0] === description.elements?.map;
    if (fate === 'overwritten' && isOfEntry && valueAt(program, path.slice(0, -1)) === undefined) return [];
    return [{ ...difference, fate, isSecret: isSecret(path) }];
  });
}

/** Whether a patch writes the value at a path. */
function isNamed(patch: MergePatch, path: readonly string[]): boolean {
  let at: unknown = patch;
  for (const name of path) {
    if (!isRecord(at)) return true;
    if (!Object.hasOwn(at, name)) return false;
    at = at[name];
  }
  return true;
}
